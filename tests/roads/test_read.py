"""Reading by id and in streams."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import PredictionNotFoundError, QueryError, ValidationError
from roads.made import pdb


@pytest.fixture
def filled(db: DatabaseManager) -> DatabaseManager:
    db.store_predictions(
        {
            "sequence": "MKV",
            "structure": pdb("MKV", x=number),
            "prediction_id": f"p{number:03d}",
            "arrays": {"pae": np.full((3, 3), number, np.float32)},
        }
        for number in range(100)
    )
    return db


def test_several_come_in_the_order_asked_for(filled: DatabaseManager) -> None:
    asked = ["p007", "p003", "p099", "p003"]
    assert [prediction.prediction_id for prediction in filled.get_predictions(asked)] == asked
    assert filled.get_predictions([]) == []


def test_missing_ones_are_named_up_to_five(filled: DatabaseManager) -> None:
    with pytest.raises(PredictionNotFoundError) as caught:
        filled.get_predictions(["p001", *(f"x{number}" for number in range(8))])
    assert str(caught.value) == "no predictions have the ids 'x0', 'x1', 'x2', 'x3', 'x4' and 3 more"
    with pytest.raises(PredictionNotFoundError, match="no prediction has the id 'nothing'"):
        filled.get_prediction("nothing")
    with pytest.raises(KeyError):
        filled.get_prediction("nothing")


def test_a_stream_is_whole_ordered_and_right(filled: DatabaseManager) -> None:
    for workers in (1, 3):
        seen = list(filled.iter_predictions(workers=workers))
        assert [prediction.prediction_id for prediction in seen] == [f"p{number:03d}" for number in range(100)]
        for number, prediction in enumerate(seen):
            structure = prediction.structure
            assert structure is not None
            assert structure.coords[0, 0] == pytest.approx(3.8 + number, abs=1e-3)
            assert prediction.arrays["pae"][0, 0] == number
    ids = ["p050", "p002"]
    assert [prediction.prediction_id for prediction in filled.iter_predictions(iter(ids))] == ids


@pytest.mark.parametrize("compression", ["fast", "small", False])
def test_plddt_is_that_of_the_structure_and_leaves_its_coordinates_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str | bool
) -> None:
    with DatabaseManager(database_path=tmp_path / "proteus.db", compression=compression) as db:
        for name, structure, model in [
            ("confident", pdb("MKVA", b=91.25), "esmfold"),
            ("fraction", pdb("MKVA", b=0.5), "esmfold"),
            ("unknown", pdb("MKVA", b=20.0), None),
            ("bare", None, None),
        ]:
            db.store_prediction("MKVA", structure, prediction_id=name, model=model)
        with monkeypatch.context() as patch:
            patch.setattr(db._session, "structures", lambda *_, **__: pytest.fail("a structure was decoded"))
            told = {one.prediction_id: one.plddt for one in db.iter_predictions(fields=("plddt",))}
        for name, plddt in told.items():
            structure = db.get_prediction(name).structure
            if structure is None or structure.plddt is None:
                assert plddt is None, name
            else:
                assert plddt is not None, name
                assert not plddt.flags.writeable
                np.testing.assert_array_equal(plddt, structure.plddt, strict=True)
        assert told["confident"] is not None
        with db.transaction():
            db.store_prediction("MK", pdb("MK", b=70.0), prediction_id="fresh", model="esmfold")
            np.testing.assert_array_equal(db.get_prediction("fresh").plddt, np.full(2, 70, np.float32))


def test_fields_leave_structures_untouched(filled: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a part was fetched")

    monkeypatch.setattr(filled._session, "part", refuse)
    monkeypatch.setattr(filled._session, "structures", refuse)
    assert [prediction.sequence for prediction in filled.iter_predictions(fields=("sequence", "metadata"))] == [
        "MKV"
    ] * 100
    with pytest.raises(AssertionError):
        next(filled.iter_predictions())


def test_a_structure_that_is_asked_for_again_is_remembered_and_never_an_old_one(filled: DatabaseManager) -> None:
    def hits() -> int:
        return int(filled._session.backend.stats()["structure_cache"]["hits"])

    def first_x() -> float:
        structure = filled.get_prediction("p001").structure
        assert structure is not None
        return float(structure.coords[0, 0])

    before, found = hits(), first_x()
    assert (first_x(), hits()) == (found, before + 1)
    filled.store_prediction("MKV", pdb("MKV", x=50), prediction_id="p001", on_conflict="replace")
    assert first_x() == pytest.approx(found + 49, abs=1e-3)
    assert filled.get_prediction("p001", version=1).structure == filled.get_prediction("p001", version=1).structure
    assert first_x() == pytest.approx(found + 49, abs=1e-3)


def test_what_streams_by_is_not_remembered(filled: DatabaseManager) -> None:
    assert sum(prediction.structure is not None for prediction in filled.iter_predictions()) == 100
    rates = filled._session.backend.stats()["structure_cache"]
    assert rates == {"hits": 0, "misses": 100}
    assert [one.structure is not None for one in filled.get_predictions(["p003", "p003"])] == [True, True]
    assert filled._session.backend.stats()["structure_cache"] == {"hits": 1, "misses": 101}


def test_ids_are_taken_as_they_are_needed(filled: DatabaseManager) -> None:
    taken = 0

    def ids() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield f"p{taken % 100:03d}"

    stream = filled.iter_predictions(ids(), workers=1)
    assert next(stream).prediction_id == "p001"
    assert taken <= 16 * 4
    stream.close()  # type: ignore[attr-defined]


def test_wrong_requests_fail_before_the_first_prediction(filled: DatabaseManager) -> None:
    with pytest.raises(QueryError, match=r"fields.*'struct'.*structure"):
        filled.iter_predictions(fields=("struct",))
    with pytest.raises(QueryError, match="fields"):
        filled.iter_predictions(fields="sequence")
    with pytest.raises(QueryError, match="ids and limit"):
        filled.iter_predictions(["p001"], limit=3)
    with pytest.raises(ValidationError, match="workers"):
        filled.iter_predictions(workers=0)
    with pytest.raises(PredictionNotFoundError, match="nothing"):
        list(filled.iter_predictions(["p001", "nothing"]))


def test_a_stream_survives_writes_meanwhile(filled: DatabaseManager) -> None:
    stream = filled.iter_predictions()
    assert next(stream).prediction_id == "p000"
    filled.store_predictions({"sequence": "MKV", "structure": None, "prediction_id": f"z{n}"} for n in range(200))
    assert len(list(stream)) >= 99


def test_blocks_of_an_array(db: DatabaseManager) -> None:
    pae = np.arange(30, dtype=np.float32).reshape(5, 6)
    prediction_id = db.store_prediction("MKV", None, arrays={"pae": pae, "v": np.arange(4)})
    assert np.array_equal(db.get_array(prediction_id, "pae"), pae)
    assert np.array_equal(db.get_array(prediction_id, "pae", rows=slice(1, 3)), pae[1:3])
    assert np.array_equal(db.get_array(prediction_id, "pae", (1, 3), (2, 4)), pae[1:3, 2:4])
    assert np.array_equal(db.get_array(prediction_id, "pae", cols=[0, 5]), pae[:, [0, 5]])
    assert np.array_equal(db.get_array(prediction_id, "pae", 2, (1, 3)), pae[2, 1:3])
    assert np.array_equal(db.get_array(prediction_id, "v", [1, 2]), [1, 2])
    with pytest.raises(QueryError, match="it has 'pae', 'v'"):
        db.get_array(prediction_id, "pde")
    with pytest.raises(QueryError, match="shape"):
        db.get_array(prediction_id, "pae", 9)
    with pytest.raises(QueryError, match="shape"):
        db.get_array(prediction_id, "v", cols=1)


@pytest.mark.parametrize("version", [0, -1, True, "1", 99])
def test_versions_that_are_none_are_refused(filled: DatabaseManager, version: Any) -> None:
    with pytest.raises(QueryError):
        filled.get_prediction("p001", version=version)


def test_a_manager_can_be_pickled_and_reads_on(filled: DatabaseManager) -> None:
    with pickle.loads(pickle.dumps(filled)) as other:
        assert other.get_prediction("p001").sequence == "MKV"
        assert other.url == filled.url


def test_the_past_is_told_by_date_or_from_now(db: DatabaseManager) -> None:
    name = db.store_prediction("MKV", None)
    assert db.query_ids(date_range=("1 hour ago", "now")) == [name]
    assert db.query_ids(date_range=(None, "yesterday")) == []
    assert db.get_prediction(name, as_of="now").version == 1
    for before in ("1 minute ago", "yesterday", "2024-01-01"):
        with pytest.raises(PredictionNotFoundError, match="did not exist"):
            db.get_prediction(name, as_of=before)
    with pytest.raises(QueryError, match="no date"):
        db.get_prediction(name, as_of="a while ago")
