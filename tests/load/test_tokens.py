"""What rows and columns of matrices stand for, where a file does not say it."""

from pathlib import Path

import numpy as np
import pytest

from proteusdb import DatabaseManager, Structure
from proteusdb.core.tokens import residue_plddt, token_axes

RESIDUES = [
    ("A", 1, "MET", ["N", "CA", "C", "O"], False),
    ("A", 2, "SEP", ["N", "CA", "C", "O", "P"], True),
    ("A", 3, "VAL", ["N", "CA", "C", "O"], False),
    ("B", 1, "DA", ["P", "C1'"], False),
    ("C", 1, "ATP", ["PG", "O1G", "PB"], True),
]
NAMES = ["", *RESIDUES[1][3], "", "", *RESIDUES[4][3]]
CHAINS = list("AAAAAAABCCC")
NUMBERS = [1, 2, 2, 2, 2, 2, 3, 1, 1, 1, 1]


@pytest.fixture
def structure() -> Structure:
    """A chain with a modified residue, a nucleotide, a ligand."""
    atoms = [(chain, number, name, atom, het) for chain, number, name, names, het in RESIDUES for atom in names]
    return Structure.from_arrays(
        coords=np.arange(3.0 * len(atoms)).reshape(-1, 3).astype(np.float32),
        atom_name=[atom for *_, atom, _ in atoms],
        element=[atom[0] for *_, atom, _ in atoms],
        residue_name=[name for _, _, name, _, _ in atoms],
        chain_id=[chain for chain, *_ in atoms],
        residue_number=np.array([number for _, number, *_ in atoms], np.int32),
        hetero=np.array([het for *_, het in atoms]),
        b_factor=np.full(len(atoms), 50, np.float32),
    )


def test_atoms_of_what_is_not_standard_are_tokens(structure: Structure) -> None:
    axes = token_axes(structure.core, {"pae": np.zeros((11, 11))})
    assert list(axes["token_atom_name"]) == NAMES
    assert list(axes["token_chain_id"]) == CHAINS
    assert list(axes["token_residue_number"]) == NUMBERS


def test_what_the_file_says_is_left(structure: Structure) -> None:
    given = {"token_chain_id": np.array(CHAINS), "token_residue_number": np.array(NUMBERS), "contact_probs": np.eye(11)}
    assert token_axes(structure.core, given).keys() == {"token_atom_name"}


@pytest.mark.parametrize("count", [5, 4, 12])
def test_residues_need_no_axes_and_others_get_none(structure: Structure, count: int) -> None:
    assert token_axes(structure.core, {"pae": np.zeros((count, count))}) == {}
    assert token_axes(structure.core, {"plddt": np.zeros(count)}) == {}


def test_plddt_of_tokens_and_atoms_is_that_of_residues(structure: Structure) -> None:
    tokens = np.array([0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8, 0.7, 0.1, 0.2, 0.3], np.float32)
    found = residue_plddt(structure.core, "plddt", tokens)
    assert found is not None
    assert found[0] == pytest.approx([90, 30, 80, 70, 20], abs=1e-4)
    assert found[1] == pytest.approx((90 + 30 + 80 + 70) / 4, abs=1e-4)
    atoms = np.arange(1.0, 19.0).astype(np.float32)
    found = residue_plddt(structure.core, "plddt_atom", atoms)
    assert found is not None
    assert list(found[0]) == [2, 6, 11, 15, 17]


@pytest.mark.parametrize(
    "wrong", [np.zeros(5), np.full(5, 101.0), np.full(5, -1.0), np.full(5, np.nan), np.ones((5, 1)), np.ones(7)]
)
def test_what_is_no_plddt_is_none(structure: Structure, wrong: np.ndarray) -> None:
    assert residue_plddt(structure.core, "plddt", wrong.astype(np.float32)) is None


def test_boltz_matrices_get_their_tokens(db: DatabaseManager, structure: Structure, tmp_path: Path) -> None:
    folder = tmp_path / "predictions" / "x"
    folder.mkdir(parents=True)
    (folder / "x_model_0.cif").write_text(structure.to_mmcif())
    np.savez_compressed(folder / "pae_x_model_0.npz", pae=np.eye(11, dtype=np.float32))
    np.savez_compressed(folder / "plddt_x_model_0.npz", plddt=np.linspace(0.5, 0.9, 11, dtype=np.float32))
    record = db.get_prediction(db.load_files(tmp_path).ids[0])
    assert list(record.arrays["token_atom_name"]) == NAMES
    assert record.structure is not None
    assert record.structure.plddt is not None
    assert len(record.structure.plddt) == 5
    polymer = record.structure.plddt[:4].mean(dtype=np.float64) / 100
    assert record.confidence == pytest.approx(polymer)
