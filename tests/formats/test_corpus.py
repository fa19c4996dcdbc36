"""Every structure file of the corpus, column by column as gemmi (text) and biotite (BinaryCIF) read it.

`test_odd_file_...` takes every file users meet that is not plain: it must load equal to gemmi, or, where gemmi finds no
atoms in it, be refused with a message that names the file. Where gemmi refuses a file that holds
atoms, GEMMI_REFUSES says why we read it, and the test proves that gemmi still refuses it for that reason.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import corpus
from formats import oracle
from proteusdb.errors import ValidationError
from proteusdb.structure import Structure

PLAIN = corpus.structure_files("predictions", "training")
ODD = sorted((corpus.find() / "odd").iterdir()) if corpus.find() else []
NEEDED = pytest.mark.skipif(not PLAIN, reason="no corpus: set PROTEUSDB_CORPUS to a folder with predictions/ and odd/")

GEMMI_REFUSES = {
    # Two MODEL records with one number: the models differ, so both are kept, as the file has them.
    "MDAnalysis__incomplete.pdb": "duplicate MODEL number",
    # Old entries carry an id code and line number in columns 73-80; the charge field then holds part of that number.
    "project-gemmi__pdb1gdr.ent": "Wrong format for charge",
}


def assert_equal_to_gemmi(structure: Structure, path: Path, scratch: Path) -> None:
    expected = oracle.read(path, scratch)
    assert structure.n_models == len(expected)
    in_file = [name for name in oracle.COLUMNS if oracle.has_labels(expected) or name not in oracle.LABELS]
    for index, model in enumerate(expected):
        found, wanted = structure.model(index), oracle.columns(model)
        for name in in_file:
            np.testing.assert_array_equal(getattr(found, name), wanted[name], err_msg=f"model {index}: {name}")


@NEEDED
@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.name)
def test_file_reads_as_gemmi_reads_it_and_survives_mmcif(path: Path, tmp_path: Path) -> None:
    structure = Structure.from_file(path)
    assert_equal_to_gemmi(structure, path, tmp_path)
    assert structure.original == path.read_bytes()
    assert structure.original_name == path.name
    assert Structure.from_text(structure.to_mmcif()) == structure


@NEEDED
@pytest.mark.parametrize("path", [path for path in ODD if ".bcif" not in path.name], ids=lambda path: path.name)
def test_odd_file_reads_as_gemmi_reads_it_or_is_refused_by_name(path: Path, tmp_path: Path) -> None:
    if path.name not in GEMMI_REFUSES and oracle.n_atoms(oracle.read(path, tmp_path)) == 0:
        with pytest.raises(ValidationError, match=re.escape(path.name)):
            Structure.from_file(path)
        return
    structure = Structure.from_file(path)
    assert structure.original == path.read_bytes()
    again = Structure.from_text(structure.to_mmcif())
    # mmCIF tells models apart by number, so models that share one are numbered anew.
    shared_numbers = len(set(structure.model_numbers)) < structure.n_models
    assert again.model_numbers == list(range(1, 1 + structure.n_models)) if shared_numbers else again == structure
    if path.name in GEMMI_REFUSES:
        with pytest.raises((RuntimeError, ValueError), match=GEMMI_REFUSES[path.name]):
            oracle.read(path, tmp_path)
        assert structure.n_atoms == path.read_bytes().count(b"\nATOM") // structure.n_models
    else:
        assert_equal_to_gemmi(structure, path, tmp_path)


@NEEDED
@pytest.mark.parametrize("path", [path for path in ODD if ".bcif" in path.name], ids=lambda path: path.name)
def test_binary_cif_reads_as_biotite_reads_it(path: Path) -> None:
    structure = Structure.from_file(path)
    rows = oracle.binary_cif(path)
    # Biotite keeps file order; a residue that the file comes back to is one run of atoms here.
    order = rows.pop("order")
    for name, expected in rows.items():
        np.testing.assert_array_equal(getattr(structure, name), expected[order], err_msg=name)
    assert structure.original == path.read_bytes()


@NEEDED
@pytest.mark.parametrize("path", [path for path in PLAIN if path.suffix == ".pdb"][::8], ids=lambda path: path.name)
def test_columns_survive_gemmi_biotite_and_pdb_text(path: Path) -> None:
    structure = Structure.from_file(path, plddt_scale=None)
    by_gemmi = Structure.from_gemmi(structure.to_gemmi(merge_chain_parts=False))
    for name in set(oracle.COLUMNS) - set(oracle.LABELS):
        np.testing.assert_array_equal(getattr(by_gemmi, name), getattr(structure, name), err_msg=name)
    by_biotite = Structure.from_biotite(structure.to_biotite(), plddt_scale=None)
    for name in oracle.COLUMNS:
        np.testing.assert_array_equal(getattr(by_biotite, name), getattr(structure, name), err_msg=name)
    assert Structure.from_text(structure.to_pdb(), plddt_scale=None) == structure
