"""The scores and arrays of one prediction, gathered from its companions.

::

    {"pae": [[...]], "atom_plddts": [...], "ptm": 0.9, "has_clash": 0.0, "chain_iptm": [0.8, 0.7]}
        -> arrays    pae, plddt_atom, chain_iptm         under the names of this database
           values    ptm                                 -> metadata.ptm
           own       has_clash, chain_iptm, ptm          -> metadata.scores, as the tool calls them

Invariants: what is there already is not overwritten, so the most exact companion is read first; an array that says
otherwise under the same name keeps its own; numbers that are not finite are no scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ARRAYS", "VALUES", "Scores"]

ARRAYS: Mapping[str, str] = {
    "pae": "pae",
    "predicted_aligned_error": "pae",
    "token_pair_pae": "pae",
    "pde": "pde",
    "predicted_distance_error": "pde",
    "token_pair_pde": "pde",
    "contact_probs": "contact_probs",
    "plddt": "plddt",
    "lddt": "plddt",
    "confidenceScore": "plddt",
    "atom_plddts": "plddt_atom",
    "atom_plddt": "plddt_atom",
    "atom_chain_ids": "atom_chain_id",
    "token_chain_ids": "token_chain_id",
    "token_res_ids": "token_residue_number",
    "chain_pair_iptm": "chain_pair_iptm",
    "per_chain_pair_iptm": "chain_pair_iptm",
    "pair_chains_iptm": "chain_pair_iptm",
    "chain_ptm": "chain_ptm",
    "per_chain_ptm": "chain_ptm",
    "chains_ptm": "chain_ptm",
}
"""What predictors call an array, and what it is called here; others keep their names."""

VALUES: Mapping[str, str] = {
    "ptm": "ptm",
    "iptm": "iptm",
    "ranking_score": "ranking_score",
    "sample_ranking_score": "ranking_score",
    "aggregate_score": "ranking_score",
    "confidence_score": "ranking_score",
}
"""The same of single numbers."""

_SMALL = 4096
"""Numbers in a list that is kept in the metadata too."""

_ROOM = 200_000
"""Characters of `metadata.scores`, well below the megabyte that metadata may have."""

_ERRORS = ("pae", "pde", "plddt", "plddt_atom", "contact_probs")


class Scores:
    """What companions said so far.

    Attributes
    ----------
    arrays : dict of str to array
        For the record's arrays.
    values : dict of str to float
        For the top of its metadata.
    own : dict
        For `metadata.scores`.
    source : dict
        For `metadata.source`.
    rank, seed : int or None
        Where a companion tells them.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        self.values: dict[str, float] = {}
        self.own: dict[str, Any] = {}
        self.source: dict[str, Any] = {}
        self.rank: int | None = None
        self.seed: int | None = None
        self._room = _ROOM

    def branch(self) -> Scores:
        """The same so far; what is added to it is not added here."""
        other = Scores()
        other.adopt(self)
        return other

    def adopt(self, other: Scores) -> None:
        """Says from now on what the other says."""
        self.arrays, self.values = dict(other.arrays), dict(other.values)
        self.own, self.source = dict(other.own), dict(other.source)
        self.rank, self.seed, self._room = other.rank, other.seed, other._room

    def take(
        self,
        document: Mapping[str, Any],
        names: Mapping[str, str | None] | None = None,
        values: Mapping[str, str] = VALUES,
    ) -> None:
        """Everything in a document.

        Parameters
        ----------
        document : dict
            Of one prediction.
        names : dict, optional
            What this tool's arrays are called here, where `ARRAYS` does not know; None for what is only kept in the
            file.
        values : dict
            What its single numbers are called here.
        """
        for key, value in document.items():
            name = ARRAYS.get(key, key) if names is None or key not in names else names[key]
            if name is None or not _allowed(key) or not _allowed(name):
                continue
            if isinstance(value, Mapping):
                self._pairs(key, name, value)
            elif isinstance(value, np.ndarray) and value.size == 1 and value.ndim <= 1 and not _per_chain(key):
                self.value(key, value.item(), values)
            elif isinstance(value, np.ndarray):
                self.array(key, name, value)
                self._keep_small(key, value)
            elif isinstance(value, list):
                self._list(key, name, value)
            else:
                self.value(key, value, values)

    def array(self, key: str, name: str, value: NDArray[Any]) -> None:
        """An array that the tool calls `key`."""
        if value.dtype.kind not in "biufUS" or not value.size:
            return
        if name in _ERRORS and value.dtype.kind in "biu":
            value = value.astype(np.float32)
        there = self.arrays.get(name)
        if there is None:
            self.arrays[name] = value
        elif not (there.shape == value.shape and np.array_equal(there, value, equal_nan=value.dtype.kind == "f")):
            self.arrays.setdefault(key if key != name else f"{name}_2", value)

    def value(self, key: str, value: Any, values: Mapping[str, str] = VALUES) -> None:
        """A single value."""
        if isinstance(value, float) and not math.isfinite(value):
            return
        if value is None or not isinstance(value, bool | int | float | str):
            return
        if isinstance(value, int) and abs(value) >= 1 << 63:
            value = float(value)
        self._keep(key, value)
        if key in values and isinstance(value, int | float) and not isinstance(value, bool):
            self.values.setdefault(values[key], float(value))

    def _keep(self, key: str, value: Any) -> None:
        """Keeps a value under the tool's own name, as long as there is room in the metadata."""
        size = len(repr(value))
        if key not in self.own and size <= self._room:
            self.own[key] = value
            self._room -= size

    def _list(self, key: str, name: str, value: list[Any]) -> None:
        if value and all(isinstance(item, str) for item in value):
            self.array(key, name, np.array(value))
        elif len(value) <= _SMALL and _plain(value):
            self._keep(key, value)

    def _keep_small(self, key: str, value: NDArray[Any]) -> None:
        if _per_chain(key) and value.size <= _SMALL:
            self._keep(key, _listed(value))

    def _pairs(self, key: str, name: str, value: Mapping[str, Any]) -> None:
        """A dict by chain, or by pair of chains: `{"A": 0.8}`, `{"0": {"1": 0.7}}`, `{"(A, B)": 0.7}`."""
        if not value:
            return
        plain = _plain_map(value)
        if plain is not None:
            self._keep(key, plain)
        table = _table(value)
        if table is not None and _per_chain(key):
            self.array(key, name, table)


def _allowed(key: str) -> bool:
    """Whether a key can be one of metadata, and the name of an array."""
    return 0 < len(key.encode("utf-8", "replace")) <= 255 and "\0" not in key and not key.startswith("$")


def _per_chain(key: str) -> bool:
    return key.startswith(("chain_", "chains_", "pair_chains", "per_chain", "bespoke_"))


def _listed(value: NDArray[Any]) -> Any:
    """An array as lists; a float32 as the number that was printed, which is the shortest that gives it back."""
    if value.dtype == np.float32:
        value = np.array([float(str(item)) for item in value.ravel()]).reshape(value.shape)
    return _finite(value.tolist())


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any, depth: int = 0) -> bool:
    """Whether a value may stand in the metadata, and is small."""
    if isinstance(value, list):
        return depth < 4 and len(value) <= _SMALL and all(_plain(item, depth + 1) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | str) or (isinstance(value, int) and abs(value) < 1 << 63)


def _plain_map(value: Mapping[str, Any], depth: int = 0) -> dict[str, Any] | None:
    if depth > 4 or len(value) > _SMALL:
        return None
    plain: dict[str, Any] = {}
    for key, item in value.items():
        kept = _plain_map(item, depth + 1) if isinstance(item, Mapping) else item
        if isinstance(kept, np.ndarray):
            kept = _listed(kept) if kept.size <= _SMALL else None
        if _allowed(key) and kept is not None and (isinstance(kept, dict) or _plain(kept)):
            plain[key] = kept
    return plain


def _narrow(array: NDArray[np.float64]) -> NDArray[Any]:
    """float32 where its text is what was printed."""
    with np.errstate(over="ignore"):
        short = array.astype(np.float32)
    same = all(math.isnan(item) or float(str(np.float32(item))) == item for item in array.ravel())
    return short if same or np.array_equal(short, array, equal_nan=True) else array


def _table(value: Mapping[str, Any]) -> NDArray[Any] | None:
    """Numbers by chain as a vector, by pair of chains as a matrix; NaN where a pair is not given."""
    try:
        if all(isinstance(row, Mapping) for row in value.values()):
            chains = list(dict.fromkeys([*value, *(column for row in value.values() for column in row)]))
            pairs = {(row, column): float(item) for row, cells in value.items() for column, item in cells.items()}
        elif all(key.startswith("(") and key.endswith(")") and key.count(",") == 1 for key in value):
            pairs = {}
            for key, item in value.items():
                row, _, column = key[1:-1].partition(",")
                pairs[row.strip(), column.strip()] = float(item)
            chains = sorted({chain for pair in pairs for chain in pair})
        else:
            return _narrow(np.array([float(item) for item in value.values()]))
    except (TypeError, ValueError):
        return None
    table = np.full((len(chains), len(chains)), np.nan)
    at = {chain: index for index, chain in enumerate(chains)}
    for (row, column), item in pairs.items():
        table[at[row], at[column]] = item
    return _narrow(table)
