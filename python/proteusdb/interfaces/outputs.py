"""What ESMFold, OpenFold and AlphaFold 2 hand out in memory, to a record.

::

    key                                            shape                     becomes
    final_atom_positions (or in structure_module)  ([B,] L, 37, 3)           structure
    positions                                      ([blocks,] B, L, 14|37, 3)  structure, by residx_atom37_to_atom14
    final_atom_mask, atom37_atom_exists            ([B,] L, 37)              which atoms are there
    plddt                                          ([B,] L[, 37])            B-factors; 0-1 or 0-100
    predicted_aligned_error, pae                   ([B,] L, L)               array `pae`, Å
    ptm, iptm, ranking_confidence and their kin    ([B,])                    metadata
    chain_index, asym_id                           ([B,] L)                  which chain a row is of

Values are numpy arrays or torch tensors on any device. Names and shapes are those of the tools' published code.

Invariants: rows of padding and of linkers between chains are left out, of the matrices too; what does not fit the
sequence that was asked for is an error, never cut to fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ValidationError
from ..formats.arrays import host
from ..structure import Structure

__all__ = ["from_esmfold", "from_openfold", "is_output", "members"]

_POSITIONS = ("final_atom_positions", "positions")
_MASKS = ("final_atom_mask", "atom37_atom_exists")
_CHAINS = ("chain_index", "asym_id")
_SCORES = {
    "ptm": ("ptm", "ptm_score", "predicted_tm_score"),
    "iptm": ("iptm", "iptm_score"),
    "ranking_score": ("ranking_confidence", "weighted_ptm_score"),
}
_LETTERS = np.array([*"ARNDCQEGHILKMFPSTWYVX"])
"""Residue types by number, in the order of AlphaFold's `residue_constants.restypes`."""


def is_output(value: Any) -> bool:
    """Whether it is such a dict, rather than a record."""
    return isinstance(value, Mapping) and any(name in value for name in (*_POSITIONS, "structure_module"))


def members(output: Mapping[str, Any]) -> int | None:
    """How many sequences an output is of; None where it has no batch dimension."""
    return _Output(output, None).size


def from_esmfold(output: Mapping[str, Any], sequence: str, index: int = 0) -> dict[str, Any]:
    """The record of what ESMFold's `infer` or `forward` gave, of its own package or of transformers.

    Parameters
    ----------
    output : dict
        Numpy arrays or torch tensors.
    sequence : str
        What was folded, chains joined by `:`.
    index : int
        Which of the batch.

    Returns
    -------
    dict
        `sequence`, `structure`, `metadata` and `arrays`, as `store_predictions` takes them.

    Raises
    ------
    ValidationError
        A key is missing, or a shape or residue type does not fit the sequence.
    """
    return _record(_Output(output, index), sequence)


def from_openfold(
    output: Mapping[str, Any], sequence: str, features: Mapping[str, Any] | None = None, index: int = 0
) -> dict[str, Any]:
    """The record of the output dict of OpenFold or AlphaFold 2.

    Parameters
    ----------
    output : dict
        Numpy arrays or torch tensors.
    sequence : str
        What was folded, chains joined by `:`.
    features : dict, optional
        The features it was made from: their `asym_id` and `aatype` are looked at.
    index : int
        Which of the batch, where there is a batch dimension.

    Returns
    -------
    dict
        As `from_esmfold`.

    Raises
    ------
    ValidationError
        A key is missing, or a shape or residue type does not fit the sequence.
    """
    known = {name: features[name] for name in ("asym_id", "aatype") if features is not None and name in features}
    return _record(_Output({**known, **output}, index), sequence)


class _Output:
    """One member of an output dict."""

    def __init__(self, output: Mapping[str, Any], index: int | None) -> None:
        inner = output.get("structure_module")
        self._values: dict[str, Any] = {**(inner if isinstance(inner, Mapping) else {}), **output}
        self._index = index
        name = next((name for name in _POSITIONS if name in self._values), None)
        if name is None:
            raise ValidationError(f"output: no {' or '.join(_POSITIONS)}; it has {', '.join(map(str, output))}")
        xyz = self._array(name)
        # The last of ESMFold's folding blocks is its answer.
        xyz = xyz[-1] if xyz.ndim == 5 else xyz
        if xyz.ndim not in (3, 4) or xyz.shape[-1] != 3 or xyz.shape[-2] not in (14, 37):
            raise ValidationError(f"{name} has the shape {xyz.shape}; ([batch,] residues, 14 or 37, 3) is needed")
        self.size = len(xyz) if xyz.ndim == 4 else None
        if index is not None and self.size is not None and not 0 <= index < self.size:
            raise ValidationError(f"index {index}: the output is of {self.size} sequences")
        self.xyz = xyz if self.size is None or index is None else xyz[index]

    def _array(self, name: str) -> NDArray[Any]:
        return np.asarray(host(self._values[name]))

    def get(self, *names: str) -> NDArray[Any] | None:
        """The member's part of the first of these that is there."""
        for name in names:
            if self._values.get(name) is not None:
                value = self._array(name)
                alone = self.size is None or self._index is None or value.ndim == 0 or len(value) != self.size
                return value if alone else np.asarray(value[self._index])
        return None


def _record(output: _Output, sequence: str) -> dict[str, Any]:
    mask = output.get(*_MASKS)
    if mask is None:
        raise ValidationError(f"output: no mask of atoms; {' or '.join(_MASKS)} is needed")
    xyz = _atom37(output)
    length = len(xyz)
    if mask.shape != (length, 37):
        raise ValidationError(f"the mask of atoms has the shape {mask.shape}; ({length}, 37) is needed")
    rows = _rows(output, sequence, mask)
    _check_letters(output.get("aatype"), sequence, rows)
    plddt = _of_rows("plddt", output.get("plddt"), length, rows)
    structure = Structure.from_atom37(xyz[rows], mask[rows], sequence, plddt)
    pae = output.get("predicted_aligned_error", "pae")
    if pae is not None and pae.shape != (length, length):
        raise ValidationError(f"predicted_aligned_error has the shape {pae.shape}; ({length}, {length}) is needed")
    return {
        "sequence": sequence,
        "structure": structure,
        "metadata": _scores(output),
        "arrays": {} if pae is None else {"pae": pae[np.ix_(rows, rows)]},
    }


def _atom37(output: _Output) -> NDArray[Any]:
    if output.xyz.shape[1] == 37:
        return output.xyz
    places = output.get("residx_atom37_to_atom14")
    wanted = (len(output.xyz), 37)
    if places is None or places.shape != wanted:
        found = "missing" if places is None else f"of the shape {places.shape}"
        raise ValidationError(f"residx_atom37_to_atom14 is {found}; {wanted} is needed with 14 atoms a residue")
    return np.take_along_axis(output.xyz, places.astype(np.intp)[:, :, np.newaxis], axis=1)


def _rows(output: _Output, sequence: str, mask: NDArray[Any]) -> NDArray[np.intp]:
    """Rows that are residues of the sequence."""
    lengths = [len(part) for part in sequence.split(":")]
    total, length = sum(lengths), len(mask)
    present = np.flatnonzero(mask.any(axis=1))
    for rows in (_chain_rows(output.get(*_CHAINS), mask, lengths), np.arange(min(total, length)), present):
        # Every residue with an atom is one that was asked for.
        if rows is not None and len(rows) == total and np.isin(present, rows).all():
            return rows
    raise ValidationError(
        f"the output has {length} residues, {len(present)} with atoms; {total} are needed for a sequence of "
        f"{' + '.join(map(str, lengths))}, or {' or '.join(_CHAINS)} that tells the chains"
    )


def _chain_rows(chains: NDArray[Any] | None, mask: NDArray[Any], lengths: list[int]) -> NDArray[np.intp] | None:
    """The rows by chain; a linker carries the number of the chain it follows, and padding any."""
    if chains is None or chains.shape != (len(mask),):
        return None
    rows = [np.flatnonzero(chains == number) for number in np.unique(chains[mask.any(axis=1)])]
    if len(rows) != len(lengths):
        return None
    return np.concatenate([row[:size] for row, size in zip(rows, lengths, strict=True)])


def _check_letters(types: NDArray[Any] | None, sequence: str, rows: NDArray[np.intp]) -> None:
    if types is None or types.ndim != 1 or len(types) <= rows.max() or types.dtype.kind not in "iu":
        return
    made = _LETTERS[np.clip(types[rows], 0, 20)]
    asked = np.array([*sequence.replace(":", "")])
    wrong = np.flatnonzero((made != asked) & (made != "X") & np.isin(asked, _LETTERS[:20]))
    if wrong.size:
        at = int(wrong[0])
        raise ValidationError(f"aatype: residue {at} (counted from 0) is {made[at]}, and {asked[at]} was asked for")


def _of_rows(name: str, value: NDArray[Any] | None, length: int, rows: NDArray[np.intp]) -> NDArray[Any] | None:
    if value is None:
        return None
    if value.shape not in ((length,), (length, 37)):
        raise ValidationError(f"{name} has the shape {value.shape}; ({length},) or ({length}, 37) is needed")
    return value[rows]


def _scores(output: _Output) -> dict[str, float]:
    scores: dict[str, float] = {}
    for name, theirs in _SCORES.items():
        value = output.get(*theirs)
        if value is not None:
            if value.size != 1:
                raise ValidationError(f"{theirs[0]} has the shape {value.shape}; one number a sequence is needed")
            scores[name] = float(value.reshape(()))
    return scores
