"""The page as text, and what is drawn as numbers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from proteusdb import DatabaseManager, Structure
from proteusdb.views.drawing import drawing_of, fold_of
from proteusdb.views.matrix import LIMIT, matrix_of
from views.conftest import HOSTILE, ligand_and_gap


def helix(residues: int) -> np.ndarray:
    """CA of an ideal alpha helix."""
    turn = np.radians(100) * np.arange(residues)
    return np.stack([2.3 * np.cos(turn), 2.3 * np.sin(turn), 1.5 * np.arange(residues)], axis=1)


def strand(residues: int) -> np.ndarray:
    """CA of a flat strand."""
    return np.stack([3.3 * np.arange(residues), 0.9 * (np.arange(residues) % 2), np.zeros(residues)], axis=1)


def data_of(page: str) -> dict:  # type: ignore[type-arg]
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_folds_of_ideal_chains() -> None:
    assert fold_of(helix(12)) == "-HHHHHHHHHH-"
    assert fold_of(helix(12) * [1, 1, -1]) == "-" * 12  # left-handed
    assert fold_of(strand(9)) == "-EEEEEEE-"
    assert fold_of(strand(4)) == "----"
    assert fold_of(np.zeros((0, 3))) == ""


def test_traces_end_at_gaps_and_the_rest_is_atoms() -> None:
    drawn = drawing_of(ligand_and_gap())
    assert [trace["residues"] for trace in drawn["traces"]] == [[0, 1, 2], [3, 4, 5]]
    assert drawn["residues"]["name"] == ["ALA"] * 6 + ["CMO"]  # no water
    assert drawn["residues"]["number"] == ["1", "2", "3", "11", "12", "13", "1"]
    assert drawn["residues"]["plddt"] == [95, 85, 75, 65, 55, 45, 80]
    assert drawn["atoms"]["element"] == ["C", "O"]
    assert drawn["atoms"]["residue"] == [6, 6]
    assert drawn["atoms"]["bonds"] == [0, 1]
    step = np.diff(np.array(drawn["traces"][0]["at"]).reshape(-1, 3), axis=0)
    assert step.tolist() == [[380, 0, 0]] * 2


def test_the_drawing_goes_through_every_ca(db: DatabaseManager) -> None:
    structure = db.get_prediction("whole").structure
    assert structure is not None
    drawn = drawing_of(structure)
    at = np.concatenate([np.array(trace["at"]).reshape(-1, 3) for trace in drawn["traces"]]) / 100
    ca = structure.coords[structure.atom_name == "CA"]
    np.testing.assert_allclose(at + structure.coords.astype("f8").mean(axis=0), ca, atol=0.0051)
    assert sum(trace["residues"] != [] for trace in drawn["traces"]) >= 2


def test_no_atoms_at_all() -> None:
    text = ligand_and_gap().to_pdb().splitlines()
    water = "\n".join(line for line in text if "HOH" in line or line.startswith("END"))
    drawn = drawing_of(Structure.from_text(water, "pdb"))
    assert (drawn["traces"], drawn["atoms"]["element"], drawn["residues"]["name"]) == ([], [], [])


def test_the_matrix_is_that_of_the_prediction(db: DatabaseManager) -> None:
    import base64

    prediction = db.get_prediction("whole")
    told = data_of(prediction.to_html())["pae"]
    levels = np.frombuffer(base64.b64decode(told["data"]), np.uint8).reshape(told["side"], told["side"])
    np.testing.assert_allclose(levels / 8, np.minimum(prediction.arrays["pae"], 31.75), atol=0.0626)
    assert told["chain"] == ["A"] * 40 + ["B"] * 40
    assert told["number"] == [*map(str, range(1, 41))] * 2


def test_a_large_matrix_is_means_of_blocks(tmp_path: Path) -> None:
    size = 2 * LIMIT + 1
    pae = np.zeros((size, size), np.float32)
    pae[:3, :3] = 9.0
    pae[-1, -1] = np.nan
    with DatabaseManager(database_path=tmp_path / "large.db") as db:
        db.store_prediction("M", None, prediction_id="P", arrays={"pae": pae})
        told = matrix_of(db.get_prediction("P"))
    assert told is not None
    import base64

    levels = np.frombuffer(base64.b64decode(told["data"]), np.uint8).reshape(told["side"], told["side"])
    assert (told["step"], told["side"]) == (3, -(-size // 3))
    assert (levels[0, 0], levels[1, 1], levels[-1, -1]) == (72, 0, 255)


def test_the_page_is_one_file_and_escapes(db: DatabaseManager) -> None:
    for name in ("whole", "ligand", "bare", HOSTILE):
        page = db.get_prediction(name).to_html()
        assert re.findall(r"""(?:src|href|url\()\s*=?\s*["']?(?!#)\w+:?//""", page) == []
        assert "http" not in re.sub(r"http-equiv", "", page)
        assert "default-src 'none'" in page
        assert page.count("<script") == page.count("</script>") == 2
        assert HOSTILE not in page


@pytest.mark.parametrize("pae", [np.ones((2, 3)), np.ones(4), np.array([["a"]]), np.zeros((0, 0))])
def test_what_is_no_matrix_of_errors(db: DatabaseManager, pae: np.ndarray, tmp_path: Path) -> None:
    with DatabaseManager(database_path=tmp_path / "odd.db") as odd:
        odd.store_prediction("MK", None, prediction_id="P", arrays={"pae": pae})
        assert data_of(odd.get_prediction("P").to_html())["pae"] is None
