"""A backbone made from nothing: stretches of helix, strand and loop, folded into a ball.

::

    HHHHHHHHHH-----EEEEEE---EEEEEEE------HHHHHHHHHHHHHH     secondary structure, drawn stretch by stretch
    phi psi omega of each residue from the mixture of its kind
    every stretch is drawn a few times; the draw that runs into nothing and stays nearest the centre is kept

A residue is a rigid fragment (N, CA, C with ideal lengths and angles); three torsions turn one fragment into the next.
So a chain is a product of rigid motions: all are computed at once, and only their product is a loop.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .place import Points, frame, place
from .residues import BACKBONE

__all__ = ["FRAGMENT", "Backbone", "fold"]

_OPENING = np.radians(BACKBONE["N-CA-C"])

#: N, CA and C of a residue in its own frame: N at the origin, CA on x, C in the upper xy half-plane; (3, 3) Å.
FRAGMENT: Points = np.array(
    [
        [0.0, 0.0, 0.0],
        [BACKBONE["N-CA"], 0.0, 0.0],
        [
            BACKBONE["N-CA"] - BACKBONE["CA-C"] * np.cos(_OPENING),
            BACKBONE["CA-C"] * np.sin(_OPENING),
            0.0,
        ],
    ]
)

#: Kind -> (shortest, longest) stretch.
_STRETCH = {"H": (7, 20), "E": (4, 9), "-": (3, 8)}

#: Kind -> (weight, phi, psi, spread): modes of the Ramachandran map, degrees.
_RAMACHANDRAN = {
    "H": ((1.0, -63.0, -42.0, 4.0),),
    "E": ((1.0, -119.0, 131.0, 11.0),),
    "-": ((0.35, -68.0, -36.0, 12.0), (0.35, -97.0, 128.0, 16.0), (0.25, -67.0, 143.0, 11.0), (0.05, 57.0, 44.0, 9.0)),
}
_GLYCINE = ((0.4, 82.0, 8.0, 14.0), (0.3, -84.0, 171.0, 16.0), (0.3, -65.0, -36.0, 12.0))

_DRAWS = 6
_CLASH = 4.2


@dataclass(frozen=True)
class Backbone:
    """Where each residue of a chain lies and how it is bent."""

    rotation: Points
    """(n, 3, 3): from the residue's own frame to space."""
    origin: Points
    """(n, 3): its N, Å."""
    psi: Points
    """(n,) degrees."""
    kind: str
    """`H`, `E` or `-` for each residue."""


def fold(sequence: str, random: np.random.Generator) -> Backbone:
    """A compact backbone for one chain of one-letter codes; the first residue's frame is the origin."""
    kinds = _secondary_structure(len(sequence), random)
    rotation, origin = np.eye(3)[None], np.zeros((1, 3))
    psi = np.zeros(0)
    for start, end in _stretches(kinds):
        part = sequence[start : end + 1]
        drawn = [_torsions(part, kinds[start], random) for _ in range(_DRAWS)]
        angles = np.stack(drawn)[:, : end - start + 1]
        turns, shifts = _motions(angles)
        turned, moved = _chain(rotation[-1], origin[-1], turns, shifts)
        best = _best(origin, moved)
        rotation, origin = np.concatenate([rotation, turned[best]]), np.concatenate([origin, moved[best]])
        psi = np.concatenate([psi, angles[best, : end - start, 1]])
    n = len(sequence)
    return Backbone(rotation[:n], origin[:n], psi[:n], kinds)


def _secondary_structure(n: int, random: np.random.Generator) -> str:
    kinds = "-" * int(random.integers(1, 5))
    while len(kinds) < n:
        regular = "H" if random.random() < 0.6 else "E"
        for kind in (regular, "-"):
            kinds += kind * int(random.integers(*_STRETCH[kind], endpoint=True))
    return kinds[:n]


def _stretches(kinds: str) -> list[tuple[int, int]]:
    edges = [0, *(i for i in range(1, len(kinds)) if kinds[i] != kinds[i - 1]), len(kinds)]
    return list(itertools.pairwise(edges))


def _torsions(sequence: str, kind: str, random: np.random.Generator) -> Points:
    """(n, 3): phi, psi and the omega of the bond to the residue before, degrees."""
    rows = np.empty((len(sequence) + 1, 3))
    for i, letter in enumerate(sequence + "A"):
        modes = _GLYCINE if letter == "G" and kind == "-" else _RAMACHANDRAN[kind]
        weights = np.array([mode[0] for mode in modes])
        _, phi, psi, spread = modes[int(random.choice(len(modes), p=weights / weights.sum()))]
        cis = letter == "P" and kind == "-" and random.random() < 0.05
        phi = -65.0 if letter == "P" else phi
        rows[i] = random.normal([phi, psi, 0.0 if cis else 180.0], [spread / (1 + (letter == "P")), spread, 2.5])
    return rows


def _motions(torsions: Points) -> tuple[Points, Points]:
    """From each residue's frame to the next one's: (..., n - 1, 3, 3) and (..., n - 1, 3)."""
    psi, omega, phi = torsions[..., :-1, 1], torsions[..., 1:, 2], torsions[..., 1:, 0]
    n, ca, c = FRAGMENT
    next_n = place(n, ca, c, BACKBONE["C-N"], BACKBONE["CA-C-N"], psi)
    next_ca = place(ca, c, next_n, BACKBONE["N-CA"], BACKBONE["C-N-CA"], omega)
    next_c = place(np.broadcast_to(c, next_n.shape), next_n, next_ca, BACKBONE["CA-C"], BACKBONE["N-CA-C"], phi)
    return frame(next_n, next_ca, next_c), next_n


def _chain(rotation: Points, origin: Points, turns: Points, shifts: Points) -> tuple[Points, Points]:
    """Products of the motions from a start on, for every draw: (draws, n, 3, 3) and (draws, n, 3)."""
    rotations, origins = np.empty_like(turns), np.empty_like(shifts)
    turned, moved = np.broadcast_to(rotation, turns[:, 0].shape), np.broadcast_to(origin, shifts[:, 0].shape)
    for i in range(turns.shape[1]):
        moved = moved + (turned @ shifts[:, i, :, None])[..., 0]
        turned = turned @ turns[:, i]
        rotations[:, i], origins[:, i] = turned, moved
    return rotations, origins


def _best(stand: Points, draws: Points) -> int:
    """The draw that comes too near to the fewest residues that stand, then the one nearest to their centre."""
    earlier = stand[:-2] if len(stand) > 2 else stand[:0]
    gaps = np.sqrt(((draws[:, :, None] - earlier[None, None]) ** 2).sum(-1))
    clashes: NDArray[np.intp] = (gaps < _CLASH).sum(axis=(1, 2))
    spread = np.sqrt(((draws - stand.mean(axis=0)) ** 2).sum(-1)).mean(axis=1)
    return int(np.lexsort((spread, clashes))[0])
