"""Atoms of each residue in the residue's own frame: backbone, side chain, hydrogens.

Residues of one type are built together: one `place` call an atom name, whatever the length of the chain. The frame is
that of `fold.FRAGMENT`, so the chain's rigid motions carry all atoms to their places afterwards.
"""

from __future__ import annotations

import numpy as np

from .fold import FRAGMENT
from .place import Points, place
from .residues import BACKBONE, HYDROGENS, ROTAMERS, SIDE_CHAINS

__all__ = ["build", "rotamers"]

#: X-H distances by the heavy atom's element, Å.
_X_H = {"C": 1.09, "N": 1.01, "O": 0.97, "S": 1.34}
#: Side-chain atoms whose bonds lie in a plane.
_PLANAR = {
    "ARG": {"NE", "NH1", "NH2"},
    "ASN": {"ND2"},
    "GLN": {"NE2"},
    "HIS": {"ND1", "CD2", "CE1"},
    "PHE": {"CD1", "CD2", "CE1", "CE2", "CZ"},
    "TRP": {"CD1", "NE1", "CE3", "CZ2", "CZ3", "CH2"},
    "TYR": {"CD1", "CD2", "CE1", "CE2", "OH"},
}


def rotamers(residue: str, n: int, random: np.random.Generator) -> Points:
    """(n, 4) side-chain torsions drawn from the residue's common values, degrees; unused ones are 0."""
    chis = np.zeros((n, 4))
    for column, modes in enumerate(ROTAMERS.get(residue, ())):
        weights, values = np.array(modes).T
        spread = 1.5 if residue == "PRO" else 8.0
        chis[:, column] = random.choice(values, size=n, p=weights / weights.sum()) + random.normal(0.0, spread, n)
    if residue == "PRO":
        chis[:, 1] = -1.32 * chis[:, 0]
    return chis


def build(residue: str, psi: Points, chis: Points, *, oxt: bool = False, hydrogens: bool = False) -> dict[str, Points]:
    """The atoms of n residues of one type in their own frames.

    Parameters
    ----------
    residue : str
        Residue name, one of the twenty.
    psi : (n,) float64 array
        Degrees; it turns O about CA-C.
    chis : (n, 4) float64 array
        Side-chain torsions, degrees.
    oxt : bool
        Whether the residue ends its chain.
    hydrogens : bool
        Whether hydrogens are placed, those of N apart: they need the residue before.

    Returns
    -------
    dict of str to (n, 3) float64 array, Å.
    """
    n = len(psi)
    atoms = {name: np.broadcast_to(point, (n, 3)) for name, point in zip(("N", "CA", "C"), FRAGMENT, strict=True)}
    backbone = (atoms["N"], atoms["CA"], atoms["C"])
    atoms["O"] = place(*backbone, BACKBONE["C-O"], BACKBONE["CA-C-O"], psi + 180.0)
    if oxt:
        atoms["OXT"] = place(*backbone, BACKBONE["C-O"], BACKBONE["CA-C-OXT"], psi)
    if residue != "GLY":
        ring = residue == "PRO"
        angle, turn = (103.0, -118.6) if ring else (BACKBONE["N-CA-CB"], BACKBONE["C-N-CA-CB"])
        atoms["CB"] = place(atoms["C"], atoms["N"], atoms["CA"], BACKBONE["CA-CB"], angle, turn)
    for step in SIDE_CHAINS[residue]:
        turn_by = (chis[:, step.chi - 1] if step.chi else 0.0) + step.offset
        a, b, c = (atoms[name] for name in step.references)
        atoms[step.atom] = place(a, b, c, step.length, step.angle, turn_by)
    if hydrogens:
        _add_hydrogens(residue, atoms)
    return atoms


def _add_hydrogens(residue: str, atoms: dict[str, Points]) -> None:
    alpha = ("HA2", "HA3") if residue == "GLY" else ("HA",)
    heavy = dict(atoms)
    for centre, names in (("CA", alpha), *HYDROGENS[residue]):
        planar = centre in _PLANAR.get(residue, ())
        for name, point in zip(names, _hydrogens(heavy, centre, len(names), planar), strict=True):
            atoms[name] = point


def _hydrogens(heavy: dict[str, Points], centre: str, count: int, planar: bool) -> list[Points]:
    """`count` hydrogens round an atom, pointing away from its heavy neighbours."""
    middle = heavy[centre]
    bonded = [point for name, point in heavy.items() if name != centre and _bonded(point, middle)]
    reach = _X_H[centre[0]]
    if len(bonded) == 1:
        onward = next(p for name, p in heavy.items() if _bonded(p, bonded[0]) and name != centre and p is not bonded[0])
        angle, turns = (120.0, (0.0, 180.0)) if planar else (109.5, (60.0, 180.0, -60.0))
        return [place(onward, bonded[0], middle, reach, angle, turn) for turn in turns[:count]]
    units = [(p - middle) / np.linalg.norm(p - middle, axis=-1, keepdims=True) for p in bonded]
    away = -np.sum(units, axis=0)
    away = away / np.linalg.norm(away, axis=-1, keepdims=True)
    if count == 1:
        return [middle + reach * away]
    across = np.cross(units[0], units[1])
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    half = np.radians(109.5 / 2)
    return [middle + reach * (np.cos(half) * away + side * np.sin(half) * across) for side in (1.0, -1.0)]


def _bonded(a: Points, b: Points) -> bool:
    # Residues of one type have one topology, so the first tells for all.
    return bool(0.1 < np.linalg.norm(a[0] - b[0]) < 2.0)
