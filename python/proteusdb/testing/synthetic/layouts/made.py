"""One made-up prediction of a layout: its files, and what a database should hold of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..prediction import synthetic_prediction

if TYPE_CHECKING:
    from proteusdb import Structure

__all__ = ["Made", "Numbers", "invent", "write_json", "write_structure"]


@dataclass(slots=True)
class Made:
    """A prediction that was written.

    Attributes
    ----------
    structure : Path
        Its structure file.
    model : str
        The predictor.
    job, seed, sample, rank
        As a record has them.
    arrays : dict of str to array
        What its files say, under the names of the database.
    values : dict of str to float
        `ptm`, `iptm`, `ranking_score`, as far as its files say them.
    companions : list of Path
        The files beside it that belong to it.
    aliases : list of Path
        Copies of its structure.
    """

    structure: Path
    model: str
    job: str | None = None
    seed: int | None = None
    sample: int | None = None
    rank: int | None = None
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    companions: list[Path] = field(default_factory=list)
    aliases: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a network would give for a prediction; one token a residue."""

    structure: Structure
    plddt: NDArray[np.float32]
    plddt_atom: NDArray[np.float32]
    pae: NDArray[np.float32]
    pde: NDArray[np.float32]
    contact_probs: NDArray[np.float32]
    chain_ids: list[str]
    residue_numbers: list[int]
    pair_iptm: NDArray[np.float32]
    ptm: float
    iptm: float
    score: float


def invent(seed: int, *, length: int = 24, chains: int = 2) -> Numbers:
    """Numbers on the grids that predictors print."""
    record = synthetic_prediction(length, seed, chains=chains, pae=True)
    structure: Structure = record["structure"]
    random = np.random.default_rng(seed)
    pae: NDArray[np.float32] = record["arrays"]["pae"]
    first = _first_atoms(structure)
    pairs = np.round(random.uniform(0.1, 0.9, (chains, chains)), 2).astype(np.float32)
    plddt = structure.plddt
    atoms = structure.plddt_atom
    assert plddt is not None
    assert atoms is not None
    return Numbers(
        structure=structure,
        plddt=np.round(plddt, 2),
        plddt_atom=np.round(atoms, 2),
        pae=pae,
        pde=np.round((pae + pae.T) / 2 + 0.123, 3).astype(np.float32),
        contact_probs=np.round(np.exp(-pae / 8), 2).astype(np.float32),
        chain_ids=[str(chain) for chain in structure.chain_id[first]],
        residue_numbers=[int(number) for number in structure.residue_number[first]],
        pair_iptm=pairs,
        ptm=float(np.round(random.uniform(0.2, 0.9), 2)),
        iptm=float(np.round(random.uniform(0.2, 0.9), 2)),
        score=float(np.round(random.uniform(0.2, 0.9), 2)),
    )


def _first_atoms(structure: Structure) -> NDArray[np.intp]:
    number, chain = structure.residue_number, structure.chain_id
    change = (number[1:] != number[:-1]) | (chain[1:] != chain[:-1])
    return np.concatenate([[0], np.nonzero(change)[0] + 1])


def write_structure(path: Path, structure: Structure, note: str = "") -> Path:
    """The structure in the format of the suffix; `note` makes other bytes of equal structures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".pdb":
        text = (f"REMARK   1 {note}\n" if note else "") + structure.to_pdb()
    else:
        text = structure.to_mmcif() + (f"# {note}\n" if note else "")
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def write_json(path: Path, document: Any, *, indent: int | None = None) -> Path:
    """Numbers as the tools print them: a float32 by its shortest text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain(document), indent=indent), encoding="utf-8", newline="\n")
    return path


def plain(value: Any) -> Any:
    """Without numpy."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist() if value.dtype != np.float32 else [plain(item) for item in value])
    if isinstance(value, np.float32):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value
