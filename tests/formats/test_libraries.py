"""gemmi and biotite objects in and out, and what is said where a library is missing."""

import subprocess
import sys

import biotite.structure as bst
import gemmi
import numpy as np
import pytest

from formats import made, oracle
from proteusdb.errors import ValidationError
from proteusdb.structure import Structure


def test_gemmi_gets_chains_entities_and_the_title() -> None:
    structure = Structure.from_text("TITLE     A PEPTIDE\n" + made.peptide())
    gem = structure.to_gemmi()
    assert isinstance(gem, gemmi.Structure)
    assert [chain.name for chain in gem[0]] == ["A"]
    assert [residue.name for residue in gem[0]["A"]] == ["MET", "GLY", "LIG"]
    assert [residue.entity_type.name for residue in gem[0]["A"]] == ["Polymer", "Polymer", "NonPolymer"]
    assert gem.info["_struct.title"] == "A PEPTIDE"
    again = Structure.from_gemmi(gem)
    assert again.entry["title"] == "A PEPTIDE"
    assert again.sequence == structure.sequence == "MG"


def test_a_gemmi_structure_from_a_file_has_the_columns_we_read_from_it() -> None:
    ours, gem = Structure.from_text(made.peptide()), gemmi.read_pdb_string(made.peptide())
    for given in (gem, gem[0]):
        copied = Structure.from_gemmi(given)
        for name in {*oracle.COLUMNS, "residue_kinds"} - set(oracle.LABELS):
            np.testing.assert_array_equal(getattr(copied, name), getattr(ours, name), err_msg=name)
        assert copied.sequence == ours.sequence
        assert set(copied.label_asym_id) == {"Axp", "Ax1"}, "gemmi's own names are kept"


def test_gemmi_models_with_different_atoms_stay_different() -> None:
    gem = gemmi.read_pdb_string(made.peptide())
    second = gem[0].clone()
    second.num = 2
    del second["A"][2]
    gem.add_model(second)
    structure = Structure.from_gemmi(gem)
    assert [structure.model(index).n_atoms for index in (0, 1)] == [5, 4]
    with pytest.raises(ValidationError, match="the models have different atoms"):
        _ = structure.coords_all
    with pytest.raises(ValidationError, match="the models have different atoms"):
        structure.to_biotite()
    assert structure.to_gemmi()[1].count_atom_sites() == 4


def test_gemmi_keeps_the_order_of_the_columns_unless_chain_parts_are_merged() -> None:
    given = made.columns(chain_id=["A", "A", "B", "B"]) | {"segment_id": ["S1", "S1", "S2", "S2"]}
    water = made.columns(atoms=6, residue_name=["ALA", "ALA", "GLY", "GLY", "HOH", "HOH"])
    interleaved = water | {"chain_id": ["A", "A", "B", "B", "A", "A"], "residue_number": [1, 1, 1, 1, 9, 10]}
    structure = Structure.from_arrays(**interleaved)
    assert [chain.name for chain in structure.to_gemmi(merge_chain_parts=False)[0]] == ["A", "B", "A"]
    assert [chain.name for chain in structure.to_gemmi()[0]] == ["A", "B"]
    segments = Structure.from_arrays(**given).to_gemmi()[0]
    assert [residue.segment for chain in segments for residue in chain] == ["S1", "S2"]


@pytest.mark.parametrize(
    "thing", [gemmi.Structure(), gemmi.Model(1), gemmi.Residue()], ids=lambda thing: type(thing).__name__
)
def test_gemmi_objects_without_atoms_are_refused(thing: object) -> None:
    with pytest.raises(ValidationError, match=r"at least one|is no structure"):
        Structure.from_gemmi(thing)  # type: ignore[arg-type]


def test_a_biotite_array_has_every_column_and_can_be_written_into() -> None:
    given = made.columns(altloc=["A", "", "", ""], charge=[0, 0, 0, 1], chain_id="LONGNAME", insertion_code="B")
    array = Structure.from_arrays(**given, b_factor=[1, 2, 3, 4.5]).to_biotite()
    assert isinstance(array, bst.AtomArray)
    assert array.chain_id.tolist() == ["LONGNAME"] * 4
    assert array.altloc_id.tolist() == ["A", "", "", ""]
    assert array.charge.tolist() == [0, 0, 0, 1]
    assert array.b_factor.tolist() == [1, 2, 3, 4.5]
    assert array.ins_code.tolist() == ["B"] * 4
    array.chain_id[0] = "X"
    array.coord[0] = 5
    again = Structure.from_biotite(array)
    assert again.chain_id[0] == "X"
    assert again.coords[0].tolist() == [5, 5, 5]


def test_several_models_are_a_biotite_stack() -> None:
    coords = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    structure = Structure.from_arrays(**made.columns(coords=coords))
    stack = structure.to_biotite()
    assert isinstance(stack, bst.AtomArrayStack)
    np.testing.assert_array_equal(stack.coord, coords)
    assert Structure.from_biotite(stack) == structure


def test_a_bare_biotite_array_gets_defaults_and_a_broken_one_is_refused() -> None:
    array = bst.array([bst.Atom([1, 2, 3], chain_id="A", res_id=1, res_name="GLY", atom_name="CA", element="C")])
    structure = Structure.from_biotite(array)
    assert (structure.sequence, structure.occupancy[0]) == ("G", 1)
    with pytest.raises(ValidationError, match=r"coords of atom 0 .* is NaN"):
        Structure.from_biotite(bst.AtomArray(1))
    with pytest.raises(ValidationError, match="biotite's Atom is no structure: give an AtomArray"):
        Structure.from_biotite(array[0])  # type: ignore[arg-type]


def test_binary_cif_is_read_by_biotite_as_we_mean_it() -> None:
    import io

    from biotite.structure.io import pdbx

    structure = Structure.from_text(made.peptide())
    file = pdbx.BinaryCIFFile.read(io.BytesIO(structure.to_bcif()))
    array = pdbx.get_structure(file, model=1, altloc="all", extra_fields=["b_factor", "occupancy"])
    np.testing.assert_array_equal(array.coord, structure.coords)
    for theirs, ours in (("atom_name", "atom_name"), ("res_id", "residue_number"), ("b_factor", "b_factor")):
        np.testing.assert_array_equal(array.get_annotation(theirs), getattr(structure, ours))
    assert Structure.from_text(structure.to_bcif()) == structure


@pytest.mark.parametrize(
    ("call", "extra"),
    [("to_gemmi", "gemmi"), ("to_biotite", "biotite"), ("to_bcif", "bcif")],
    ids=["gemmi", "biotite", "bcif"],
)
def test_a_missing_library_is_named_with_the_extra_that_installs_it(call: str, extra: str) -> None:
    program = (
        "import sys; sys.modules['gemmi'] = sys.modules['biotite'] = None\n"
        "from proteusdb.structure import Structure\n"
        f"Structure.from_text({made.peptide()!r}).{call}()"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"which is not installed: pip install 'proteusdb[{extra}]'" in ran.stderr


def test_reading_a_structure_imports_no_optional_library() -> None:
    program = (
        "import sys\nfrom proteusdb.structure import Structure\nfrom proteusdb.formats.coerce import coerce\n"
        f"coerce(Structure.from_text({made.peptide()!r})).to_pdb()\n"
        "print(sorted({'gemmi', 'biotite', 'pandas', 'polars', 'pyarrow', 'torch', 'msgpack'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_columns_by_gemmi_are_those_of_our_own_text() -> None:
    structure = Structure.from_text(made.peptide())
    expected = oracle.columns(gemmi.read_pdb_string(structure.to_pdb())[0])
    for name in set(oracle.COLUMNS) - set(oracle.LABELS):
        np.testing.assert_array_equal(getattr(structure, name), expected[name], err_msg=name)
