"""Dense coordinates as numpy makes them of columns: slower than the core, and independent of it."""

from typing import Any

import numpy as np

from proteusdb import Structure
from proteusdb.formats.atom37 import ATOM_TYPES

__all__ = ["aatype", "atom37", "chains"]

LETTERS = "ARNDCQEGHILKMFPSTWYV"


def atom37(whole: Structure) -> tuple[Any, Any]:
    """(L, 37, 3) and (L, 37)."""
    structure: Any = whole.core
    residues = structure.sequence_residues()
    starts = structure.residue_starts()
    row_of_residue = np.full(structure.n_residues, -1)
    row_of_residue[residues] = np.arange(len(residues))
    kinds = np.array(structure.residue_kinds())
    row_of_residue[kinds != "protein"] = -1
    row = np.repeat(row_of_residue, np.diff(starts))
    place = _places(structure)
    # The last write wins: of alternate locations the most occupied, of equals the first in the file.
    order = np.lexsort((-np.arange(structure.n_atoms), structure.occupancy()))
    order = order[(row[order] >= 0) & (place[order] >= 0)]
    positions = np.zeros((len(residues), 37, 3), np.float32)
    mask = np.zeros((len(residues), 37), np.bool_)
    positions[row[order], place[order]] = structure.coords()[order]
    mask[row[order], place[order]] = True
    return positions, mask


def _places(structure: Any) -> Any:
    names, inverse = np.unique(structure.atom_text("atom_name"), return_inverse=True)
    known = {name: place for place, name in enumerate(ATOM_TYPES)}
    places = np.array([known.get(str(name), -1) for name in names])[inverse]
    # Selenomethionine is methionine's shape with selenium in the place of sulfur.
    selenium = (structure.atom_text("atom_name") == "SE") & (structure.atom_text("residue_name") == "MSE")
    places[selenium] = known["SD"]
    return places


def aatype(whole: Structure) -> list[int]:
    """Of each letter of the sequence; nucleotides are none."""
    core: Any = whole.core
    kinds = np.array(core.residue_kinds())[core.sequence_residues()]
    letters = zip(whole.sequence.replace(":", ""), kinds, strict=True)
    return [LETTERS.find(letter) if kind == "protein" and letter in LETTERS else 20 for letter, kind in letters]


def chains(whole: Structure) -> list[int]:
    """The chain of each letter."""
    return [number for number, part in enumerate(whole.sequence.split(":")) for _ in part]
