"""Fits the weights of the fast profile to predictions: the same files in the same order give the same bytes.

::

    python rust/proteusdb-train/fast.py OUT FILE...

    residues of each kind -> for each atom: three atoms it hangs on, 32 torsions where it turns freely -> weights
    d = w0 (c-b) + w1 (a-c) + w2 (c-b) x (a-c) / 1024, by least squares, 4096 to one

A fifth of the files, by their sequence, takes no part, so that sizes may be reported on it. The layout of OUT stands in
`codec/fast/weights.rs`, the residues and the order of their atoms in `codec/residues/templates.rs`.
"""

import itertools
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from proteusdb import Structure
from proteusdb.errors import ProteusError

Column = NDArray[np.float64]
Points = dict[str, Column]

TEMPLATES = Path(__file__).parents[1] / "proteusdb-core/src/codec/residues/templates.rs"
ROW = re.compile(r'\(\s*"([A-Z]+)",\s*\d,\s*"([^"]+)",\s*"([^"]+)",?\s*\)')
ENDS = ["OXT", "OP3", "H1", "H2", "H3", "HO5'", "HO3'"]
BEFORE = ["-N", "-CA", "-C", "-O"]
AFTER = "+N"
ANY = "any"
SPINE = [("N", "-C", "-CA", "-N", True), ("CA", "N", "-C", "-CA", False), ("C", "CA", "N", "-C", True)]
SPINE += [("O", "C", "CA", AFTER, False)]
"""The fast profile's backbone, the same for every residue: atom, what it hangs on, whether it turns freely."""
TORSIONS = 32
FREE = 250.0
"""An atom turns freely where it scatters by more across its bond, thousandths of an Å."""


@dataclass
class Atom:
    """What is fitted for one atom of one residue."""

    hangs_on: tuple[str, str, str]
    weights: Column
    distance: int
    k: tuple[int, int]


def main(out: str, files: list[str]) -> None:
    """Fits to the files and writes OUT."""
    rows = [(name, heavy.split(), hydrogens.split()) for name, heavy, hydrogens in ROW.findall(TEMPLATES.read_text())]
    order = {name: heavy + [pair.split("/")[0] for pair in hydrogens] for name, heavy, hydrogens in rows}
    names = list(dict.fromkeys(ENDS + [atom for atoms in order.values() for atom in atoms]))
    symbols = {**{name: symbol for symbol, (name, _, _) in enumerate(rows)}, ANY: len(rows)}
    gathered: dict[str, list[dict[str, tuple[float, ...]]]] = {}
    for path in files:
        for residue, atoms in residues(path):
            gathered.setdefault(residue, []).append(atoms)
    amino = [atoms for name, found in gathered.items() if len(name) == 3 for atoms in found]
    order[ANY] = ["N", "CA", "C", "O", "CB", "H", "HA", "OXT"]
    fitted = [
        (symbols[residue], atom, fit)
        for residue, found in [*((name, gathered[name]) for name in order if name in gathered), (ANY, amino)]
        for atom, fit in atoms_of(table(found), order[residue])
    ]
    points = table(amino)
    spine = [(symbols[ANY], atom, fitted_as(points, atom, c, b, a, free)) for atom, c, b, a, free in SPINE]
    Path(out).write_bytes(packed(fitted, spine, names))


def residues(path: str) -> Iterator[tuple[str, dict[str, tuple[float, ...]]]]:
    """Residues of a file: positions of atoms, thousandths of an Å, the backbone before them and the next N."""
    try:
        structure = Structure.from_file(path)
    except ProteusError:
        return
    if zlib.crc32(structure.sequence.encode()) % 5 == 0:
        return
    columns = (structure.chain_id, structure.residue_number, structure.insertion_code, structure.residue_name)
    keys = list(zip(*(column.tolist() for column in columns), strict=True))
    points = np.round(structure.coords.astype(np.float64) * 1000)
    found: list[tuple[str, dict[str, tuple[float, ...]]]] = []
    before: dict[str, tuple[float, ...]] = {}
    last = None
    for key, rows in itertools.groupby(range(len(keys)), keys.__getitem__):
        here: dict[str, tuple[float, ...]] = {}
        for row in rows:
            here.setdefault(str(structure.atom_name[row]), tuple(points[row]))
        linked = last is not None and last[0] == key[0] and key[1] == last[1] + 1
        if linked and all(name[1:] in before for name in BEFORE):
            found.append((str(key[3]), {**here, **{name: before[name[1:]] for name in BEFORE}}))
            if "N" in here:
                found[-2][1][AFTER] = here["N"]
        else:
            found.append((str(key[3]), here))
        before, last = here, key
    yield from found


def table(found: list[dict[str, tuple[float, ...]]]) -> Points:
    """Positions by atom, NaN where a residue has none."""
    columns = {name: np.full((len(found), 3), np.nan) for name in sorted({name for atoms in found for name in atoms})}
    for row, atoms in enumerate(found):
        for name, point in atoms.items():
            columns[name][row] = point
    return columns


def atoms_of(points: Points, order: list[str]) -> Iterator[tuple[str, Atom]]:
    """Each atom that enough residues have, in the order of coding."""
    coded = [name for name in BEFORE if name in points]
    for atom in dict.fromkeys([*order, "OXT"]):
        if atom not in points:
            continue
        if there(points, atom).sum() >= 20 and (chosen := choose(points, atom, coded)):
            yield atom, fitted_as(points, atom, *chosen)
        coded.append(atom)


def there(points: Points, *names: str) -> NDArray[np.bool_]:
    """Residues that have all of these atoms."""
    return ~np.isnan(sum(points[name][:, 0] for name in names))


def turned(points: Points, atom: str, c: str, b: str, a: str) -> Column:
    """The atom as it lies from c: along b-c, towards a, across; rows that have all four and are no line."""
    rows = there(points, atom, c, b, a)
    p, c_, b_, a_ = (points[name][rows] for name in (atom, c, b, a))
    with np.errstate(all="ignore"):
        e1 = (c_ - b_) / np.linalg.norm(c_ - b_, axis=1)[:, None]
        v = (a_ - c_) - ((a_ - c_) * e1).sum(1)[:, None] * e1
        e2 = v / np.linalg.norm(v, axis=1)[:, None]
        found = np.stack([((p - c_) * e).sum(1) for e in (e1, e2, np.cross(e1, e2))], 1)
    return found


def choose(points: Points, atom: str, coded: list[str]) -> tuple[str, str, str, bool] | None:
    """c is the nearest; of b bound to it, and a bound to one of them, the pair that says most; whether it turns."""
    wanted = 0.5 * there(points, atom).sum()
    apart = {}
    for name in coded:
        rows = there(points, atom, name)
        if rows.sum() >= wanted:
            apart[name] = float(np.median(np.linalg.norm(points[atom][rows] - points[name][rows], axis=1)))
    if len(apart) < 3:
        return None
    c = min(apart, key=lambda name: apart[name])
    best = None
    for b, a in itertools.permutations([name for name in apart if name != c], 2):
        if not bound(points, b, c) or not (bound(points, a, b) or bound(points, a, c)):
            continue
        local = turned(points, atom, c, b, a)[:3000]
        local = local[np.isfinite(local).all(1)]
        if len(local) < 20:
            continue
        score, free = entropy(local)
        if best is None or score < best[0]:
            best = (score, c, b, a, free)
    return best[1:] if best else None


def bound(points: Points, one: str, other: str) -> bool:
    """Whether two atoms are within reach of a bond."""
    apart = np.linalg.norm(points[one] - points[other], axis=1)
    return bool((~np.isnan(apart)).any() and np.nanmedian(apart) < 2000)


def entropy(local: Column) -> tuple[float, bool]:
    """What is left to say of an atom, in nats up to a constant, and whether it turns freely."""
    for size in (np.abs(local[:, 0] - np.median(local[:, 0])), None):
        radius = np.hypot(local[:, 1], local[:, 2])
        size = np.abs(radius - np.median(radius)) if size is None else size
        local = local[size <= np.quantile(size, 0.97)]
    radius = np.hypot(local[:, 1], local[:, 2])
    if np.hypot(local[:, 1].std(), local[:, 2].std()) <= FREE:
        return 0.5 * float(np.linalg.slogdet(np.cov(local.T) + np.eye(3))[1]), False
    bins = np.clip((np.arctan2(local[:, 2], local[:, 1]) + np.pi) / (2 * np.pi) * 64, 0, 63).astype(int)
    share = (counts := np.bincount(bins, minlength=64) + 0.3) / counts.sum()
    angle = -(share * np.log(share)).sum() + np.log(2 * np.pi / 64)
    spread = np.log(local[:, 0].std() + 1) + np.log(radius.std() + 1) + np.log(np.median(radius) + 1)
    return float(spread + angle - 1.419), True


def fitted_as(points: Points, atom: str, c: str, b: str, a: str, free: bool) -> Atom:
    """Weights for each torsion, the distance, and how large residuals are."""
    rows = there(points, atom, c, b, a)
    p, c_, b_, a_ = (points[name][rows] for name in (atom, c, b, a))
    d, u, v = p - c_, c_ - b_, a_ - c_
    basis = np.stack([u, v, np.cross(u, v) / 1024], 2)
    distance = round(float(np.median(np.linalg.norm(d, axis=1))))
    local = turned(points, atom, c, b, a)
    turns = TORSIONS if free else 1
    angle = np.nan_to_num(np.arctan2(local[:, 2], local[:, 1]), nan=-np.pi)
    torsion = np.clip(np.floor((angle + np.pi) / (2 * np.pi) * turns), 0, turns - 1).astype(int)
    weights = by_torsion(basis, d, local, torsion) if free else np.stack([by_residuals(basis, d)])
    weights = np.clip(np.round(weights * 4096), -32768, 32767)
    k = parameters(basis, d, weights[torsion] / 4096, distance)
    return Atom((c, b, a), weights.astype("<i2"), distance, k)


def by_residuals(basis: Column, d: Column) -> Column:
    """Least squares; what lies four times as far as most takes no part."""
    keep = np.ones(len(d), bool)
    for _ in range(4):
        flat, right = basis[keep].reshape(-1, 3), d[keep].reshape(-1)
        weights = np.linalg.solve(flat.T @ flat + np.eye(3), flat.T @ right)
        error = np.linalg.norm(d - basis @ weights, axis=1)
        keep = error < 4 * np.sqrt((error[keep] ** 2).mean())
    found: Column = weights
    return found


def by_torsion(basis: Column, d: Column, local: Column, torsion: NDArray[np.int_]) -> Column:
    """Least squares for each torsion, drawn to what the mean geometry turned by it says."""
    u, v = basis[:, :, 0], basis[:, :, 1]
    along, around = np.nanmedian(local[:, 0]), np.nanmedian(np.hypot(local[:, 1], local[:, 2]))
    length = np.median(np.linalg.norm(u, axis=1))
    shift = np.median((v * u).sum(1)) / length
    height = np.median(np.linalg.norm(v - (v * u).sum(1)[:, None] * u / length**2, axis=1))
    weights = np.zeros((TORSIONS, 3))
    for step in range(TORSIONS):
        angle = (step + 0.5) / TORSIONS * 2 * np.pi - np.pi
        w1 = around * np.cos(angle) / height
        ideal = np.array([along / length - w1 * shift / length, w1, around * np.sin(angle) / (length * height) * 1024])
        rows = torsion == step
        weights[step] = ideal
        if rows.sum() >= 8:
            rows &= np.linalg.norm(d - basis @ ideal, axis=1) < 600
            flat, right = basis[rows].reshape(-1, 3), d[rows].reshape(-1)
            square = flat.T @ flat
            pull = square / max(1, rows.sum()) * 10 + np.eye(3) * 1e3
            weights[step] = np.linalg.solve(square + pull, flat.T @ right + pull @ ideal)
    return weights


def parameters(basis: Column, d: Column, weights: Column, distance: int) -> tuple[int, int]:
    """The Rice parameters with the fewest bits for the first two axes and for the third."""
    expected = np.einsum("nij,nj->ni", basis, weights)
    rows, last = np.arange(len(d)), np.abs(expected).argmax(1)
    first, second = (last + 1) % 3, (last + 2) % 3
    residual = d - np.round(expected)
    rest = distance**2 - d[rows, first] ** 2 - d[rows, second] ** 2
    root = np.copysign(np.sqrt(np.maximum(rest, 0)), expected[rows, last])
    third = d[rows, last] - np.round(np.where(rest > 0, root, expected[rows, last]))
    return best(np.concatenate([residual[rows, first], residual[rows, second]])), best(third)


def best(residuals: Column) -> int:
    """The Rice parameter with the fewest bits."""
    code = np.where(residuals < 0, -2 * residuals - 1, 2 * residuals).astype(np.int64)
    bits = [int((np.minimum(code >> k, 24) + 1 + k + np.where(code >> k >= 24, 31 - k, 0)).sum()) for k in range(15)]
    return int(np.argmin(bits))


def packed(fitted: list[tuple[int, str, Atom]], spine: list[tuple[int, str, Atom]], names: list[str]) -> bytes:
    """The artefact."""

    def number(name: str) -> int:
        special = [AFTER, *BEFORE]
        return 249 + special.index(name) if name in special else names.index(name)

    def kind(atom: str) -> int:
        return 0 if atom in ("N", "CA") else 1 if atom in ("C", "O") else 3 if atom[0] == "H" else 2

    out = struct.pack("<H", len(fitted))
    for symbol, atom, fit in fitted + spine:
        bits = 5 if len(fit.weights) > 1 else 0
        places = [number(name) for name in (atom, *fit.hangs_on)]
        out += bytes([symbol, *places, kind(atom), *fit.k, bits]) + struct.pack("<H", fit.distance)
        out += fit.weights.tobytes()
    return out


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
