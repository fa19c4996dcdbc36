"""What `make demo` runs: a folder goes in, is queried, comes back, and is compared with what went in.

::

    folder ── load_files ── demo-out/demo.db ── query_predictions   == the same question asked of the files
                                             └─ get_predictions     == the files: every column, every byte

    python benches/demo.py [FOLDER]

Without a folder the corpus is taken (`PROTEUSDB_CORPUS`, else ``../shared/corpus`` beside the repository), and
without that a folder of made-up predictions. Ends with 1 if anything differs.
"""

import argparse
import gzip
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from proteusdb import DatabaseManager, Structure
from proteusdb.cli.progress import progress_bar
from proteusdb.core.report import LoadReport

ROOT = Path(__file__).resolve().parent.parent
MADE_UP = 150
"""Files that are made where there are none."""

COLUMNS = (
    "coords", "atom_name", "element", "residue_name", "chain_id", "residue_number", "insertion_code", "altloc",
    "hetero", "charge", "b_factor", "occupancy",
)  # fmt: skip

console = Console()


@dataclass(frozen=True)
class Entry:
    """One input file as it is on disk, read again without the database."""

    path: Path
    data: bytes
    structure: Structure

    @property
    def confidence(self) -> float | None:
        """Mean pLDDT over the residues / 100."""
        plddt = self.structure.plddt
        return None if plddt is None else float(np.nanmean(plddt, dtype=np.float64)) / 100


def find_folder(given: str | None, out: Path) -> Path:
    """The folder asked for, else the corpus, else made-up files below `out`."""
    if given:
        return Path(given)
    corpus = Path(os.environ.get("PROTEUSDB_CORPUS") or ROOT.parent / "shared" / "corpus") / "predictions"
    if corpus.is_dir():
        return corpus
    from proteusdb.testing.synthetic import write_folder

    console.print(f"no corpus here: making {MADE_UP} predictions")
    write_folder(out / "made-up", MADE_UP, seed=1)
    return out / "made-up"


def load(db: DatabaseManager, folder: Path) -> tuple[LoadReport, float]:
    """The report, and the seconds it took."""
    start = time.perf_counter()
    with progress_bar("loading") as progress:
        report = db.load_files([folder], on_error="skip", progress=progress)
    return report, time.perf_counter() - start


def compare(db: DatabaseManager, ids: list[str], files: dict[str, Path]) -> Iterator[tuple[Entry, str | None]]:
    """Each stored prediction's file, and what differs from it; ``None`` where nothing does."""
    for prediction in db.iter_predictions(ids):
        structure = prediction.structure
        original = b"" if structure is None else structure.original or b""
        path = files.get(hashlib.sha256(original).hexdigest())
        if structure is None or path is None:
            raise SystemExit(f"{prediction.prediction_id}: its original is none of the files that were loaded")
        entry = Entry(path, original, Structure.from_file(path, plddt_scale=structure.plddt_scale))
        yield entry, difference(entry.structure, structure)


def difference(wanted: Structure, got: Structure) -> str | None:
    """The first column that is not equal, or ``None``."""
    for name in COLUMNS:
        if not np.array_equal(getattr(wanted, name), getattr(got, name)):
            return f"column {name} differs from the file"
    if (wanted.sequence, wanted.n_models) != (got.sequence, got.n_models):
        return "sequence or number of models differs from the file"
    if wanted.plddt is not None and not np.array_equal(wanted.plddt, got.plddt, equal_nan=True):
        return "pLDDT differs from the file"
    return None


def ask(db: DatabaseManager, entries: list[Entry]) -> Iterator[tuple[str, int, int, float]]:
    """The contract's queries: what was asked, the answer's size, the size by hand, and seconds."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))

    def chains(pattern: str) -> Callable[[Entry], bool]:
        return lambda e: any(fnmatchcase(chain, pattern) for chain in e.structure.sequence.split(":"))

    def confident(at_least: float) -> Callable[[Entry], bool]:
        return lambda e: e.confidence is not None and e.confidence >= at_least

    questions = [
        ({"sequence_pattern": "M*"}, chains("M*")),
        ({"sequence_pattern": "MLS*", "confidence_threshold": 0.8}, lambda e: chains("MLS*")(e) and confident(0.8)(e)),
        ({"sequence_pattern": "*G?[ST]*"}, chains("*G?[ST]*")),
        ({"confidence_threshold": 0.9}, confident(0.9)),
        ({"date_range": (yesterday, today)}, lambda e: True),
        ({"model_name": "no such model"}, lambda e: False),
        ({"length_range": (50, 150)}, lambda e: 50 <= len(e.structure.sequence.replace(":", "")) <= 150),
    ]
    for criteria, by_hand in questions:
        start = time.perf_counter()
        ids = db.query_ids(criteria)
        yield (
            ", ".join(f"{name}={value!r}" for name, value in criteria.items()),
            len(ids),
            sum(map(by_hand, entries)),
            time.perf_counter() - start,
        )


def gzipped(entry: Entry) -> int:
    """Bytes of the file as it is kept in a folder: .pdb.gz or .cif.gz."""
    return len(entry.data) if entry.path.suffix == ".gz" else len(gzip.compress(entry.data, 6))


def show(title: str, rows: list[tuple[str, str]]) -> None:
    """A table of names and values."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_header=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def run(given: str | None, out: Path) -> int:
    """All of it; the exit code."""
    out.mkdir(exist_ok=True)
    database = out / "demo.db"
    for stale in (database, out / "demo.db-lock"):
        stale.unlink(missing_ok=True)
    folder = find_folder(given, out)
    files = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    with DatabaseManager(database_path=database) as db:
        report, loading = load(db, folder)
        if not report.ids:
            console.print(f"{folder}: nothing was stored", style="red")
            return 1
        start = time.perf_counter()
        compared = list(compare(db, report.ids, files))
        comparing = time.perf_counter() - start
        answers = list(ask(db, [entry for entry, _ in compared]))
    return tell(report, loading, comparing, compared, answers, database)


def tell(
    report: LoadReport,
    loading: float,
    comparing: float,
    compared: list[tuple[Entry, str | None]],
    answers: list[tuple[str, int, int, float]],
    database: Path,
) -> int:
    """Print what was found; 1 if anything differs."""
    wrong = [f"{entry.path.name}: {reason}" for entry, reason in compared if reason]
    wrong += [f"{asked}: {got} found, {wanted} by hand" for asked, got, wanted, _ in answers if got != wanted]
    show("Queries", [(asked, f"{got:,} found  {1000 * seconds:.1f} ms") for asked, got, _, seconds in answers])
    residues = sum(entry.structure.n_residues for entry, _ in compared)
    stored, zipped = database.stat().st_blocks * 512, sum(gzipped(entry) for entry, _ in compared)
    read = sum(len(entry.data) for entry, _ in compared)
    show(
        "Demo",
        [
            ("stored", f"{len(compared):,} predictions, {residues:,} residues"),
            ("skipped, pending, failed", f"{len(report.skipped):,}, {len(report.pending):,}, {len(report.failed):,}"),
            ("loading", f"{len(compared) / loading:,.0f} files/s, {read / loading / 1e6:,.1f} MB/s"),
            ("reading back and comparing", f"{len(compared) / comparing:,.0f} predictions/s"),
            ("in the database", f"{stored / residues:,.1f} bytes per residue, with every original file"),
            ("as .pdb.gz and .cif.gz", f"{zipped / residues:,.1f} bytes per residue"),
            ("differences", f"{len(wrong)}" if wrong else "none: every column and every byte came back"),
            ("the database", f"{database}  ({stored / 1e6:,.1f} MB)"),
        ],
    )
    for name, reason in report.failed:
        console.print(f"failed: {name}: {reason}", markup=False)
    for line in wrong:
        console.print(f"differs: {line}", markup=False, style="red")
    return 1 if wrong else 0


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description="Load a folder, query it, read it back and compare.")
    parser.add_argument("folder", nargs="?", help="a folder of structure files")
    sys.exit(run(parser.parse_args().folder, ROOT / "demo-out"))


if __name__ == "__main__":
    main()
