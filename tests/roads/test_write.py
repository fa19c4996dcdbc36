"""Storing one prediction and many."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager, Structure
from proteusdb.errors import ConflictError, ValidationError
from roads.made import mmcif, pdb, write


def test_what_goes_in_comes_out(db: DatabaseManager) -> None:
    pae = np.random.default_rng(1).random((5, 5)).astype(np.float32)
    prediction_id = db.store_prediction(
        "MLSKK",
        pdb("MLSKK"),
        {"organism": "E. coli", "scores": {"ptm": 0.5}, "when": datetime(2024, 3, 1, tzinfo=UTC)},
        prediction_id="first",
        model="esmfold",
        job="run 7",
        seed=3,
        sample=1,
        rank=2,
        arrays={"pae": pae},
        created_at=datetime(2024, 3, 1, 12),
    )
    got = db.get_prediction(prediction_id)
    assert (got.prediction_id, got.version, got.sequence, got.chain_types) == ("first", 1, "MLSKK", ["protein"])
    assert got.metadata == {
        "organism": "E. coli",
        "scores": {"ptm": 0.5},
        "when": datetime(2024, 3, 1, tzinfo=UTC),
    }
    assert (got.model, got.model_version, got.job, got.seed, got.sample, got.rank) == (
        "esmfold",
        None,
        "run 7",
        3,
        1,
        2,
    )
    assert got.model_id == db.list_models()[0]["model_id"]
    assert got.confidence == pytest.approx(0.9)
    assert got.created_at == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert got.updated_at.tzinfo is UTC
    assert np.array_equal(got.arrays["pae"], pae)
    assert got.arrays["pae"].dtype == np.float32
    structure = got.structure
    assert structure is not None
    assert structure == Structure.from_text(pdb("MLSKK"), plddt_scale=100)
    assert structure.original == pdb("MLSKK").encode()
    assert dict(got.originals) == {"structure.pdb": pdb("MLSKK").encode()}
    assert set(got.to_dict()) >= {"prediction_id", "structure", "arrays", "confidence", "model"}


def test_a_structure_may_come_in_any_shape(db: DatabaseManager, tmp_path: Path) -> None:
    text = pdb("MKV")
    file = write(tmp_path, "model.pdb", text)
    shapes: list[Any] = [text, text.encode(), file, str(file), Structure.from_file(file), mmcif("MKV")]
    for shape in shapes:
        stored = db.get_prediction(db.store_prediction("MKV", shape)).structure
        assert stored is not None
        assert stored.n_atoms == 3
    assert db.get_prediction(db.store_prediction("MKV", None)).structure is None
    assert db.get_prediction(db.store_prediction(None, file)).sequence == "MKV"
    assert list(db.get_prediction(db.store_prediction(None, file)).originals) == ["model.pdb"]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (datetime(2024, 3, 1, 12), datetime(2024, 3, 1, 12, tzinfo=UTC)),
        (date(2024, 3, 1), datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-03-01T12:00:00+02:00", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("1969-12-31T23:59:59.999999", datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_moments_are_kept_to_the_microsecond(db: DatabaseManager, given: Any, stored: datetime) -> None:
    assert db.get_prediction(db.store_prediction("MKV", None, created_at=given)).created_at == stored


def test_a_taken_id_fails_is_skipped_or_gets_a_new_version(db: DatabaseManager) -> None:
    db.store_prediction("MKV", None, {"n": 1}, prediction_id="a")
    with pytest.raises(ConflictError, match="a"):
        db.store_prediction("MKV", None, {"n": 2}, prediction_id="a")
    assert db.store_prediction("MKV", None, {"n": 3}, prediction_id="a", on_conflict="skip") == "a"
    assert db.get_prediction("a").metadata == {"n": 1}
    db.store_prediction("MKV", None, {"n": 4}, prediction_id="a", on_conflict="replace")
    assert (db.get_prediction("a").version, db.get_prediction("a").metadata) == (2, {"n": 4})


def records(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"sequence": "MKV", "structure": pdb("MKV", x=number % 50), "prediction_id": f"r{number:04d}"}


def test_records_stream_in_batches_and_in_order(db: DatabaseManager) -> None:
    seen: list[tuple[int, int | None]] = []
    report = db.store_predictions(records(250), batch_size=100, progress=lambda done, total: seen.append((done, total)))
    assert report.ids == [f"r{number:04d}" for number in range(250)]
    assert (report.stored, report.residues, report.ok) == (250, 750, True)
    assert seen == [(100, None), (200, None), (250, None)]
    assert report.bytes == sum(len(record["structure"]) + 3 for record in records(250))
    assert "250 stored" in repr(report)


def test_the_iterable_is_read_no_further_than_needed(db: DatabaseManager) -> None:
    taken = 0

    def endless() -> Iterator[dict[str, Any]]:
        nonlocal taken
        while True:
            taken += 1
            yield {"sequence": "MKV", "structure": None} if taken != 25 else {"sequence": "M*", "structure": None}

    with pytest.raises(ValidationError):
        db.store_predictions(endless(), batch_size=10)
    assert taken <= 50, "two batches ahead at most"


def test_a_bad_record_undoes_its_batch_and_no_other(db: DatabaseManager) -> None:
    several = [*records(25)]
    several[14] = {"sequence": "M1", "structure": None, "prediction_id": "bad"}
    with pytest.raises(ValidationError, match=r"record 14 \('bad'\)") as caught:
        db.store_predictions(several, batch_size=10)
    assert "10 predictions were stored" in caught.value.__notes__[0]
    assert [prediction.prediction_id for prediction in db.iter_predictions()] == [f"r{n:04d}" for n in range(10)]


def test_a_bad_record_can_be_skipped_with_its_reason(db: DatabaseManager) -> None:
    several: list[Any] = [*records(5), {"sequense": "MKV"}, "nothing", {"sequence": "MKV", "prediction_id": "r0001"}]
    several.append({"sequence": "AAA", "structure": pdb("MKV")})
    report = db.store_predictions(several, on_error="skip")
    assert report.stored == 5
    assert [entry.name for entry in report.failed] == ["record 5", "record 6", "record 7 ('r0001')", "record 8"]
    reasons = [entry.reason for entry in report.failed]
    assert "did you mean 'sequence'" in reasons[0]
    assert "r0001" in reasons[2]
    again = db.store_predictions([{**record, "on_conflict": "skip"} for record in records(5)])
    assert (again.stored, len(again.skipped)) == (0, 5)


def test_arguments_of_a_load_are_checked_first(db: DatabaseManager) -> None:
    for wrong in ({"batch_size": 0}, {"workers": -1}, {"on_error": "ignore"}, {"progress": "yes"}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            db.store_predictions(records(3), **wrong)  # type: ignore[arg-type]
    for iterable in ({"sequence": "MKV"}, "MKV", 3):
        with pytest.raises(ValidationError, match="records"):
            db.store_predictions(iterable)  # type: ignore[arg-type]
    assert db.stats()["predictions"] == 0
