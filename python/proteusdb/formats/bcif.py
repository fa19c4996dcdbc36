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
_TOKEN = re.compile(
    r"""^;(?P<field>.*?)\n;(?=\s)
    | '(?P<single>[^\n]*?)'(?=\s)
    | "(?P<double>[^\n]*?)"(?=\s)
    | \#[^\n]*
    | (?P<word>\S+)""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
"""A value of CIF text; a quote ends only before white space."""

_ABSENT = {".": 1, "?": 2}
"""Unquoted placeholders, and what BinaryCIF's mask says for them."""


def to_bcif(structure: _core.Structure) -> bytes:
    """Prints a structure as BinaryCIF; see `Structure.to_bcif`."""
    pdbx = need("biotite.structure.io.pdbx", extra="bcif", purpose="to_bcif")
    name, categories = _parse(structure.to_mmcif())
    block = {
        category: pdbx.BinaryCIFCategory(
            {item: _column(pdbx, item if category == "atom_site" else "", column) for item, column in items.items()}
        )
        for category, items in categories.items()
    }
    out = io.BytesIO()
    pdbx.BinaryCIFFile({name: pdbx.BinaryCIFBlock(block)}).write(out)
    return out.getvalue()


class _Column:
    """Values of one item as text, and which are absent."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.absent: list[int] = []


def _parse(text: str) -> tuple[str, dict[str, dict[str, _Column]]]:
    """The block's name and its categories, of the text the core writes: pairs and loops, one block."""
    name = ""
    categories: dict[str, dict[str, _Column]] = {}
    loop: list[_Column] = []
    in_head, filled = False, 0
    for match in _TOKEN.finditer(text):
        word, kind = match["word"], match.lastgroup
        if kind is None:
            continue
        if word == "loop_":
            loop, in_head, filled = [], True, 0
        elif word is not None and word.startswith("data_"):
            name = word[5:]
        elif word is not None and word.startswith("_"):
            category, _, item = word[1:].partition(".")
            column = categories.setdefault(category, {}).setdefault(item, _Column())
            loop, filled = ([*loop, column] if in_head else [column]), 0
        else:
            in_head = False
            column = loop[filled % len(loop)]
            column.values.append(match[kind])
            column.absent.append(_ABSENT.get(word, 0))
            filled += 1
    return name, categories


def _column(pdbx: Any, name: str, column: _Column) -> Any:
    strings, absent = np.array(column.values, np.str_), np.array(column.absent, np.uint8)
    if name in _INTEGERS:
        data = _integers(pdbx, np.where(absent == 0, strings, "0").astype(np.int32))
    elif name in _DECIMALS:
        data = _decimals(pdbx, np.where(absent == 0, strings, "0"))
    else:
        data = _texts(pdbx, np.where(absent == 0, strings, ""))
    # Without a mask, readers take an empty text or "." for absent.
    spelled = np.isin(strings, ["", *_ABSENT]) & (absent == 0)
    mask = None
    if absent.any() or spelled.any():
        mask = pdbx.BinaryCIFData(absent, [pdbx.RunLengthEncoding(), pdbx.ByteArrayEncoding()])
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
