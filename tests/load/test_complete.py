"""A structure file that was cut off is told from a whole one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import need, structure_files
from proteusdb import _core
from proteusdb.core.complete import cut_short
from proteusdb.core.recognise import recognise
from proteusdb.testing.synthetic import LAYOUTS, write_layout
from roads.made import mmcif, pdb

PDB = pdb("MKVLLAGWMKVLLAGW").encode()
MODELS = b"MODEL        1\n" + PDB.replace(b"END\n", b"ENDMDL\nEND\n")
CIF = ("#\n" + mmcif("MKVLLAGWMKVLLAGW").replace("loop_", "#\nloop_")).encode()
ATOM = PDB.index(b"\n") + 1


@given(st.integers(7, len(PDB) - 6))
def test_a_predictors_pdb_that_is_cut_anywhere(at: int) -> None:
    assert cut_short(PDB[:at], known=True) is not None
    assert cut_short(MODELS[: at + 16], known=True) is not None


@given(st.integers(2 * ATOM + 7, len(PDB) - len(b"TER\nEND\n") - 1))
def test_any_pdb_that_is_cut_within_a_line(at: int) -> None:
    whole_lines = PDB[at - 1 : at] == b"\n" or not PDB[at : PDB.index(b"\n", at)].strip()
    assert (cut_short(PDB[:at]) is None) == whole_lines or PDB[:at].rpartition(b"\n")[2][:6] != b"ATOM  "


@given(st.integers(0, 1000))
def test_an_mmcif_that_is_cut_within_a_line(share: int) -> None:
    at = CIF.index(b"ATOM") + 40 + share * (len(CIF) - CIF.index(b"ATOM") - 42) // 1000
    cut = CIF[:at]
    assert cut.endswith(b"\n") or cut_short(cut) is not None
    assert cut_short(cut, known=True) is not None


@pytest.mark.parametrize("data", [PDB, MODELS, CIF, PDB.replace(b"END\n", b""), CIF.replace(b"#", b"").rstrip()])
def test_whole_files_are_whole(data: bytes) -> None:
    assert cut_short(data) is None


def test_what_layouts_write_is_whole(tmp_path: Path) -> None:
    for tool in LAYOUTS:
        for one in write_layout(tmp_path, tool):
            assert cut_short(one.structure.read_bytes(), known=True) is None


def test_real_files_are_whole() -> None:
    need()
    for path in structure_files("predictions", "training"):
        plain = _core.decompress(path.read_bytes(), name=path.name)
        assert cut_short(plain) is None, path.name
        if recognise(path) is not None:
            assert cut_short(plain, known=True) is None, path.name
