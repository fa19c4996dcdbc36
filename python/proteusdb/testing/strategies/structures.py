"""Structures with every oddity, mixed: what files in the wild hold, and what a model may hand over.

::

    several chains, gaps, negative and repeated numbers, insertion codes, altlocs, HETATM, charges, hydrogens,
    deuterium, nucleotides, ligands, waters, CA-only chains, odd and long names, several models,
    coordinates on a grid of 0 to 4 decimals or off any, negative zero, B-factors that are a pLDDT and others

They are columns for `Structure.from_arrays`, so that a test can compare each column with what comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

if TYPE_CHECKING:
    from proteusdb import Structure

__all__ = ["structure_columns", "structures"]

_PROTEIN = ("ALA", "GLY", "MSE", "LYS", "UNK", "SEC")
_NUCLEIC = ("A", "C", "G", "U", "DA", "DT")
_OTHER = ("HOH", "ZN", "ATP", "LIG", "A1AAA")
_ATOMS: dict[str, tuple[tuple[str, str], ...]] = {
    "protein": (("N", "N"), ("CA", "C"), ("C", "C"), ("O", "O"), ("CB", "C"), ("H", "H"), ("D", "D"), ("SE", "SE")),
    "nucleic": (("P", "P"), ("C1'", "C"), ("O5'", "O"), ("O2'", "O"), ("N9", "N"), ("HO5'", "H")),
    "other": (("O", "O"), ("ZN", "ZN"), ("C1", "C"), ("1HB", "H"), ("X1", "X"), ("PG", "P")),
}
_NAMES = {"protein": _PROTEIN, "nucleic": _NUCLEIC, "other": _OTHER}


@st.composite
def structure_columns(draw: st.DrawFn, max_residues: int = 8, max_models: int = 3) -> dict[str, Any]:
    """Arguments of `Structure.from_arrays` for one structure."""
    atoms = [atom for residue in draw(_residues(max_residues)) for atom in residue]
    n = len(atoms)
    models = draw(st.integers(1, max_models))
    coords = draw(_reals((models, n, 3), decimals=(0, 4), bound=9_000))
    return {
        "coords": coords[0] if models == 1 else coords,
        **{name: [atom[name] for atom in atoms] for name in _TEXT_COLUMNS},
        "residue_number": np.array([atom["residue_number"] for atom in atoms], np.int32),
        "hetero": np.array([atom["hetero"] for atom in atoms], bool),
        "charge": np.array([atom["charge"] for atom in atoms], np.int8),
        "b_factor": draw(_b_factors(n)),
        "occupancy": draw(_reals((n,), decimals=(0, 2), bound=1)),
    }


def structures(max_residues: int = 8, max_models: int = 3) -> st.SearchStrategy[Structure]:
    """`structure_columns`, made into structures."""
    from proteusdb import Structure

    return structure_columns(max_residues, max_models).map(lambda columns: Structure.from_arrays(**columns))


_TEXT_COLUMNS = ("atom_name", "element", "residue_name", "chain_id", "insertion_code", "altloc")


@st.composite
def _residues(draw: st.DrawFn, most: int) -> list[list[dict[str, Any]]]:
    """Residues in file order; neighbours differ in a residue column, so each stays a residue of its own."""
    chains = st.sampled_from(["A", "B", "AA", "", "Long-1", "é"])
    residues: list[list[dict[str, Any]]] = []
    chain, number = draw(chains), draw(st.integers(-3, 3))
    for _ in range(draw(st.integers(1, most))):
        if draw(st.integers(0, 4)) == 0:
            chain = draw(chains)
        step = draw(st.sampled_from([1, 1, 1, 1, 0, 7, -2, 100_000]))
        icode = draw(st.sampled_from(["", "", "", "A", "B"])) if step else "Z"
        number = int(np.clip(number + step, -999, 2**31 - 1))
        family = draw(st.sampled_from(["protein", "protein", "protein", "nucleic", "other"]))
        residues.append(draw(_atoms(family, chain, number, icode)))
    return residues


@st.composite
def _atoms(draw: st.DrawFn, family: str, chain: str, number: int, icode: str) -> list[dict[str, Any]]:
    name = draw(st.sampled_from(_NAMES[family]))
    only_alpha = family == "protein" and draw(st.integers(0, 3)) == 0
    chosen = (
        [_ATOMS[family][1]] if only_alpha else draw(st.lists(st.sampled_from(_ATOMS[family]), min_size=1, max_size=6))
    )
    hetero = family == "other" or draw(st.integers(0, 6)) == 0
    return [
        {
            "atom_name": atom,
            "element": element,
            "residue_name": name,
            "chain_id": chain,
            "residue_number": number,
            "insertion_code": icode,
            "altloc": draw(st.sampled_from(["", "", "", "A", "B"])),
            "hetero": hetero,
            "charge": draw(st.sampled_from([0, 0, 0, 1, 2, -1])),
        }
        for atom, element in chosen
    ]


@st.composite
def _reals(draw: st.DrawFn, shape: tuple[int, ...], decimals: tuple[int, int], bound: float) -> NDArray[np.float32]:
    """float32 on a decimal grid, off any grid, on the float16 grid, or with the odd ones among them."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = random.uniform(-min(bound, 100.0), min(bound, 100.0), shape) if bound > 1 else random.uniform(0, 1, shape)
    kind = draw(st.sampled_from(["grid", "grid", "raw", "half", "odd"]))
    if kind == "grid":
        values = np.round(values, draw(st.integers(*decimals)))
    if kind == "half":
        values = values.astype(np.float16)
    column: NDArray[np.float32] = values.astype(np.float32)
    if kind == "odd" and column.size:
        column.flat[int(random.integers(column.size))] = draw(st.sampled_from([-0.0, bound, 1e-30, 1 / 3]))
    return column


@st.composite
def _b_factors(draw: st.DrawFn, n: int) -> NDArray[np.float32]:
    """A pLDDT on either scale, or what is none."""
    scale = draw(st.sampled_from([100.0, 1.0, 250.0]))
    column = draw(_reals((n,), decimals=(2, 3), bound=1)) * np.float32(scale)
    return np.asarray(column, np.float32)
