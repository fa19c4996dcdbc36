"""Companion files as documents: JSON, NPZ, NPY, CSV.

::

    x.json   what it says, arrays of numbers as numpy arrays     x.npz   dict of arrays
    x.csv    list of dicts of str                                x.npy   an array

Invariants: nothing is unpickled; what an array's header claims is believed only as far as the bytes go, so no header
and no zip archive takes more memory than `_MAX_ARRAY`; a file that was cut short is told from one that is wrong.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .. import _core
from ..errors import ValidationError
from .names import plain_name

__all__ = ["CutShort", "read_document"]

_MAX_ARRAY = 1 << 29
"""Bytes of all arrays of a file."""

_DOS_END = b"PK\x05\x06"
_FAULTS = (ValueError, TypeError, OSError, EOFError, KeyError, RuntimeError, NotImplementedError, zlib.error)


class CutShort(Exception):
    """A file that ends before its end: it is still being written, or was copied in part."""


def read_document(name: str, data: bytes) -> Any:
    """What a companion holds.

    Parameters
    ----------
    name : str
        The file, whose suffix tells its kind.
    data : bytes
        Its plain bytes.

    Raises
    ------
    CutShort
        It is not all there.
    ValidationError
        It is not of its kind; the message names it.
    """
    kind = plain_name(name).lower().rpartition(".")[2]
    if not data.strip():
        raise CutShort("it is empty so far")
    if kind == "json":
        return _json(name, data)
    try:
        return {"npz": _npz, "npy": _npy, "csv": _csv}[kind](data)
    except zipfile.BadZipFile as error:
        raise ValidationError(f"{name}: no whole zip archive: {error}") from None
    except _FAULTS as error:
        raise ValidationError(f"{name}: {error}") from None


def _json(name: str, data: bytes) -> Any:
    begins = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    if begins and data.rstrip()[-1:] not in (b"}", b"]"):
        raise CutShort("its JSON ends early")
    try:
        return _core.read_json(data, name=name)
    except ValidationError as error:
        if "cut short" in str(error):
            raise CutShort("its JSON ends early") from None
        raise


def _csv(data: bytes) -> list[dict[str, str]]:
    if not data.endswith((b"\n", b"\r")):
        raise CutShort("its last line has no end")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def _npz(data: bytes) -> dict[str, NDArray[Any]]:
    if data.startswith(b"PK\x03\x04") and _DOS_END not in data[-(22 + 0xFFFF) :]:
        raise CutShort("its zip archive has no end")
    arrays: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        total = sum(info.file_size for info in archive.infolist())
        if total > _MAX_ARRAY:
            raise ValueError(f"it unpacks to {total} bytes; at most {_MAX_ARRAY} are allowed")
        for info in archive.infolist():
            if info.filename.endswith(".npy"):
                arrays[info.filename[:-4]] = _array(archive.read(info), info.filename)
    return arrays


def _npy(data: bytes) -> NDArray[Any]:
    return _array(data, "array")


def _array(data: bytes, name: str) -> NDArray[Any]:
    """An array of the .npy format, of which a whole file is there."""
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    if version == (1, 0):
        shape, fortran, dtype = npy.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran, dtype = npy.read_array_header_2_0(stream)
    else:
        raise ValueError(f"{name}: version {version} of the .npy format; known are (1, 0) and (2, 0)")
    if dtype.hasobject:
        raise ValueError(f"{name}: it holds Python objects, which are pickled; they are never unpickled")
    if any(axis < 0 for axis in shape):
        raise ValueError(f"{name}: shape {shape}: an axis is negative")
    count = math.prod(shape)
    needed, there = count * dtype.itemsize, len(data) - stream.tell()
    if there < needed:
        raise CutShort(f"{name}: {needed} bytes of array are announced, {there} are there")
    flat = np.frombuffer(data, dtype, count, stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")
