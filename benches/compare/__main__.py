"""Stores of predictions side by side, in one run.

::

    python benches/compare [--n 1000] [--rounds 3] [--data FOLDER] [--only WORD] [--readme README.md]

    | store              | load, records/s | … |
    | proteusdb          |           5,000 | … |
    | py-lmdb, pickles   |   3,000 (0.60x) | … |

In each round every peer is measured once, in random order, each in a fresh process; medians of the rounds are told, and
in brackets the ratio to proteusdb. The predictions are those of FOLDER (`PROTEUSDB_CORPUS`/predictions unless given),
else made-up ones. `--readme` puts the table between the two marks of that file. A peer whose library is absent is
named and left out: ``pip install --group bench`` brings them.
"""

import argparse
import datetime as dt
import importlib.util
import os
import platform
import random
import statistics
import tempfile
from dataclasses import fields
from pathlib import Path

from measure import Measures, measured
from peers import Peer
from records import Record, records, templates
from roster import PEERS

BEGIN, END = "<!-- written by `make bench` -->", "<!-- until here -->"
HEADS = {
    "load": ("load, records/s", ",.0f"),
    "memory": ("memory to load, MiB", ",.0f"),
    "size": ("bytes a residue", ".1f"),
    "read": ("read one, µs", ",.0f"),
    "head": ("read a header, µs", ",.1f"),
    "scan": ("scan on one thread, records/s", ",.0f"),
}

Table = dict[type[Peer], Measures]


def available(only: str) -> list[type[Peer]]:
    """Peers whose libraries are there; the others are named."""
    found = []
    for kind in PEERS:
        absent = [name for name in kind.needs if importlib.util.find_spec(name) is None]
        if absent:
            print(f"left out: {kind.title} (needs {', '.join(absent)}; pip install --group bench)")
        elif kind.variable and kind.variable not in os.environ:
            print(f"left out: {kind.title} (needs a server that {kind.variable} names)")
        elif only.lower() in kind.title.lower() or kind is PEERS[0]:
            found.append(kind)
    return found


def rounds(kinds: list[type[Peer]], made: list[Record], count: int, home: Path) -> Table:
    """Medians over rounds in which all take a turn."""
    dice = random.Random(3)
    order = dice.sample([record.id for record in made], min(len(made), 1_200))
    seen: dict[type[Peer], list[Measures]] = {kind: [] for kind in kinds}
    for _ in range(count):
        for kind in dice.sample(kinds, len(kinds)):
            seen[kind].append(measured(kind, made, order, home / "peer"))
    names = [field.name for field in fields(Measures)]
    return {
        kind: Measures(*(statistics.median(getattr(one, name) for one in ones) for name in names))
        for kind, ones in seen.items()
    }


def markdown(table: Table) -> list[str]:
    """The table, a row a peer; beside each figure its ratio to ours."""
    own = table[PEERS[0]]
    lines = ["| store | " + " | ".join(head for head, _ in HEADS.values()) + " |", "|---" + "|---" * len(HEADS) + "|"]
    for kind, row in table.items():
        cells = []
        for name, (_, form) in HEADS.items():
            value, ours = getattr(row, name), getattr(own, name)
            ratio = f" ({value / ours:.2f}x)" if kind is not PEERS[0] and ours > 0 and name != "memory" else ""
            cells.append(format(value, form) + ratio)
        lines.append(f"| {kind.title} | " + " | ".join(cells) + " |")
    return lines


def caption(made: list[Record], count: int, real: bool) -> str:
    """When, where and what was measured; no path, no host."""
    length = statistics.mean(len(record.sequence) for record in made)
    what = "predictions made of real ones" if real else "made-up predictions"
    return (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores: "
        f"{len(made):,} {what}, {length:.0f} residues on average, medians of {count} rounds; "
        "in brackets: times proteusdb."
    )


def place(path: Path, text: str) -> None:
    """Put the text between the two marks of a file."""
    before, mark, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit(f"{path}: no section between {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def data_folder(given: Path | None) -> Path | None:
    """The folder asked for, else the corpus' predictions, if there is one."""
    corpus = os.environ.get("PROTEUSDB_CORPUS")
    return given or (Path(corpus) / "predictions" if corpus else None)


def main() -> None:
    """Make the records, run the rounds, print the table."""
    parser = argparse.ArgumentParser(prog="compare", description="Stores of predictions side by side.")
    parser.add_argument("--n", type=int, default=1_000, help="predictions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="structure files to make predictions of")
    parser.add_argument("--only", default="", metavar="WORD", help="peers with this in their name, and ours")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put the table into this file")
    options = parser.parse_args()
    folder = data_folder(options.data)
    kinds = available(options.only)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        made = list(records(templates(folder, home / "made", min(40, options.n)), options.n))
        table = rounds(kinds, made, options.rounds, home)
    text = "\n".join([caption(made, options.rounds, folder is not None), "", *markdown(table)])
    print(text)
    if options.readme:
        place(options.readme, text)


if __name__ == "__main__":
    main()
