"""One chain of atoms: backbone, side chains and what a predictor would say about its own confidence.

::

    sequence -> fold (where residues lie) -> sidechains (atoms in each residue's frame) -> atoms in file order in space
                └ kinds -> plddt: high in helices and strands, low in loops and at the ends, smooth along the chain
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fold import Backbone, fold
from .place import Points, place
from .residues import ABUNDANCE, ATOM_ORDER, LETTERS
from .sidechains import build, rotamers

__all__ = ["Chain", "make_chain", "random_sequence"]

_RANK = {name: rank for rank, name in enumerate(ATOM_ORDER)}


@dataclass(frozen=True)
class Chain:
    """The atoms of one chain in the order predictors write them."""

    sequence: str
    coords: Points
    """(n_atoms, 3) Å."""
    atom_name: list[str]
    residue: NDArray[np.intp]
    """(n_atoms,) index of the residue in the sequence."""
    plddt: Points
    """(n_residues,) on 0-100, two decimals."""


def random_sequence(length: int, random: np.random.Generator) -> str:
    """A sequence of the twenty with their natural frequencies."""
    shares = np.array(list(ABUNDANCE.values()))
    return "".join(random.choice(list(ABUNDANCE), size=length, p=shares / shares.sum()))


def make_chain(sequence: str, random: np.random.Generator, *, oxt: bool = True, hydrogens: bool = False) -> Chain:
    """Folds a sequence of the twenty letters; the result is centred on the origin."""
    backbone = fold(sequence, random)
    blocks = [
        _residues(sequence, letter, backbone, random, oxt=oxt, hydrogens=hydrogens) for letter in sorted(set(sequence))
    ]
    names = [name for block in blocks for name, _, _ in block]
    rows = [(residue, point) for block in blocks for _, residue, point in block]
    residue = np.concatenate([row[0] for row in rows])
    coords = np.concatenate([row[1] for row in rows])
    atom_name = [name for name, row in zip(names, rows, strict=True) for _ in row[0]]
    order = np.lexsort((np.array([_RANK.get(name, len(_RANK)) for name in atom_name]), residue))
    chain = Chain(
        sequence,
        ((coords - coords.mean(axis=0)) @ _any_turn(random))[order],
        [atom_name[i] for i in order],
        residue[order],
        _plddt(backbone.kind, random),
    )
    return _with_amide_hydrogens(chain) if hydrogens else chain


def _residues(
    sequence: str, letter: str, backbone: Backbone, random: np.random.Generator, *, oxt: bool, hydrogens: bool
) -> list[tuple[str, NDArray[np.intp], Points]]:
    """(atom name, residues that have it, their atoms in space) for all residues of one type."""
    at = np.array([i for i, other in enumerate(sequence) if other == letter])
    chis = rotamers(LETTERS[letter], len(at), random)
    last = at == len(sequence) - 1
    rows: list[tuple[str, NDArray[np.intp], Points]] = []
    for mask, ends in ((~last, False), (last & oxt, True), (last & (not oxt), False)):
        if not mask.any():
            continue
        chosen = at[mask]
        atoms = build(LETTERS[letter], backbone.psi[chosen], chis[mask], oxt=ends, hydrogens=hydrogens)
        for name, local in atoms.items():
            placed = (backbone.rotation[chosen] @ local[..., None])[..., 0] + backbone.origin[chosen]
            rows.append((name, chosen, placed))
    return rows


def _with_amide_hydrogens(chain: Chain) -> Chain:
    """Adds H to every N but proline's, and H1, H2, H3 to the first."""
    first = np.flatnonzero(np.r_[True, chain.residue[1:] != chain.residue[:-1]])
    at = {(residue, chain.atom_name[i]): chain.coords[i] for i, residue in enumerate(chain.residue)}
    names, residues, coords = list(chain.atom_name), list(chain.residue), list(chain.coords)
    for index, start in reversed(list(enumerate(first))):
        n, ca = at[index, "N"], at[index, "CA"]
        if index == 0:
            turns = (60.0, -60.0) if chain.sequence[0] == "P" else (60.0, 180.0, -60.0)
            new = [(f"H{i + 1}", place(at[0, "C"], ca, n, 1.01, 109.5, turn)) for i, turn in enumerate(turns)]
        elif chain.sequence[index] != "P":
            away = -(_unit(at[index - 1, "C"] - n) + _unit(ca - n))
            new = [("H", n + 1.01 * _unit(away))]
        else:
            new = []
        stop = first[index + 1] if index + 1 < len(first) else len(chain.residue)
        names[stop:stop] = [name for name, _ in new]
        residues[stop:stop] = [chain.residue[start]] * len(new)
        coords[stop:stop] = [point for _, point in new]
    return Chain(chain.sequence, np.array(coords), names, np.array(residues), chain.plddt)


def _plddt(kinds: str, random: np.random.Generator) -> Points:
    """A level for the chain, lower in loops, falling off at the ends, with noise that changes slowly."""
    n = len(kinds)
    level = random.beta(6, 1.6) * 100
    loops = np.array([kind == "-" for kind in kinds], float) * random.uniform(4, 14)
    end = np.minimum(np.arange(n), np.arange(n)[::-1])
    fray = random.uniform(10, 35) * np.exp(-end / 3.0)
    noise = np.convolve(random.normal(0.0, 9.0, n + 8), np.hanning(9) / np.hanning(9).sum(), mode="valid")
    rounded: Points = np.round(np.clip(level - loops - fray + noise, 15.0, 98.9), 2).astype(np.float64)
    return rounded


def _any_turn(random: np.random.Generator) -> Points:
    """A rotation drawn without preference, from a unit quaternion."""
    w, x, y, z = _unit(random.normal(size=4))
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _unit(vector: Points) -> Points:
    scaled: Points = vector / np.linalg.norm(vector)
    return scaled
