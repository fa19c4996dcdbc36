"""Bytes that original files cost beside their structures, and how fast they are split and joined, in one run.

::

    bytes a file   what is left of it, packed; of all files: median, mean, share under 1 KB
    MB/s of text   processor time of encoding and of decoding, structure and matrices included
    zstd-3         the same files as one frame each

    python benches/originals.py [FILE ...] [--rounds 3]

Files are structure files; without any, those of the corpus (`PROTEUSDB_CORPUS`, else ../shared/corpus). Every file is
decoded and compared. All of them are told by one writer, in the order of their names, so that later ones are packed by
exemplars as in a load.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zstandard

from proteusdb import _core


def stored(settings: Any, path: Path, data: bytes) -> Any:
    """The prediction that a file makes, or None where it is no structure."""
    (found,) = _core.prepare([{"file": data, "file_name": path.name}], settings, 1)
    return found.prediction if isinstance(found, _core.Operation) else None


def without(settings: Any, data: bytes) -> None:
    """The same work but for the original."""
    structure = _core.Structure.read(data, name="structure")
    _core.prepare([{"structure": structure}], settings, 1)


def back(prediction: Any, name: str) -> bytes:
    """The file's bytes."""
    places = sum(kind == "source" for kind, _, _ in prediction.parts)
    sources = [(prediction.fresh("source", f"{name}#{place}"), None) for place in range(places)]
    return _core.decode_original(prediction.fresh("original", name), prediction.fresh("structure", ""), sources)


def seconds(work: Callable[[], Any], rounds: int) -> float:
    """Least processor time of a call."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    """Prints a line a kind of file, and one of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    corpus = Path(os.environ.get("PROTEUSDB_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
    files = options.files or sorted(path for path in (corpus / "predictions").glob("*") if path.suffix != ".json")
    settings = _core.Settings(compression="fast", precision=None, pae_precision=None)
    packer, unpacker = zstandard.ZstdCompressor(3), zstandard.ZstdDecompressor()
    kinds: dict[str, list[tuple[int, int, int, float, float, float, float]]] = {}
    for path in files:
        data = path.read_bytes()
        prediction = stored(settings, path, data)
        if prediction is None:
            continue
        assert back(prediction, path.name) == data, path
        (left,) = [size for kind, _, size in prediction.parts if kind == "original"]
        split = seconds(lambda p=path, d=data: stored(settings, p, d), options.rounds)
        split -= seconds(lambda d=data: without(settings, d), options.rounds)
        join = seconds(lambda p=path, s=prediction: back(s, p.name), options.rounds)
        join -= seconds(lambda s=prediction: _core.decode_structure(s.fresh("structure", "")), options.rounds)
        frame = packer.compress(data)
        pack = seconds(lambda d=data: packer.compress(d), options.rounds)
        unpack = seconds(lambda f=frame: unpacker.decompress(f), options.rounds)
        kinds.setdefault(path.suffix, []).append((len(data), left, len(frame), split, join, pack, unpack))
    print(
        f"{'kind':8}{'files':>6}{'median':>8}{'mean':>8}{'<1 KB':>7}{'split':>8}{'join':>8}"
        f"{'zstd-3 mean':>13}{'in':>7}{'out':>7}"
    )
    every = [row for rows in kinds.values() for row in rows]
    for name, rows in [*sorted(kinds.items()), ("all", every)]:
        sizes = [row[1] for row in rows]
        text = sum(row[0] for row in rows) / 1e6
        speeds = [text / max(sum(row[at] for row in rows), 1e-9) for at in range(3, 7)]
        under = 100 * sum(size < 1024 for size in sizes) / len(sizes)
        mean = statistics.mean(row[2] for row in rows)
        print(
            f"{name:8}{len(rows):6}{statistics.median(sizes):8.0f}{statistics.mean(sizes):8.0f}{under:6.0f}%"
            f"{speeds[0]:8.0f}{speeds[1]:8.0f}{mean:13.0f}{speeds[2]:7.0f}{speeds[3]:7.0f}"
        )


if __name__ == "__main__":
    sys.exit(main())
