"""Small structures made here: texts with one oddity each, and hypothesis strategies for columns with many at once."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from proteusdb.structure import Structure


def atom(
    serial: int,
    name: str,
    residue: str,
    chain: str,
    number: int,
    xyz: tuple[float, float, float],
    *,
    record: str = "ATOM",
    altloc: str = " ",
    icode: str = " ",
    tail: str = "  1.00 90.00",
    element: str = "",
) -> str:
    """One line of a PDB file, columns where the format has them."""
    padded = f" {name:<3}" if len(name) < 4 else name
    element = element or name[:1]
    place = f"{record:<6}{serial:>5} {padded}{altloc}{residue:>3}{chain:>2}{number:>4}{icode}"
    return f"{place}   {xyz[0]:8.3f}{xyz[1]:8.3f}{xyz[2]:8.3f}{tail:<22}{element:>2}"


def peptide() -> str:
    """Two residues of one chain, a ligand after TER, in PDB format."""
    return "\n".join(
        [
            atom(1, "N", "MET", "A", 1, (0.0, 0.0, 0.0)),
            atom(2, "CA", "MET", "A", 1, (1.458, 0.0, 0.0)),
            atom(3, "N", "GLY", "A", 2, (2.0, 1.25, -0.5)),
            atom(4, "CA", "GLY", "A", 2, (3.1, 1.5, -1.125)),
            "TER",
            atom(5, "C1", "LIG", "A", 101, (9.0, 9.0, 9.0), record="HETATM"),
            "END",
            "",
        ]
    )


def columns(atoms: int = 4, **changes: Any) -> dict[str, Any]:
    """Arguments of `from_arrays`: two residues, N and CA each, repeated up to `atoms`."""
    made: dict[str, Any] = {
        "coords": np.arange(3.0 * atoms).reshape(atoms, 3),
        "atom_name": (["N", "CA"] * atoms)[:atoms],
        "element": (["N", "C"] * atoms)[:atoms],
        "residue_name": (["ALA", "ALA", "GLY", "GLY"] * atoms)[:atoms],
        "chain_id": "A",
        "residue_number": [1 + atom // 2 for atom in range(atoms)],
    }
    return made | changes


_grid = st.integers(-9_999_999, 9_999_999).map(lambda value: np.float32(value / 1000))
_free = st.floats(-1e6, 1e6, width=32).map(np.float32)
_word = st.text(st.sampled_from("ABCXYZabc0189'\"*+-_#; ö"), max_size=6).map(str.strip)
_character = st.sampled_from(["", "A", "B", "z", "1", "."])
_names = st.sampled_from("ALA GLY MSE UNK A DG HOH LIG ATP X".split())
_chain = st.sampled_from(["A", "B"]) | _word
_segment = st.just("") | _word


_residue = st.tuples(_names, _chain, st.integers(-999, 9_999) | st.integers(1, 3), _character, _segment)


def _identity(residue: tuple[str, str, int, str, str]) -> tuple[str, str, int, str, str]:
    """What files tell residues apart by, within a chain; case does not tell insertion codes apart."""
    name, chain, number, code, segment = residue
    return name, chain, number, code.upper(), segment


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    """Structures of one to three models with chains, gaps, insertion codes, altlocs, charges and odd names at will."""
    residues = draw(st.lists(_residue, min_size=1, max_size=6, unique_by=_identity))
    sizes = draw(st.lists(st.integers(1, 4), min_size=len(residues), max_size=len(residues)))
    atoms, models = sum(sizes), draw(st.integers(1, 3))
    name, chain, number, code, segment = (np.repeat(np.array(column), sizes) for column in zip(*residues, strict=True))

    def per_atom(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=atoms, max_size=atoms))

    def numbers(*shape: int) -> np.ndarray[Any, Any]:
        values = draw(st.lists(draw(st.sampled_from([_grid, _free])), min_size=atoms, max_size=3 * atoms))
        return np.resize(np.array(values, dtype=np.float32), shape)

    return Structure.from_arrays(
        coords=numbers(models, atoms, 3),
        atom_name=per_atom(st.one_of(st.sampled_from("N CA C O CB C1' P OXT".split()), _word)),
        element=per_atom(st.sampled_from(["C", "N", "O", "H", "D", "SE", "X", "zn"])),
        residue_name=name,
        chain_id=chain,
        residue_number=number,
        insertion_code=code,
        altloc=per_atom(_character),
        hetero=per_atom(st.booleans()),
        charge=per_atom(st.integers(-9, 9)),
        b_factor=numbers(models, atoms),
        occupancy=numbers(models, atoms),
        segment_id=segment,
        ter=np.repeat(draw(st.lists(st.booleans(), min_size=len(residues), max_size=len(residues))), sizes),
        model_numbers=draw(st.lists(st.integers(-5, 999), min_size=models, max_size=models, unique=True)),
        title=draw(_word),
        plddt_scale=draw(st.sampled_from(["auto", 1, 100, None])),
    )
