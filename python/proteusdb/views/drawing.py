"""A structure as what is drawn of it: a ribbon along each chain, balls and sticks for the rest.

::

    residues   chain, number, name, pLDDT, kind       all but water
    traces     residue, CA, towards O, H E or -       a run of residues without a gap: CA, or C4' in nucleotides
    atoms      residue, element, position; bonds      of ligands, and of residues that have no such atom

Invariants: positions are whole hundredths of Å around the centre; water and hydrogen are left out; of alternate
locations the first is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..structure import Structure

__all__ = ["drawing_of", "fold_of"]

_WATER = ("HOH", "WAT", "DOD")
_REACH = {"protein": 4.6, "rna": 8.5, "dna": 8.5}
"""Between neighbours in a chain, in Å at most; further apart there is a gap."""
_BOND = 1.95
_LARGE = 4000
"""Atoms beside the chains, of which bonds are looked for."""

Floats = NDArray[np.float64]

_FOLDS = (
    ("E", ((6.1, 7.3), (9.0, 10.8), (11.3, 13.5)), (-170.0, 45.0), 3),
    ("H", ((5.0, 6.0), (4.8, 5.8), (5.8, 7.0)), (50.0, 20.0), 4),
)
"""Letter; distances in Å to the second, third and fourth CA; torsion in degrees and how far from it; shortest run."""


def drawing_of(structure: Structure) -> dict[str, Any]:
    """What `viewer.js` draws, ready for JSON.

    Parameters
    ----------
    structure : Structure
        Its first model is drawn.

    Returns
    -------
    dict
        `residues`, `traces` and `atoms` as above.
    """
    names = np.asarray(structure.residue_name)[structure.residue_starts[:-1].astype(np.int64)]
    wanted = np.flatnonzero(~np.isin(names, _WATER))
    guides = _guides(structure)
    ribboned = wanted[guides[wanted, 0] >= 0]
    loose = wanted[guides[wanted, 0] < 0]
    coords = structure.coords.astype(np.float64)
    coords -= coords.mean(axis=0) if len(coords) else 0.0
    place = np.full(structure.n_residues, -1)
    place[wanted] = np.arange(len(wanted))
    return {
        "residues": _residues(structure, wanted, names),
        "traces": [_trace(coords, guides, run, place, structure) for run in _runs(structure, coords, guides, ribboned)],
        "atoms": _atoms(structure, coords, loose, place),
    }


def fold_of(ca: Floats) -> str:
    """Helix `H`, strand `E` or `-` of each residue of an unbroken run, from distances and torsions of its CA.

    After P-SEA: Labesse et al., CABIOS 13 (1997) 291-295.

    Parameters
    ----------
    ca : array
        Å, (n, 3).

    Returns
    -------
    str
        n letters.
    """
    letters = np.full(len(ca), "-")
    for letter, ranges, (middle, around), shortest in _FOLDS if len(ca) >= 5 else ():
        windows = len(ca) - 4
        fits = np.abs((_torsions(ca)[:windows] - middle + 180) % 360 - 180) <= around
        for step, (low, high) in enumerate(ranges, 2):
            apart = np.linalg.norm(ca[step:] - ca[:-step], axis=1)[:windows]
            fits &= (low <= apart) & (apart <= high)
        # Of five residues that fit, the three in the middle: the outer two may be of a turn.
        held = np.flatnonzero(np.convolve(np.concatenate([[0], fits, [0] * 3]), [1, 1, 1])[: len(ca)])
        for run in np.split(held, np.flatnonzero(np.diff(held) > 1) + 1):
            if len(run) >= shortest:
                letters[run] = letter
    return "".join(letters)


def _torsions(ca: Floats) -> Floats:
    """Degrees about the middle one of three steps, of each four residues in a row."""
    steps = np.diff(ca, axis=0)
    normals = np.cross(steps[:-1], steps[1:])
    along = steps[1:-1] / np.maximum(np.linalg.norm(steps[1:-1], axis=1, keepdims=True), 1e-9)
    across = np.einsum("ij,ij->i", np.cross(normals[:-1], normals[1:]), along)
    angles: Floats = np.degrees(np.arctan2(across, np.einsum("ij,ij->i", normals[:-1], normals[1:])))
    return angles


def _guides(structure: Structure) -> NDArray[np.int64]:
    """The atom a ribbon goes through and the one it turns to, for each residue: (n_residues, 2), -1 for none."""
    guides = np.full((structure.n_residues, 2), -1, np.int64)
    starts = structure.residue_starts.astype(np.int64)
    residue_of = np.repeat(np.arange(structure.n_residues), np.diff(starts))
    protein = np.asarray(structure.residue_kinds) == "protein"
    polymer = np.asarray(structure.residue_kinds) != "non-polymer"
    for column, (in_protein, in_nucleotide) in enumerate((("CA", "C4'"), ("O", "C1'"))):
        of_protein = protein[residue_of] & (structure.atom_name == in_protein)
        of_nucleotide = (polymer & ~protein)[residue_of] & (structure.atom_name == in_nucleotide)
        found = np.flatnonzero(of_protein | of_nucleotide)[::-1]
        guides[residue_of[found], column] = found
    return guides


def _runs(
    structure: Structure, coords: Floats, guides: NDArray[np.int64], residues: NDArray[np.intp]
) -> list[NDArray[np.intp]]:
    """Residues of unbroken pieces of chains."""
    if not len(residues):
        return []
    at = guides[residues, 0]
    chains, kinds = structure.chain_id[at], np.asarray(structure.residue_kinds)[residues]
    reach = np.array([_REACH[kind] for kind in kinds[1:]])
    apart = np.linalg.norm(np.diff(coords[at], axis=0), axis=1)
    broken = (chains[1:] != chains[:-1]) | (kinds[1:] != kinds[:-1]) | ~(apart <= reach)
    return np.split(residues, np.flatnonzero(broken) + 1)


def _trace(
    coords: Floats,
    guides: NDArray[np.int64],
    run: NDArray[np.intp],
    place: NDArray[np.intp],
    structure: Structure,
) -> dict[str, Any]:
    through = coords[guides[run, 0]]
    sides = np.where(guides[run, 1:] >= 0, coords[guides[run, 1]] - through, 0.0)
    protein = structure.residue_kinds[run[0]] == "protein"
    return {
        "residues": place[run].tolist(),
        "at": _hundredths(through),
        "sides": _hundredths(sides),
        "fold": fold_of(through) if protein else "-" * len(run),
    }


def _residues(structure: Structure, wanted: NDArray[np.intp], names: NDArray[np.str_]) -> dict[str, list[Any]]:
    first = structure.residue_starts[:-1].astype(np.int64)[wanted]
    numbers = structure.residue_number[first].astype(np.str_)
    plddt = structure.plddt
    told = np.full(len(wanted), np.nan) if plddt is None else plddt[wanted]
    return {
        "chain": structure.chain_id[first].tolist(),
        "number": [a + b for a, b in zip(numbers, structure.insertion_code[first], strict=True)],
        "name": names[wanted].tolist(),
        "kind": np.asarray(structure.residue_kinds)[wanted].tolist(),
        "plddt": [round(float(value), 2) if np.isfinite(value) else None for value in told],
    }


def _atoms(
    structure: Structure, coords: Floats, residues: NDArray[np.intp], place: NDArray[np.intp]
) -> dict[str, list[Any]]:
    starts = structure.residue_starts.astype(np.int64)
    ranges = [np.arange(starts[residue], starts[residue + 1]) for residue in residues]
    atoms = np.concatenate(ranges) if ranges else np.zeros(0, np.int64)
    residue_of = np.repeat(residues, [len(each) for each in ranges]).astype(np.intp)
    altloc = structure.altloc[atoms]
    kept = (structure.element[atoms] != "H") & np.isin(altloc, ["", "A", "1"])
    atoms, residue_of = atoms[kept], residue_of[kept]
    return {
        "residue": place[residue_of].tolist(),
        "element": structure.element[atoms].tolist(),
        "at": _hundredths(coords[atoms]),
        "bonds": _bonds(coords[atoms]) if len(atoms) <= _LARGE else [],
    }


def _bonds(at: Floats) -> list[int]:
    """Pairs of neighbours, one after the other."""
    pairs = []
    for number in range(len(at) - 1):
        near = np.linalg.norm(at[number + 1 :] - at[number], axis=1) < _BOND
        pairs += [value for other in np.flatnonzero(near) for value in (number, number + 1 + int(other))]
    return pairs


def _hundredths(values: Floats) -> list[int]:
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    whole: list[int] = np.rint(finite * 100).astype(np.int64).ravel().tolist()
    return whole
