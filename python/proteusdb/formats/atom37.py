"""AlphaFold's dense layout: every residue has 37 places, one for each heavy atom an amino acid can have.

::

    place      0  1  2  3  4  5   6   7  ...  36
    atom       N  CA C  CB O  CG  CG1 CG2     OXT
    GLY 5      x  x  x  .  x  .   .   .       .       mask 1 1 1 0 1 0 0 0 ... 0

The order is that of AlphaFold's `residue_constants.atom_types`, which OpenFold, ESMFold and Boltz share.
"""

import re
from itertools import count
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from ..errors import ValidationError
from .arrays import Text, build, floats, host, integers

__all__ = ["ATOM_TYPES", "from_atom37", "to_atom37"]

ATOM_TYPES = tuple(
    "N CA C CB O CG CG1 CG2 OG OG1 SG CD CD1 CD2 ND1 ND2 OD1 OD2 SD CE CE1 CE2 CE3 NE NE1 NE2 OE1 OE2 CH2 NH1 NH2 OH "
    "CZ CZ2 CZ3 NZ OXT".split()
)
"""Atom names by place."""

_RESIDUES = {
    "A": "ALA", "R": "ARG", "N": "ASN", "D": "ASP", "C": "CYS", "Q": "GLN", "E": "GLU", "G": "GLY", "H": "HIS",
    "I": "ILE", "L": "LEU", "K": "LYS", "M": "MET", "F": "PHE", "P": "PRO", "S": "SER", "T": "THR", "W": "TRP",
    "Y": "TYR", "V": "VAL", "U": "SEC", "O": "PYL", "B": "ASX", "Z": "GLX", "J": "XLE", "X": "UNK",
}  # fmt: skip
_CHAIN_LETTERS = ascii_uppercase + ascii_lowercase + digits


def from_atom37(
    positions: ArrayLike,
    mask: ArrayLike,
    sequence: str,
    plddt: ArrayLike | None = None,
    chain_id: Text | ArrayLike | None = None,
    residue_number: ArrayLike | None = None,
) -> _core.Structure:
    """Builds a structure from dense coordinates; the parameters are those of `Structure.from_atom37`.

    Raises
    ------
    ValidationError
        A shape, letter or value is wrong; the message names the parameter and what is needed.
    """
    xyz = floats("positions", positions)
    parts = _parts(sequence)
    letters = "".join(parts)
    length = len(letters)
    if xyz.shape != (length, 37, 3):
        hint = "; take one sample, positions[0]" if xyz.ndim == 4 else ""
        raise ValidationError(
            f"positions has the shape {xyz.shape}; ({length}, 37, 3) is needed for a sequence of {length}{hint}"
        )
    present = _mask(mask, length)
    residue, place = np.nonzero(present)
    if not residue.size:
        raise ValidationError("mask has no atom: at least one place must be present")
    chains, starts = _chains(chain_id, parts)
    numbers = _numbers(residue_number, starts, length)
    ends = np.append(starts[1:], length) - 1
    b_factor = _b_factor(plddt, present)
    names = np.array(ATOM_TYPES)[place]
    structure = build(
        coords=xyz[residue, place],
        atom_name=names,
        element=names.astype("U1"),
        residue_name=np.array([_RESIDUES[letter] for letter in letters])[residue],
        chain_id=np.array(chains)[residue],
        residue_number=numbers[residue],
        hetero=np.zeros(residue.size, np.bool_),
        b_factor=None if b_factor is None else b_factor[residue, place],
        ter=_last_present(ends, residue)[residue],
        plddt_scale=None if b_factor is None else 100,
    )
    if structure.n_residues != len(np.unique(residue)):
        raise ValidationError(
            "residue_number: two residues that follow each other share number, name and chain, so they would be one; "
            "number the residues of a chain differently, and name chains differently"
        )
    return structure


def to_atom37(structure: _core.Structure) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Dense coordinates of the residues that carry the letters of `structure.sequence`; see `Structure.atom37`."""
    length = len(structure.sequence_residues())
    positions = np.empty((1, length, 37, 3), np.float32)
    mask = np.empty((1, length, 37), np.bool_)
    _core.fill_rows([structure], [""], coords=positions, mask=mask)
    return positions[0], mask[0]


def _parts(sequence: str) -> list[str]:
    if not isinstance(sequence, str):
        raise ValidationError(f"sequence is {type(sequence).__name__}; a str of one-letter codes is needed")
    text = sequence.upper()
    wrong = re.search(r"[^ARNDCQEGHILKMFPSTWYVUOBZJX:]", text)
    if wrong:
        raise ValidationError(
            f"sequence: {sequence[wrong.start()]!r} at position {wrong.start()} is no amino acid; "
            "allowed are the 20 letters, U O B Z J, X for an unknown residue, and ':' between chains"
        )
    parts = text.split(":")
    if not all(parts):
        raise ValidationError(f"sequence {sequence[:40]!r}: a chain is empty; ':' stands between two chains only")
    return parts


def _mask(mask: ArrayLike, length: int) -> NDArray[np.bool_]:
    array = np.asarray(host(mask))
    array = array.astype(np.float32) if array.dtype.kind == "b" else floats("mask", array)
    if array.shape != (length, 37):
        raise ValidationError(f"mask has the shape {array.shape}; ({length}, 37) is needed")
    return array > 0.5


def _chains(chain_id: Any, parts: list[str]) -> tuple[list[str], NDArray[np.intp]]:
    """The chain name of each residue and the first residue of each chain."""
    lengths = [len(part) for part in parts]
    length = sum(lengths)
    breaks = np.cumsum([0, *lengths[:-1]])
    if chain_id is None:
        names = [_chain_name(index) for index in range(len(parts))]
    elif isinstance(chain_id, str):
        names = [chain_id] * len(parts)
    else:
        rows = np.asarray(host(chain_id)).ravel().tolist()
        names = [_chain_name(row) if isinstance(row, int) else row for row in rows]
    if any(not isinstance(name, str) for name in names):
        raise ValidationError("chain_id holds something else than text or chain indices (0 is A)")
    if len(names) == len(parts):
        return [name for name, size in zip(names, lengths, strict=True) for _ in range(size)], breaks
    if len(names) != length:
        raise ValidationError(
            f"chain_id has {len(names)} values; needed are one a chain ({len(parts)}) or one a residue ({length})"
        )
    changes = [index for index in range(1, length) if names[index] != names[index - 1]]
    return names, np.union1d(breaks, np.array(changes, dtype=breaks.dtype))


def _chain_name(index: int) -> str:
    """A to Z, a to z, 0 to 9, then AA, AB, and so on."""
    if index < 0:
        raise ValidationError(f"chain_id {index}: a chain index is 0 or more")
    for width in count(1):
        if index < len(_CHAIN_LETTERS) ** width:
            break
        index -= len(_CHAIN_LETTERS) ** width
    letters = ""
    for _ in range(width):
        index, letter = divmod(index, len(_CHAIN_LETTERS))
        letters = _CHAIN_LETTERS[letter] + letters
    return letters


def _numbers(residue_number: ArrayLike | None, starts: NDArray[np.intp], length: int) -> NDArray[np.int32]:
    if residue_number is None:
        ends = np.append(starts[1:], length)
        return np.concatenate([np.arange(1, end - start + 1) for start, end in zip(starts, ends, strict=True)])
    numbers = integers("residue_number", residue_number, np.int32)
    if len(numbers) != length:
        raise ValidationError(f"residue_number has {len(numbers)} values; {length} are needed, one a residue")
    return numbers


def _b_factor(plddt: ArrayLike | None, present: NDArray[np.bool_]) -> NDArray[np.float32] | None:
    """pLDDT on 0-100 of each place."""
    if plddt is None:
        return None
    values = floats("plddt", plddt)
    length = len(present)
    if values.shape == (length,):
        values = np.repeat(values[:, np.newaxis], 37, axis=1)
    if values.shape != (length, 37):
        raise ValidationError(f"plddt has the shape {values.shape}; ({length},) or ({length}, 37) is needed")
    shown = values[present]
    if not (np.isfinite(shown).all() and shown.min() >= 0 and shown.max() <= 100):
        raise ValidationError("plddt: every value of a present atom must lie in 0-1 or in 0-100")
    return values * np.float32(100) if shown.max() <= 1 else values


def _last_present(ends: NDArray[np.intp], residue: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether a residue is the last of its chain that has an atom, one flag a residue."""
    flags = np.zeros(int(max(residue.max(), ends.max())) + 1, np.bool_)
    rows = np.searchsorted(residue, ends, side="right") - 1
    flags[residue[rows[rows >= 0]]] = True
    return flags
