"""What holds for every structure, whatever is in it."""

import copy
import pickle

import numpy as np
from hypothesis import given

from formats import made, oracle
from proteusdb.structure import Structure


@given(made.structures())
def test_mmcif_text_gives_an_equal_structure_back(structure: Structure) -> None:
    again = Structure.from_text(structure.to_mmcif())
    for name in oracle.COLUMNS:
        np.testing.assert_array_equal(getattr(again, name), getattr(structure, name), err_msg=name)
    np.testing.assert_array_equal(again.coords_all, structure.coords_all)
    assert again == structure
    assert again.entry["title"] == structure.entry["title"]


@given(made.structures())
def test_binary_cif_gives_an_equal_structure_back(structure: Structure) -> None:
    assert Structure.from_text(structure.to_bcif()) == structure


@given(made.structures())
def test_biotite_gives_every_column_back(structure: Structure) -> None:
    again = Structure.from_biotite(structure.to_biotite())
    same = set(oracle.COLUMNS) - {"altloc", "residue_starts"}
    for name in same:
        np.testing.assert_array_equal(getattr(again, name), getattr(structure, name), err_msg=name)
    np.testing.assert_array_equal(again.coords_all, structure.coords_all)


@given(made.structures())
def test_a_pickled_or_copied_structure_is_equal(structure: Structure) -> None:
    again = pickle.loads(pickle.dumps(structure))
    assert again == structure
    assert hash(again) == hash(structure)
    assert again.entry == structure.entry
    assert copy.deepcopy(structure) == structure


@given(made.structures())
def test_residues_cover_the_atoms_and_the_sequence_names_polymer_residues(structure: Structure) -> None:
    starts = structure.residue_starts
    assert starts[0] == 0
    assert starts[-1] == structure.n_atoms
    assert (np.diff(starts.astype(int)) > 0).all()
    letters = structure.sequence.replace(":", "")
    assert len(letters) == len(structure.sequence_residues)
    assert (structure.residue_kinds[structure.sequence_residues] != "non-polymer").all()
    positions, mask = structure.atom37()
    assert positions.shape == (len(letters), 37, 3)
    assert (positions[~mask] == 0).all()
    assert len(structure.chain_types) == (structure.sequence.count(":") + 1 if letters else 0)
