"""Structures as BinaryCIF: the categories of their mmCIF text, column by column in biotite's encodings.

::

    text      N CA C N CA C     StringArray    distinct values once, indices run-length coded and packed
    integer   1 2 3 4 5 6       Delta, RunLength, IntegerPacking
    decimal   12.340 12.101     FixedPoint (x 10^3), Delta, IntegerPacking      a grid of as many decimals as printed
    float32   12.340001         ByteArray                                       no grid: bit for bit

The core reads BinaryCIF itself; only writing needs biotite.
"""

import io
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .extras import need

__all__ = ["to_bcif"]

_INTEGERS = frozenset({"id", "label_seq_id", "auth_seq_id", "pdbx_PDB_model_num", "pdbx_formal_charge"})
_DECIMALS = frozenset({"Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv"})


def to_bcif(structure: _core.Structure) -> bytes:
    """Prints a structure as BinaryCIF; see `Structure.to_bcif`."""
    pdbx = need("biotite.structure.io.pdbx", extra="bcif", purpose="to_bcif")
    text = pdbx.CIFFile.read(io.StringIO(structure.to_mmcif()))
    blocks = {
        name: pdbx.BinaryCIFBlock({category: _category(pdbx, category, columns) for category, columns in block.items()})
        for name, block in text.items()
    }
    out = io.BytesIO()
    pdbx.BinaryCIFFile(blocks).write(out)
    return out.getvalue()


def _category(pdbx: Any, category: str, columns: Any) -> Any:
    numeric = category == "atom_site"
    return pdbx.BinaryCIFCategory(
        {name: _column(pdbx, name if numeric else "", column) for name, column in columns.items()}
    )


def _column(pdbx: Any, name: str, column: Any) -> Any:
    strings: NDArray[np.str_] = np.asarray(column.data.array, dtype=np.str_)
    absent = np.zeros(len(strings), np.uint8) if column.mask is None else column.mask.array
    if name in _INTEGERS:
        data = _integers(pdbx, np.where(absent == 0, strings, "0").astype(np.int32))
    elif name in _DECIMALS:
        data = _decimals(pdbx, np.where(absent == 0, strings, "0"))
    else:
        data = _texts(pdbx, np.where(absent == 0, strings, ""))
    mask = None
    if absent.any():
        runs = [pdbx.RunLengthEncoding(), pdbx.ByteArrayEncoding()]
        mask = pdbx.BinaryCIFData(absent.astype(np.uint8), runs)
    return pdbx.BinaryCIFColumn(data, mask)


def _texts(pdbx: Any, strings: NDArray[np.str_]) -> Any:
    indices = [pdbx.RunLengthEncoding(), pdbx.ByteArrayEncoding()]
    offsets = [pdbx.DeltaEncoding(), pdbx.RunLengthEncoding(), pdbx.ByteArrayEncoding()]
    # Names alternate from atom to atom, so their indices have no runs; chain and residue columns are all runs.
    if 2 * np.count_nonzero(strings[1:] != strings[:-1]) > len(strings):
        indices = [pdbx.IntegerPackingEncoding(1), pdbx.ByteArrayEncoding()]
    return pdbx.BinaryCIFData(strings, [pdbx.StringArrayEncoding(data_encoding=indices, offset_encoding=offsets)])


def _integers(pdbx: Any, values: NDArray[np.int32]) -> Any:
    # Differences of distant int32 do not fit in int32.
    spread = np.abs(np.diff(values.astype(np.int64))).max(initial=0) < 2**31
    delta = [pdbx.DeltaEncoding(), pdbx.RunLengthEncoding()] if spread else []
    return pdbx.BinaryCIFData(values, [*delta, pdbx.ByteArrayEncoding()])


def _decimals(pdbx: Any, strings: NDArray[np.str_]) -> Any:
    values = strings.astype(np.float64)
    places = _places(strings)
    if places is None or np.abs(values).max(initial=0) * 10**places >= 2**30:
        return pdbx.BinaryCIFData(values.astype(np.float32), [pdbx.ByteArrayEncoding()])
    steps = np.abs(np.diff(values, prepend=0)).max(initial=0) * 10**places
    packing = [pdbx.IntegerPackingEncoding(2)] if steps < 2**17 else []
    fixed = pdbx.FixedPointEncoding(factor=10**places, src_type=np.float64)
    return pdbx.BinaryCIFData(values, [fixed, pdbx.DeltaEncoding(), *packing, pdbx.ByteArrayEncoding()])


def _places(strings: NDArray[np.str_]) -> int | None:
    """The most decimals printed; None where a value has an exponent or more decimals than a grid."""
    plain = re.compile(r"-?\d+(?:\.(\d+))?")
    most = 0
    for text in np.unique(strings):
        match = plain.fullmatch(text)
        if match is None:
            return None
        most = max(most, len(match[1] or ""))
    return most if most <= 6 else None
