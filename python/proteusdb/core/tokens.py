"""What the rows and columns of a PAE stand for, and the pLDDT of residues from that of tokens.

::

    tokens     M1  K2  V3 | SEP4:N SEP4:CA ... | ATP:PG ATP:O1G ...
               a residue each                   an atom each, in modified residues and ligands

Predictors that follow AlphaFold 3 count so; those before have one token a residue.

Invariants: axes are given only where they fit the structure; a pLDDT that does not fit it, or is on neither 0-1 nor
0-100, is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._core import Structure

__all__ = ["residue_plddt", "token_axes"]

_STANDARD = frozenset(
    (
        "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL UNK A C G U N DA DC DG DT DN"
    ).split()
)
_SQUARE = ("pae", "pde", "contact_probs")


class _Tokens:
    """The tokens of a structure: the atoms of each, as AlphaFold 3 counts them."""

    def __init__(self, structure: Structure) -> None:
        starts = structure.residue_starts().astype(np.int64)
        names = structure.atom_text("residue_name")[starts[:-1]]
        kinds = structure.residue_kinds()
        self.whole = np.array(
            [kind != "non-polymer" and name in _STANDARD for kind, name in zip(kinds, names, strict=True)], np.bool_
        )
        sizes = np.where(self.whole, 1, np.diff(starts))
        self.residue = np.repeat(np.arange(len(kinds)), sizes)
        first = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        self.atom = starts[:-1][self.residue] + np.arange(len(self.residue)) - first[self.residue]
        self.starts = starts
        self.polymer = np.array([kind != "non-polymer" for kind in kinds], np.bool_)


def token_axes(structure: Structure, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """What tokens are, where a file does not say it.

    Parameters
    ----------
    structure : Structure
        The prediction's.
    arrays : dict of str to array
        What was found; `token_chain_id` and `token_residue_number` where a file has them.

    Returns
    -------
    dict of str to array
        `token_chain_id` (tokens,), `token_residue_number` (tokens,), `token_atom_name` (tokens,), empty where a token
        is a residue; nothing where tokens are simply the residues, or do not fit the structure.
    """
    count = _count(arrays)
    if count is None or (count == structure.n_residues and "token_chain_id" not in arrays):
        return {}
    tokens = _Tokens(structure)
    if len(tokens.residue) != count:
        return {}
    names = np.where(tokens.whole[tokens.residue], "", structure.atom_text("atom_name")[tokens.atom])
    axes: dict[str, NDArray[Any]] = {}
    if "token_chain_id" not in arrays:
        axes["token_chain_id"] = structure.atom_text("chain_id")[tokens.atom]
    if "token_residue_number" not in arrays:
        axes["token_residue_number"] = structure.residue_number()[tokens.atom]
    if (names != "").any():
        axes["token_atom_name"] = names
    return axes


def _count(arrays: Mapping[str, NDArray[Any]]) -> int | None:
    squares = (arrays[name] for name in _SQUARE if name in arrays)
    return next((len(array) for array in squares if array.ndim == 2 and array.shape[0] == array.shape[1]), None)


def residue_plddt(
    structure: Structure, name: str, array: NDArray[Any]
) -> tuple[NDArray[np.float32], float | None] | None:
    """pLDDT of each residue from what a companion says.

    Parameters
    ----------
    structure : Structure
        The prediction's.
    name : str
        `plddt`, of residues or tokens, or `plddt_atom`.
    array : array
        On 0-1 or 0-100.

    Returns
    -------
    (array, float or None) or None
        float32 (n_residues,) on 0-100, and the mean over polymer residues; None where the array does not fit.
    """
    factor = _factor(array)
    if factor is None:
        return None
    tokens = _Tokens(structure)
    values = _of_residues(structure, tokens, name, array.astype(np.float64) * factor)
    if values is None:
        return None
    shown = values.astype(np.float32)
    mean = float(shown[tokens.polymer].mean(dtype=np.float64)) if tokens.polymer.any() else None
    return shown, mean


def _factor(array: NDArray[Any]) -> float | None:
    """What brings a pLDDT to 0-100."""
    if array.ndim != 1 or not array.size or array.dtype.kind != "f" or not np.isfinite(array).all():
        return None
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 100 or high == 0:
        return None
    return 100.0 if high <= 1 else 1.0


def _of_residues(
    structure: Structure, tokens: _Tokens, name: str, values: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    if name == "plddt" and len(values) == structure.n_residues:
        return values
    if name == "plddt" and len(values) == len(tokens.residue):
        sums = np.bincount(tokens.residue, values, structure.n_residues)
        return np.asarray(sums / np.bincount(tokens.residue, minlength=structure.n_residues))
    if name != "plddt_atom" or len(values) != structure.n_atoms:
        return None
    means = np.add.reduceat(values, tokens.starts[:-1]) / np.diff(tokens.starts)
    representative = np.isin(structure.atom_text("atom_name"), ["CA", "C1'"])
    residue = np.repeat(np.arange(structure.n_residues), np.diff(tokens.starts))
    chosen = representative & tokens.polymer[residue]
    means[residue[chosen]] = values[chosen]
    return means
