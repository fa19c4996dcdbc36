"""Columns in: what is taken, what the defaults are, and what each refusal says. Columns out: read-only and exact."""

import re
from typing import Any

import numpy as np
import pytest

from formats.made import columns
from proteusdb.errors import ValidationError
from proteusdb.structure import Structure


def test_columns_come_back_as_given_with_their_defaults() -> None:
    structure = Structure.from_arrays(**columns())
    assert structure.coords.dtype == np.float32
    assert structure.coords.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert structure.atom_name.tolist() == ["N", "CA", "N", "CA"]
    assert structure.element.tolist() == ["N", "C", "N", "C"]
    assert structure.residue_name.tolist() == ["ALA", "ALA", "GLY", "GLY"]
    assert structure.chain_id.tolist() == ["A"] * 4
    assert structure.residue_number.tolist() == [1, 1, 2, 2]
    assert structure.residue_starts.tolist() == [0, 2, 4]
    assert structure.residue_kinds.tolist() == ["protein", "protein"]
    assert structure.occupancy.tolist() == [1] * 4
    assert structure.b_factor.tolist() == [0] * 4
    assert structure.hetero.tolist() == [False] * 4
    assert structure.label_seq_id.tolist() == [-(2**31)] * 4
    assert [structure.altloc[0], structure.insertion_code[0], structure.segment_id[0]] == ["", "", ""]
    assert (structure.sequence, structure.chain_types) == ("AG", ["protein"])
    assert (structure.original, structure.original_name) == (None, None)
    assert repr(structure) == "<Structure: 1 chain (protein), 2 residues, 4 atoms>"


def test_a_residue_is_hetero_by_default_where_it_is_no_standard_monomer() -> None:
    structure = Structure.from_arrays(**columns(residue_name=["ALA", "ALA", "ATP", "ATP"]))
    assert structure.hetero.tolist() == [False, False, True, True]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_any_real_dtype_is_taken(dtype: type) -> None:
    given = np.arange(12).reshape(4, 3).astype(dtype)
    np.testing.assert_array_equal(Structure.from_arrays(**columns(coords=given)).coords, given.astype(np.float32))


def test_float32_off_any_grid_is_kept_bit_for_bit() -> None:
    given = np.array([[-0.0, 1 / 3, 1e-30], [1e30, np.pi, 12.345], [0, 1, 2], [3, 4, 5]], dtype=np.float32)
    structure = Structure.from_arrays(**columns(coords=given))
    np.testing.assert_array_equal(structure.coords.view(np.uint32), given.view(np.uint32))


@pytest.mark.parametrize(
    "names",
    [
        ["N", "CA", "N", "CA"],
        np.array(["N", "CA", "N", "CA"]),
        np.array([b"N", b"CA", b"N", b"CA"]),
        np.array(["N", "CA", b"N", "CA"], dtype=object),
        np.array([" N  ", " CA ", "N", "CA"]),
    ],
    ids=["list", "U", "S", "object", "padded"],
)
def test_text_is_taken_from_any_kind_of_sequence(names: Any) -> None:
    assert Structure.from_arrays(**columns(atom_name=names)).atom_name.tolist() == ["N", "CA", "N", "CA"]


def test_models_have_their_own_numbers_and_share_their_atoms() -> None:
    coords = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    structure = Structure.from_arrays(
        **columns(coords=coords, b_factor=[[1, 2, 3, 4], [5, 6, 7, 8]], occupancy=0.5, model_numbers=[3, 9])
    )
    assert (structure.n_models, structure.model_numbers) == (2, [3, 9])
    np.testing.assert_array_equal(structure.coords_all, coords)
    second = structure.model(-1)
    assert second.model_numbers == [9]
    assert second.b_factor.tolist() == [5, 6, 7, 8]
    assert second.occupancy.tolist() == [0.5] * 4
    with pytest.raises(ValidationError, match=re.escape("model(2): the structure has models 0 to 1")):
        structure.model(2)


def test_arrays_are_kept_and_cannot_be_written_into() -> None:
    structure = Structure.from_arrays(**columns(plddt_scale=100, b_factor=90))
    for name in ("coords", "coords_all", "atom_name", "chain_id", "hetero", "plddt", "plddt_atom", "residue_kinds"):
        array = getattr(structure, name)
        assert getattr(structure, name) is array
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]
    with pytest.raises(AttributeError):
        structure.coords = np.zeros((4, 3))  # type: ignore[misc]
    with pytest.raises(AttributeError):
        structure.color = "red"  # type: ignore[attr-defined]


def test_plddt_is_the_b_factor_of_ca_on_the_scale_it_is_said_to_have() -> None:
    given = columns(b_factor=[0.1, 0.5, 0.2, 0.75])
    assert Structure.from_arrays(**given).plddt is None, "nobody says that it is a pLDDT"
    structure = Structure.from_arrays(**given, plddt_scale=1)
    np.testing.assert_allclose(structure.plddt, [50, 75])
    np.testing.assert_allclose(structure.plddt_atom, [10, 50, 20, 75], rtol=1e-6)
    assert structure.with_plddt_scale(None).plddt is None
    assert structure.with_plddt_scale(100).plddt_scale == 100
    assert "mean pLDDT 62.5" in repr(structure)


def test_ter_ends_a_chain_whose_name_goes_on() -> None:
    structure = Structure.from_arrays(**columns(ter=[True, True, False, False]))
    assert structure.sequence == "A:G"
    assert structure.chain_types == ["protein", "protein"]


def test_equality_is_of_the_columns_and_not_of_the_title() -> None:
    one = Structure.from_arrays(**columns(title="one"))
    assert one == Structure.from_arrays(**columns(title="other"))
    assert hash(one) == hash(Structure.from_arrays(**columns()))
    moved = columns()["coords"] + np.float32(0.001)
    for change in ({"coords": moved}, {"chain_id": "B"}, {"charge": [0, 0, 0, 1]}, {"ter": [True] * 4}):
        assert one != Structure.from_arrays(**columns(**change)), change
    assert one != "a structure"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coords": np.zeros((4, 2))}, r"coords has the shape \(4, 2\); allowed are \(n_atoms, 3\)"),
        ({"coords": np.zeros((0, 3)), "residue_number": []}, r"coords has the shape \(1, 0, 3\)"),
        ({"coords": [["x", "y", "z"]] * 4}, "coords holds <U1; real numbers are needed"),
        ({"coords": [[1, 2, 3], [1, 2]]}, "coords is no array"),
        ({"coords": [[0, 0, 0], [0, np.nan, 0], [0] * 3, [0] * 3]}, "coords of atom 1 .* in model 1 is NaN"),
        ({"coords": np.full((4, 3), 1e300)}, "coords of atom 0 .* is inf"),
        ({"b_factor": [1, 2, 3]}, "b_factor has 3 rows, but coords has 4 atoms"),
        ({"b_factor": [1, 2, 3, np.inf]}, "b_factor of atom 3 .* is inf"),
        ({"occupancy": np.ones((2, 4))}, "occupancy has 2 models, but coords has 1 models"),
        ({"occupancy": np.ones((1, 1, 4))}, r"occupancy has the shape \(1, 1, 4\)"),
        ({"atom_name": ["N", "CA"]}, "atom_name has 2 rows, but coords has 4 atoms"),
        ({"atom_name": ["N", "CA", "N", "C\nA"]}, r'atom_name "C\\nA" of atom 3 .*: it holds a control character'),
        ({"chain_id": "A" * 256}, "chain_id .* of atom 0 .*: it is too long; allowed are at most 255 bytes"),
        ({"chain_id": [1, 2, 3, 4]}, "chain_id of atom 0 .* is 1; text is needed"),
        ({"residue_name": [["ALA"] * 4]}, r"residue_name has the shape \(1, 4\)"),
        ({"element": ["N", "C", "N", "Qq"]}, 'element "Qq" of atom 3 .*: not a chemical symbol; allowed are H to Og'),
        ({"insertion_code": ["AB", "", "", ""]}, 'insertion_code "AB" of atom 0 .*: not a single character'),
        ({"residue_number": [1.5, 1, 2, 2]}, "residue_number holds float64; integers are needed"),
        ({"residue_number": [1, 1, 2, 2**31]}, "residue_number of atom 3 .* is 2147483648; allowed are -2147483648"),
        ({"charge": [0, 0, 0, 200]}, "charge of atom 3 .* is 200; allowed are -128 to 127"),
        ({"hetero": ["yes"] * 4}, "hetero holds <U3; booleans are needed"),
        ({"model_numbers": [1, 2]}, "model_numbers has 2 models, but coords has 1 models"),
        ({"plddt_scale": 10}, "plddt_scale 10: allowed are 'auto', 1"),
        ({"plddt_scale": "percent"}, "plddt_scale 'percent': allowed are 'auto', 1"),
    ],
)
def test_a_wrong_column_is_named_with_what_is_allowed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Structure.from_arrays(**columns(**change))
