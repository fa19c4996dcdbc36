"""Bits an entry and speed of arrays, beside the usual ways, in one run.

::

    proteusdb       what a database stores of the array
    json.gz         compact JSON, gzip -6
    npy+zstd-3,-19  the .npy file as one zstd frame
    JPEG-LS, -XL    lossless, of whole numbers of the grid       (only where imagecodecs is installed)

    python benches/arrays.py [FILE ...] [--rounds 5]

Files are score files of predictors (JSON with matrices) or .npy; without any, those of the corpus (`PROTEUSDB_CORPUS`,
else ../shared/corpus) and matrices made up here. Every way is decoded and compared. Speeds are million entries a
second of processor time, the best of the rounds.
"""

import argparse
import gzip
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from proteusdb import _core

Way = tuple[Callable[[Any], bytes], Callable[[bytes, Any], Any]]
"""To bytes, and back given the array for its dtype and shape."""


def matrices(paths: list[Path]) -> Iterator[tuple[str, Any]]:
    """Every matrix in the files, float32, with a name."""
    seen = set()
    for path in paths:
        if path.suffix == ".npy":
            yield path.stem, np.load(path, allow_pickle=False)
            continue
        scores = json.loads(path.read_text())
        scores = scores[0] if isinstance(scores, list) else scores
        for name, values in scores.items():
            array = np.array(values) if isinstance(values, list) else np.zeros(0)
            if name == "distance":
                side = int(array.size**0.5)
                array = array.reshape(side, side)
            if array.ndim == 2 and array.dtype.kind in "fi" and min(array.shape) > 8 and array.tobytes() not in seen:
                seen.add(array.tobytes())
                yield f"{path.stem[:34]} {name}", array.astype(np.float32)


def made_up() -> Iterator[tuple[str, Any]]:
    """Smooth errors with noise, as large matrices have them."""
    for side in (400, 1200):
        place = np.arange(side)
        apart = np.abs(np.subtract.outer(place, place))
        level = 0.5 + 0.5 * np.sin(place / 40)[:, None] * np.cos(place / 55)[None]
        noise = np.random.default_rng(side).normal(size=(side + 2, side + 2))
        noise = sum(noise[i : i + side, j : j + side] for i in range(3) for j in range(3)) / 3
        errors = 0.8 + 30 * (1 - np.exp(-apart / (side / 3))) * level
        errors = np.clip(errors + noise * 0.25 * (1 + errors / 10), 0.8, 31.75)
        for decimals in (0, 1, 2):
            yield f"made up {side}, {decimals} decimals", np.round(errors, decimals).astype(np.float32)


def ways() -> dict[str, Way]:
    """The ways to write an array, by name."""
    settings = _core.Settings(compression="fast", precision=None, pae_precision=None)
    found: dict[str, Way] = {
        "proteusdb": (lambda array: _core.encode_array(array, settings), lambda data, _: _core.decode_array(data)),
        "json.gz": (
            lambda array: gzip.compress(json.dumps(_printed(array), separators=(",", ":")).encode(), 6),
            lambda data, like: np.array(json.loads(gzip.decompress(data)), like.dtype),
        ),
    }
    for level in (3, 19):
        found[f"npy+zstd-{level}"] = (
            lambda array, level=level: zstandard.ZstdCompressor(level).compress(array.tobytes()),
            lambda data, like: np.frombuffer(zstandard.ZstdDecompressor().decompress(data), like.dtype).reshape(
                like.shape
            ),
        )
    try:
        codecs = importlib.import_module("imagecodecs")
    except ImportError:
        print("imagecodecs is not installed: without JPEG-LS and JPEG-XL")
        return found
    found["JPEG-LS"] = (lambda array: codecs.jpegls_encode(_numbers(array)), lambda data, _: codecs.jpegls_decode(data))
    found["JPEG-XL e7"] = (
        lambda array: codecs.jpegxl_encode(_numbers(array), lossless=True, effort=7),
        lambda data, _: codecs.jpegxl_decode(data),
    )
    return found


def _printed(array: Any) -> Any:
    decimals = _decimals(array)
    return array.tolist() if decimals is None else np.round(array.astype(float), decimals).tolist()


def _decimals(array: Any) -> int | None:
    exact = array.astype(float)
    return next((d for d in range(5) if np.array_equal(np.round(exact, d).astype(array.dtype), array)), None)


def _numbers(array: Any) -> Any:
    """Whole numbers of the grid, for image codecs; None of a matrix on no grid."""
    decimals = _decimals(array)
    if decimals is None:
        raise ValueError("on no grid")
    numbers = np.round(array.astype(float) * 10**decimals).astype(np.int64)
    return numbers.astype(np.uint8 if numbers.max() < 256 else np.uint16)


def measure(way: Way, array: Any, rounds: int) -> tuple[float, float, float] | None:
    """Bits an entry, and million entries a second in and out; None where the way cannot carry the array."""
    encode, decode = way
    try:
        data = encode(array)
    except ValueError:
        return None
    back = decode(data, array)
    wanted = array if back.dtype.kind == "f" else _numbers(array)
    assert np.array_equal(back, wanted), "a way that changes the array"
    writing, reading = [], []
    for _ in range(rounds):
        start = time.process_time()
        encode(array)
        middle = time.process_time()
        decode(data, array)
        writing.append(middle - start)
        reading.append(time.process_time() - middle)
    size = array.size / 1e6
    return 8 * len(data) / array.size, size / max(min(writing), 1e-9), size / max(min(reading), 1e-9)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    corpus = Path(os.environ.get("PROTEUSDB_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
    files = options.files or sorted((corpus / "predictions").glob("*.json"))
    every = list(matrices(files)) + ([] if options.files else list(made_up()))
    named = ways()
    print(f"{'bits an entry (in / out, M entries/s)':48}" + "".join(f"{name:>26}" for name in named))
    for name, array in every:
        cells = []
        for way in named.values():
            found = measure(way, array, options.rounds)
            cells.append("-" if found is None else f"{found[0]:.3f} ({found[1]:.1f} / {found[2]:.1f})")
        print(
            f"{name[:38]:38} {'x'.join(map(str, array.shape)):9}" + "".join(f"{cell:>26}" for cell in cells), flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
