"""Placing atoms: internal coordinates to Cartesian, for many atoms at once.

::

        a           d          d is put at `length` from c, at `angle` b-c-d,
         \\         /           turned by `torsion` about b-c, 0 being on a's side
          b ---- c

Everything is vectorised over leading axes and broadcasts: shapes (..., 3) for points, (...) for lengths and angles.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Points", "angle", "distance", "frame", "handedness", "place", "torsion"]

Points: TypeAlias = NDArray[np.float64]


def place(
    a: Points, b: Points, c: Points, length: Points | float, angle: Points | float, torsion: Points | float
) -> Points:
    """The point d with the internal coordinates given (NeRF, Parsons et al. 2005).

    Parameters
    ----------
    a, b, c : (..., 3) arrays
        Three points, not on one line, Å.
    length : float or (...) array
        Distance c-d, Å.
    angle, torsion : float or (...) array
        Angle b-c-d and torsion a-b-c-d, degrees.

    Returns
    -------
    (..., 3) float64 array, Å.
    """
    along = _unit(c - b)
    normal = _unit(np.cross(b - a, along))
    sideways = np.cross(normal, along)
    theta, tau = np.radians(np.asarray(angle, float)), np.radians(np.asarray(torsion, float))
    radius = np.asarray(length, float)
    x, y, z = -radius * np.cos(theta), radius * np.sin(theta) * np.cos(tau), radius * np.sin(theta) * np.sin(tau)
    shifted: Points = c + x[..., None] * along + y[..., None] * sideways + z[..., None] * normal
    return shifted


def frame(a: Points, b: Points, c: Points) -> Points:
    """The rotation whose columns are x along a-b, y towards c, z = x × y; (..., 3, 3)."""
    x = _unit(b - a)
    z = _unit(np.cross(x, c - b))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def distance(a: Points, b: Points) -> Points:
    """Distances, Å."""
    return _length(a - b)


def angle(a: Points, b: Points, c: Points) -> Points:
    """Angles at b, degrees."""
    cosine: Points = (_unit(a - b) * _unit(c - b)).sum(-1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


def torsion(a: Points, b: Points, c: Points, d: Points) -> Points:
    """Torsions a-b-c-d in (-180, 180], degrees."""
    along = _unit(c - b)
    first, last = np.cross(b - a, along), np.cross(along, d - c)
    turned: Points = np.degrees(np.arctan2((np.cross(first, last) * along).sum(-1), (first * last).sum(-1)))
    return turned


def handedness(centre: Points, a: Points, b: Points, c: Points) -> Points:
    """Volume spanned by the three neighbours of a centre, Å³; its sign is the chirality."""
    volume: Points = (np.cross(a - centre, b - centre) * (c - centre)).sum(-1)
    return volume


def _length(vector: Points) -> Points:
    length: Points = np.sqrt((vector * vector).sum(-1))
    return length


def _unit(vector: Points) -> Points:
    scaled: Points = vector / _length(vector)[..., None]
    return scaled
