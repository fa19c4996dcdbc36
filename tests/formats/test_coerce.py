"""Whatever a caller calls a structure."""

import os
from pathlib import Path

import pytest

from formats import made
from proteusdb.errors import ValidationError
from proteusdb.formats.coerce import coerce, is_path
from proteusdb.structure import Structure


def test_every_way_to_give_a_structure_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = made.peptide()
    expected = Structure.from_text(text)
    path = tmp_path / "model.pdb"
    path.write_text(text)
    (tmp_path / "no_suffix").write_text(text)
    monkeypatch.chdir(tmp_path)
    ways = [
        expected,
        path,
        os.fspath(path),
        "model.pdb",
        "no_suffix",
        text,
        text.encode(),
        bytearray(text.encode()),
        memoryview(text.encode()),
        expected.to_mmcif(),
        expected.to_bcif(),
        expected.to_gemmi(),
        expected.to_gemmi()[0],
        expected.to_biotite(),
    ]
    for way in ways:
        made_of = coerce(way)
        assert made_of is not None
        assert made_of.coords.tolist() == expected.coords.tolist(), type(way)
        assert made_of.sequence == "MG", type(way)
    assert coerce(expected) is expected
    assert coerce(None) is None
    assert coerce(path).original_name == "model.pdb"  # type: ignore[union-attr]


def test_a_str_is_a_path_by_its_look_or_because_it_is_there(tmp_path: Path) -> None:
    assert is_path("ranked_0.pdb")
    assert is_path("AF-P01112-F1-model_v4.CIF.gz")
    assert is_path(str(tmp_path))
    assert not is_path("MKTAYIAK")
    assert not is_path("ATOM      1\nATOM      2.pdb")
    assert not is_path("")
    assert not is_path("x" * 100_000)
    assert not is_path("nul\0.pdb")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (42, "structure is builtins.int; accepted are a Structure, a path, PDB, mmCIF or BinaryCIF text or bytes"),
        ({"coords": []}, "structure is builtins.dict"),
        ("absent.cif", "absent.cif: cannot be read"),
        ("MKTAYIAK", "not a structure file"),
        (Path("absent"), "absent: cannot be read"),
    ],
)
def test_what_is_no_structure_is_refused_by_name(given: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        coerce(given)
