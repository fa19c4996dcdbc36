"""A whole prediction made from nothing, as the keyword arguments of `DatabaseManager.store_prediction`.

>>> from proteusdb.testing import synthetic_prediction
>>> record = synthetic_prediction(120, seed=7)
>>> len(record["sequence"]), record["structure"].n_residues
(120, 120)
>>> prediction_id = db.store_prediction(**record)

The same length, seed and options give the same record on every machine: numpy's PCG64 alone decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .chain import Chain, make_chain, random_sequence
from .residues import LETTERS

if TYPE_CHECKING:
    from proteusdb import Structure

__all__ = ["CHAIN_NAMES", "synthetic_prediction", "synthetic_structure"]

CHAIN_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MODELS = ("alphafold2_ptm", "esmfold_v1", "boltz2", "chai1")
_ORGANISMS = ("E. coli", "Homo sapiens", "Saccharomyces cerevisiae", "Mus musculus")
#: Space between the centres of neighbouring chains for each residue's share of their size, Å.
_SPACING = 4.0


def synthetic_prediction(
    length: int,
    seed: int,
    *,
    chains: int = 1,
    hydrogens: bool = False,
    oxt: bool = True,
    decimals: int | None = 3,
    pae: bool = False,
) -> dict[str, Any]:
    """The arguments of `store_prediction` for a made-up prediction.

    Parameters
    ----------
    length : int
        Residues of each chain, at least 1.
    seed : int
        What the record is made from; not negative.
    chains : int
        Number of chains, 1 to 26, each with its own sequence.
    hydrogens, oxt : bool
        Whether the structure has hydrogens, and the last oxygen of each chain.
    decimals : int or None
        The grid coordinates are rounded to; `None` leaves them off any grid, as models compute them.
    pae : bool
        Whether `arrays` holds a predicted aligned error, float32 (n, n), Å.

    Returns
    -------
    dict
        `sequence, structure, metadata, model, job, seed, sample, rank, arrays`.

    Raises
    ------
    ValueError
        Where a number is out of its range.
    """
    if length < 1 or not 1 <= chains <= len(CHAIN_NAMES):
        raise ValueError(f"length {length} and chains {chains}: at least 1 residue and 1 to {len(CHAIN_NAMES)} chains")
    random = np.random.default_rng(seed)
    made = [make_chain(random_sequence(length, random), random, oxt=oxt, hydrogens=hydrogens) for _ in range(chains)]
    plddt = np.concatenate([chain.plddt for chain in made])
    coords = _apart(made)
    return {
        "sequence": ":".join(chain.sequence for chain in made),
        "structure": synthetic_structure(made, coords, decimals=decimals),
        "metadata": _metadata(plddt, random),
        "model": str(random.choice(_MODELS)),
        "job": f"job-{seed // 5}",
        "seed": seed,
        "sample": seed % 5,
        "rank": seed % 5 + 1,
        "arrays": {"pae": _pae(made, coords, plddt)} if pae else None,
    }


def synthetic_structure(chains: list[Chain], coords: list[NDArray[np.float64]], *, decimals: int | None) -> Structure:
    """The chains as a `Structure` whose B-factor column is the pLDDT on 0-100."""
    from proteusdb import Structure

    joined = np.concatenate(coords)
    grid = joined if decimals is None else np.round(joined, decimals)
    atoms = [(chain, name, residue) for chain in range(len(chains)) for name, residue in _atoms(chains[chain])]
    return Structure.from_arrays(
        coords=grid.astype(np.float32),
        atom_name=[name for _, name, _ in atoms],
        element=[name[0] for _, name, _ in atoms],
        residue_name=[LETTERS[chains[chain].sequence[residue]] for chain, _, residue in atoms],
        chain_id=[CHAIN_NAMES[chain] for chain, _, _ in atoms],
        residue_number=np.array([residue + 1 for _, _, residue in atoms], np.int32),
        b_factor=np.array([chains[chain].plddt[residue] for chain, _, residue in atoms], np.float32),
        plddt_scale=100,
    )


def _atoms(chain: Chain) -> list[tuple[str, int]]:
    return list(zip(chain.atom_name, chain.residue.tolist(), strict=True))


def _apart(chains: list[Chain]) -> list[NDArray[np.float64]]:
    """The chains side by side along x, not through each other."""
    placed: list[NDArray[np.float64]] = []
    edge = 0.0
    for chain in chains:
        shift = edge - chain.coords[:, 0].min() if placed else 0.0
        moved = chain.coords + np.array([shift, 0.0, 0.0])
        placed.append(moved)
        edge = float(moved[:, 0].max()) + _SPACING
    return placed


def _metadata(plddt: NDArray[np.float64], random: np.random.Generator) -> dict[str, Any]:
    mean = float(plddt.mean()) / 100
    return {
        "organism": str(random.choice(_ORGANISMS)),
        "temperature": float(np.round(random.normal(300.0, 6.0), 1)),
        "ranking_score": round(mean, 4),
        "scores": {"ptm": round(float(np.clip(mean + random.normal(-0.08, 0.04), 0.05, 0.99)), 2), "recycles": 3},
    }


def _pae(chains: list[Chain], coords: list[NDArray[np.float64]], plddt: NDArray[np.float64]) -> NDArray[np.float32]:
    """Grows with distance and with doubt, 0.1 Å steps up to 31.7 Å: shaped like the real thing."""
    alpha = np.concatenate(
        [part[[name == "CA" for name in chain.atom_name]] for chain, part in zip(chains, coords, strict=True)]
    )
    gaps = np.sqrt(((alpha[:, None] - alpha[None]) ** 2).sum(-1))
    doubt = 1.0 - plddt / 100
    error = 0.2 + gaps * (0.05 + 0.5 * np.maximum(doubt[:, None], doubt[None])) + 2.0 * doubt[None]
    pae: NDArray[np.float32] = np.round(np.minimum(error, 31.7), 1).astype(np.float32)
    return pae
