"""Where the corpus of real prediction files is, if it is anywhere.

`PROTEUSDB_CORPUS` names the folder; else it is looked for in `shared/corpus` beside the repository. Tests that need it
do without where it is absent, and say so.
"""

import os
from pathlib import Path

import pytest

SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif")


def find() -> Path | None:
    """The corpus' folder, or None."""
    named = os.environ.get("PROTEUSDB_CORPUS")
    if named:
        return Path(named)
    beside = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    return beside if beside.is_dir() else None


def need() -> Path:
    """The corpus' folder; skips the test where there is none."""
    folder = find()
    if folder is None:
        pytest.skip("no corpus: set PROTEUSDB_CORPUS to a folder with predictions/, training/ and odd/")
    return folder


def structure_files(*folders: str) -> list[Path]:
    """Structure files of some of the corpus' folders, by suffix, in a stable order; empty without a corpus."""
    root = find()
    found = [path for folder in folders if root for path in sorted((root / folder).iterdir())]
    return [path for path in found if plain_name(path).endswith(SUFFIXES)]


def plain_name(path: Path) -> str:
    """The lower-case file name without the suffix of a compressor."""
    name = path.name.lower()
    for suffix in (".gz", ".bz2", ".xz", ".zst"):
        name = name.removesuffix(suffix)
    return name
