"""``proteusdb get ID``: one prediction, shown, or its structure written to a file."""

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..core.own_files import refuse_own_files
from ..core.prediction import Prediction
from ..structure import Structure
from .exits import complain
from .opening import open_database
from .options import AsOf, Database, Json, PredictionId, Version
from .output import json_text, note, show_pairs
from .piping import PIPE, refuse_json
from .record import described
from .replacing import replace_file

__all__ = ["get"]

_WRITERS: Mapping[str, Callable[[Structure], str | bytes]] = {
    ".pdb": Structure.to_pdb,
    ".ent": Structure.to_pdb,
    ".cif": Structure.to_mmcif,
    ".mmcif": Structure.to_mmcif,
    ".bcif": Structure.to_bcif,
}
_COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    # A time in the header would make equal files differ.
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def get(
    prediction_id: PredictionId,
    database: Database = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Write the structure; the suffix names the format (.pdb, .cif, .bcif, also .gz); - is stdout (mmCIF).",
        ),
    ] = None,
    original: Annotated[
        bool, typer.Option("--original", help="The stored file's own bytes instead.", show_default=False)
    ] = False,
    version: Version = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show a prediction, or write its structure to a file.

    Example::

        proteusdb get ID -o out.cif
    """  # fmt: skip
    _check_usage(output, original, as_json)
    with open_database(database, read_only=True) as db:
        prediction = db.get_prediction(prediction_id, version=version, as_of=as_of)
        if output is None:
            return _show(prediction, as_json)
        if output != PIPE:
            refuse_own_files(db._session.backend, output, "a structure")
        data = _original(prediction) if original else _written(prediction, output)
    if output == PIPE:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    replace_file(Path(output), data)
    if as_json:
        print(json_text({"prediction_id": prediction_id, "path": output, "bytes": len(data)}))
    else:
        note(f"{output}: {len(data):,} bytes")


def _check_usage(output: str | None, original: bool, as_json: bool) -> None:
    """What must be wrong before the database is opened."""
    if original and output is None:
        raise typer.BadParameter("--original needs a place: -o FILE, or -o - for stdout")
    refuse_json(output, as_json, "-o -")
    if output not in (None, PIPE) and not original:
        _writer(output)


def _show(prediction: Prediction, as_json: bool) -> None:
    arrays = {name: {"dtype": str(a.dtype), "shape": list(a.shape)} for name, a in prediction.arrays.items()}
    fields: dict[str, Any] = {**described(prediction), "arrays": arrays, "originals": list(prediction.originals)}
    if as_json:
        print(json_text(fields))
    else:
        show_pairs(fields)


def _original(prediction: Prediction) -> bytes:
    data = None if prediction.structure is None else prediction.structure.original
    if data is None:
        complain(
            f"{prediction.prediction_id}: it was not stored from a file, so there is no original; leave out --original"
        )
        raise typer.Exit(1)
    return data


def _written(prediction: Prediction, output: str) -> bytes:
    if prediction.structure is None:
        complain(f"{prediction.prediction_id}: it has no structure yet, so there is nothing to write")
        raise typer.Exit(1)
    write, compress = (Structure.to_mmcif, bytes) if output == PIPE else _writer(output)
    data = write(prediction.structure)
    return compress(data.encode() if isinstance(data, str) else data)


def _writer(output: str) -> tuple[Callable[[Structure], str | bytes], Callable[[bytes], bytes]]:
    """Writer and compression for a file name, by its last one or two suffixes."""
    path = Path(output)
    compress = _COMPRESSIONS.get(path.suffix.lower())
    write = _WRITERS.get((path if compress is None else path.with_suffix("")).suffix.lower())
    if write is None:
        allowed = f"{', '.join(_WRITERS)}, each also with {', '.join(_COMPRESSIONS)}"
        raise typer.BadParameter(f"-o {output}: the suffix names no format; allowed are {allowed}")
    return write, compress or bytes
