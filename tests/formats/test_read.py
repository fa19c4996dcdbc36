"""Files and texts with one oddity each: read as gemmi reads them, or refused with file, line and reason."""

import bz2
import gzip
import lzma
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from formats import made, oracle
from proteusdb.errors import ValidationError
from proteusdb.structure import Structure

ORIGIN = (0.0, 0.0, 0.0)


def line(name: str = "CA", residue: str = "ALA", number: int = 1, **odd: Any) -> str:
    return made.atom(1, name, residue, odd.pop("chain", "A"), number, odd.pop("xyz", ORIGIN), **odd)


ODD_PDB = {
    "no END, no newline": line(),
    "carriage returns": line() + "\r\n" + line("N", number=2) + "\r\n",
    "starred serial": line().replace("    1 ", "***** ", 1),
    "hybrid-36 serial": line().replace("    1 ", "A0000 ", 1),
    "hybrid-36 residue number": line().replace("A   1 ", "AA000 ", 1),
    "negative number with insertion code": line(number=-12, icode="C"),
    "two-letter chain": line(chain="AB"),
    "blank chain": line(chain=" "),
    "calcium ion": line("CA", "CA", record="HETATM", element="CA").replace("  CA ", " CA  ", 1),
    "old hydrogen name": line("1HB", element="H"),
    "four-letter name": line("HG11", element="H"),
    "alternate locations": line(altloc="A") + "\n" + line(altloc="B", xyz=(1.0, 0.0, 0.0)),
    "charge": line("ZN", "ZN", record="HETATM", element="ZN") + "2+",
    "segment": line(tail="  1.00 90.00      SEGA"),
    "no element": line()[:66],
    "blank occupancy and B": line(tail="            "),
    "models": "\n".join(["MODEL        1", line(), "ENDMDL", "MODEL        7", line(xyz=(1.0, 2.0, 3.0)), "ENDMDL"]),
    "dna": "\n".join([line("P", " DA"), line("C1'", " DA"), line("P", " DG", 2), line("C1'", " DG", 2)]),
    "remarks in front": "REMARK 220 anything\nCRYST1 this is ignored by us\n"[:20] + "\n" + line(),
    "wrong CONECT": line() + "\nCONECT    1 9999\nCONECT\n",
    "lower case": line().replace("ATOM", "atom"),
}

CIF_HEAD = "data_x\nloop_\n" + "".join(
    f"_atom_site.{item}\n"
    for item in "group_PDB id type_symbol label_atom_id label_comp_id label_asym_id label_seq_id "
    "Cartn_x Cartn_y Cartn_z auth_seq_id auth_asym_id B_iso_or_equiv occupancy label_alt_id pdbx_PDB_model_num".split()
)
CIF_ROW = "ATOM 1 C CA ALA A 1 0.5 1.25 -3 7 H 90.00 1 . 1\n"
ODD_CIF = {
    "plain": CIF_HEAD + CIF_ROW,
    "comments and blank lines": "# made\n\n" + CIF_HEAD + "# rows\n" + CIF_ROW + "#\n",
    "quoted names": CIF_HEAD + CIF_ROW.replace(" CA ", ' "O5\'" ').replace(" C ", " O "),
    "exponent": CIF_HEAD + CIF_ROW.replace("1.25", "1.25e-1"),
    "uncertainty": CIF_HEAD + CIF_ROW.replace("1.25", "1.25(3)"),
    "no value": CIF_HEAD + CIF_ROW.replace(" 90.00 1 ", " ? . "),
    "text field": CIF_HEAD + CIF_ROW.replace(" CA ", "\n;CA\n;\n"),
    "long chain names": CIF_HEAD + CIF_ROW.replace(" H ", " Heavy-1 "),
    "categories around": "data_x\n_cell.length_a 1\n" + (CIF_HEAD + CIF_ROW)[7:] + "_exptl.method 'X-RAY'\n",
    "carriage returns": (CIF_HEAD + CIF_ROW).replace("\n", "\r\n"),
}


def expect_as_gemmi(text: str, gem: gemmi.Structure) -> None:
    structure = Structure.from_text(text)
    assert structure.n_models == len(gem)
    skipped = () if oracle.has_labels(gem) else oracle.LABELS
    for index, model in enumerate(gem):
        expected = oracle.columns(model)
        for name in oracle.COLUMNS:
            if name not in skipped:
                np.testing.assert_array_equal(getattr(structure.model(index), name), expected[name], err_msg=name)


@pytest.mark.parametrize("text", ODD_PDB.values(), ids=ODD_PDB.keys())
def test_an_odd_pdb_text_reads_as_gemmi_reads_it(text: str) -> None:
    expect_as_gemmi(text, gemmi.read_pdb_string(text))


@pytest.mark.parametrize("text", ODD_CIF.values(), ids=ODD_CIF.keys())
def test_an_odd_mmcif_text_reads_as_gemmi_reads_it(text: str) -> None:
    gem = gemmi.make_structure_from_block(gemmi.cif.read_string(text).sole_block())
    expect_as_gemmi(text, gem)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_is_read_and_its_original_stays_compressed(compress: Any, tmp_path: Path) -> None:
    packed = compress(made.peptide().encode())
    path = tmp_path / "wrong-suffix.txt"
    path.write_bytes(packed)
    structure = Structure.from_file(path)
    assert structure == Structure.from_text(made.peptide())
    assert (structure.original, structure.original_name) == (packed, "wrong-suffix.txt")
    assert Structure.from_file(str(path), format="pdb") == structure


def test_a_line_that_ends_after_the_coordinates_has_the_defaults_of_gemmi() -> None:
    with pytest.raises(RuntimeError, match="too short"):
        gemmi.read_pdb_string(line()[:54])
    structure = Structure.from_text(line()[:54])
    assert (structure.occupancy[0], structure.b_factor[0], structure.element[0]) == (1, 20, "C")


def test_text_is_its_own_original() -> None:
    text = made.peptide()
    structure = Structure.from_text(text)
    assert (structure.original, structure.original_name) == (text.encode(), "structure.pdb")
    assert Structure.from_text(structure.to_mmcif()).original_name == "structure.cif"


def test_an_original_of_the_database_is_fetched_once_and_when_asked_for() -> None:
    calls: list[int] = []

    def fetch() -> bytes:
        calls.append(1)
        return b"the file"

    structure = Structure(Structure.from_text(made.peptide()).core, original=fetch, original_name="a.pdb")
    assert not calls
    assert (structure.original, structure.original, len(calls)) == (b"the file", b"the file", 1)


def test_the_file_says_who_made_it_and_so_whether_b_is_plddt() -> None:
    software = "data_x\n_software.name AlphaFold\n_software.version 2.3\n" + (CIF_HEAD + CIF_ROW)[7:]
    structure = Structure.from_text(software)
    assert structure.entry["software"] == [("AlphaFold", "2.3")]
    np.testing.assert_array_equal(structure.plddt, np.float32([90]))
    assert Structure.from_text(software, plddt_scale=None).plddt is None
    assert Structure.from_text(CIF_HEAD + CIF_ROW).plddt is None, "a temperature, for all we know"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (line().replace("   0.000", "     abc", 1), "line 1: "),
        (line() + "\n" + line().replace("   0.000", "     nan", 1), "line 2: "),
        (CIF_HEAD + CIF_ROW.replace("1.25", "abc"), "line 19: "),
        (CIF_HEAD + "ATOM 1 C\n", "_atom_site"),
        ("data_x\n_cell.length_a 1\n", "no _atom_site category"),
        ("HEADER    NOTHING\nEND\n", "no atoms: at least one ATOM or HETATM is needed"),
        (b"", "empty: no structure"),
        (b"\x80\x04\x95pickle", "a Python pickle, which is never read"),
        (b'{"plddt": [1]}', "a JSON file"),
        (b"<!DOCTYPE html><html>404</html>", "an HTML or XML page"),
        (gzip.compress(made.peptide().encode(), mtime=0)[:40], "gz"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_reason(data: str | bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.pdb"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(ValidationError) as refused:
        Structure.from_file(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pdb", tmp_path):
        with pytest.raises(ValidationError, match=f"{path}: cannot be read"):
            Structure.from_file(path)
    with pytest.raises(ValidationError, match='format "xyz": no such format; allowed are pdb'):
        Structure.from_text("anything", format="xyz")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="structure text"):
        Structure.from_text(made.peptide(), format="mmcif")


def test_pdb_refuses_what_it_cannot_hold_and_names_it() -> None:
    structure = Structure.from_arrays(**made.columns(chain_id="LONG"))
    with pytest.raises(ValidationError, match="LONG"):
        structure.to_pdb()
    assert Structure.from_text(structure.to_mmcif()) == structure


def test_a_file_of_ours_keeps_the_scale_it_states_on_the_way_into_the_database(tmp_path: Path) -> None:
    from proteusdb import DatabaseManager

    given = Structure.from_text(made.peptide(), plddt_scale=100)
    path = tmp_path / "stated.cif"
    path.write_text(given.to_mmcif())
    assert Structure.from_file(path).plddt_scale == 100
    with DatabaseManager(database_path=tmp_path / "proteus.db") as database:
        (stored,) = database.load_files([path]).ids
        found = database.get_prediction(stored)
        assert found.structure == given
        assert found.confidence == pytest.approx(0.9)
        assert found.structure.original == path.read_bytes()
