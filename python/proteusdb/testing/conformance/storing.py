"""What may be stored, what comes back, and what is refused."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager, Structure
from proteusdb.errors import ConflictError, ValidationError

from .base import Base, folded

__all__ = ["Storing"]

_DTYPES = "? i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 U3 S3".split()
_COLUMNS = (
    "coords atom_name element residue_name chain_id residue_number insertion_code altloc hetero charge "
    "b_factor occupancy"
).split()
_DEEP: dict[str, Any] = {"k": 1}
for _ in range(40):
    _DEEP = {"k": _DEEP}


class Storing(Base):
    """`store_prediction`, `store_predictions`, `get_prediction` and `get_predictions`."""

    def test_an_id_is_a_uuid7_unless_given(self, db: DatabaseManager) -> None:
        made = db.store_prediction("MKT", None)
        assert uuid.UUID(made).version == 7
        assert db.store_prediction("MKT", None, prediction_id="mine") == "mine"

    def test_every_field_comes_back(self, db: DatabaseManager) -> None:
        when = dt.datetime(2024, 3, 1, 12, 30, 0, 1, tzinfo=dt.UTC)
        fields: dict[str, Any] = {"job": "run 7", "seed": -3, "sample": 2, "rank": 1, "created_at": when}
        metadata = {"organism": "E. coli", "ranking_score": -12.5, "confidence": 0.75}
        key = db.store_prediction(**folded(), metadata=metadata, model="esm2", **fields)
        found = db.get_prediction(key)
        assert {name: getattr(found, name) for name in fields} == fields
        assert found.metadata == metadata
        assert (found.prediction_id, found.sequence, found.version) == (key, folded()["sequence"], 1)
        assert (found.model, found.model_version, found.chain_types) == ("esm2", None, ["protein"])
        assert (found.ranking_score, found.confidence) == (-12.5, 0.75)

    def test_every_column_of_the_structure_comes_back_exactly(self, db: DatabaseManager) -> None:
        given = folded(40, 3, 2)
        back = db.get_prediction(db.store_prediction(**given)).structure
        for column in _COLUMNS:
            stored, original = getattr(back, column), getattr(given["structure"], column)
            assert stored.dtype == original.dtype, column
            np.testing.assert_array_equal(stored, original, err_msg=column)
        assert back == given["structure"]

    def test_samples_of_a_job_come_back_whichever_goes_first(self, db: DatabaseManager) -> None:
        random = np.random.default_rng(0)
        base = np.abs(np.subtract.outer(np.arange(70), np.arange(70))) / 4 + random.integers(0, 9, (70, 70)) / 10
        matrices = [np.round(base + random.integers(0, 2, (70, 70)) / 10, 1).astype(np.float32) for _ in range(3)]
        for number, matrix in enumerate(matrices):
            db.store_prediction("MKT", None, prediction_id=str(number), job="job", arrays={"pae": matrix})
        db.delete_prediction("0", purge=True)
        db.update_prediction("1", {"metadata": {"seen": True}})
        for number in (1, 2):
            np.testing.assert_array_equal(db.get_prediction(str(number)).arrays["pae"], matrices[number])
            np.testing.assert_array_equal(db.get_array(str(number), "pae", rows=(60, 65)), matrices[number][60:65])
        assert db.verify_integrity().ok

    def test_coordinates_off_any_grid_come_back_bit_for_bit(self, db: DatabaseManager) -> None:
        random = np.random.default_rng(0)
        coords = random.normal(0, 30, (3, 3)).astype(np.float32)
        coords[0, 0] = -0.0
        structure = Structure.from_arrays(
            coords=coords,
            atom_name=["CA"] * 3,
            element=["C"] * 3,
            residue_name=["GLY"] * 3,
            chain_id=["A"] * 3,
            residue_number=[1, 2, 3],
        )
        back = db.get_prediction(db.store_prediction("GGG", structure)).structure
        assert back is not None
        assert back.coords.tobytes() == coords.tobytes()

    def test_a_row_may_lack_a_structure(self, db: DatabaseManager) -> None:
        found = db.get_prediction(db.store_prediction("acg:MKTX", None))
        assert (found.sequence, found.structure, found.confidence) == ("ACG:MKTX", None, None)

    def test_a_file_comes_back_byte_for_byte(self, db: DatabaseManager, tmp_path: Path) -> None:
        text = folded()["structure"].to_pdb().replace("\n", "\r\n") + "REMARK as found \r\n"
        file = tmp_path / "rank_1.pdb"
        file.write_bytes(text.encode())
        key = db.store_prediction(folded()["sequence"], file)
        found = db.get_prediction(key)
        assert dict(found.originals) == {"rank_1.pdb": text.encode()}
        assert found.structure is not None
        assert found.structure.original == text.encode()

    @pytest.mark.parametrize("code", _DTYPES)
    def test_arrays_of_every_dtype_come_back(self, db: DatabaseManager, code: str) -> None:
        random = np.random.default_rng(1)
        matrix = random.integers(0, 100, (5, 4)).astype(code)
        given = {"matrix": matrix, "scalar": matrix[0, 0], "empty": matrix[:0], "view": matrix.T[::2]}
        found = db.get_prediction(db.store_prediction("MKT", None, arrays=given)).arrays
        assert set(found) == set(given)
        for name, array in given.items():
            assert found[name].dtype == np.asarray(array).dtype, name
            np.testing.assert_array_equal(found[name], array, err_msg=name)

    def test_nan_and_infinity_are_allowed_in_arrays(self, db: DatabaseManager) -> None:
        given = np.array([np.nan, np.inf, -np.inf, -0.0], np.float64)
        found = db.get_prediction(db.store_prediction("MKT", None, arrays={"pae": given})).arrays["pae"]
        assert found.tobytes() == given.tobytes()

    def test_a_block_of_an_array_can_be_read_alone(self, db: DatabaseManager) -> None:
        pae = np.arange(30.0).reshape(5, 6)
        key = db.store_prediction("MKT", None, arrays={"pae": pae})
        np.testing.assert_array_equal(db.get_array(key, "pae", rows=slice(1, 3), cols=slice(2, 5)), pae[1:3, 2:5])
        np.testing.assert_array_equal(db.get_array(key, "pae"), pae)

    def test_metadata_of_every_type_come_back(self, db: DatabaseManager) -> None:
        when = dt.datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=dt.UTC)
        tree: dict[str, Any] = {
            "none": None, "yes": True, "int": 2**63 - 1, "float": 0.1, "text": "ä\U0001f9ec", "time": when,
            "list": [1, [2.5, None]], "deep": {"a": {"b": {}}}, "": "",
        }  # fmt: skip
        del tree[""]
        back = db.get_prediction(db.store_prediction("MKT", None, tree)).metadata
        assert back == tree
        assert [type(value) for value in back.values()] == [type(value) for value in tree.values()]

    def test_a_naive_datetime_is_utc(self, db: DatabaseManager) -> None:
        key = db.store_prediction("MKT", None, {"at": dt.datetime(2024, 1, 1)}, created_at=dt.datetime(2024, 1, 2))
        found = db.get_prediction(key)
        assert found.created_at == dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
        assert found.metadata["at"] == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)

    def test_times_are_aware_and_in_utc(self, db: DatabaseManager) -> None:
        before = dt.datetime.now(dt.UTC)
        found = db.get_prediction(db.store_prediction("MKT", None))
        for moment in (found.created_at, found.updated_at):
            assert moment.utcoffset() == dt.timedelta(0)
            assert before - dt.timedelta(seconds=1) <= moment <= dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)

    def test_confidence_is_the_mean_plddt_unless_given(self, db: DatabaseManager) -> None:
        given = folded()
        mean = float(given["structure"].plddt.mean(dtype=np.float64)) / 100
        found = db.get_prediction(db.store_prediction(**given))
        assert found.confidence == pytest.approx(mean, abs=1e-9)
        found = db.get_prediction(db.store_prediction(**given, metadata={"confidence": 0.5}))
        assert found.confidence == 0.5

    def test_ranking_score_never_becomes_a_confidence(self, db: DatabaseManager) -> None:
        found = db.get_prediction(db.store_prediction("MKT", None, {"ranking_score": 0.9}))
        assert (found.ranking_score, found.confidence) == (0.9, None)

    def test_the_model_may_stand_in_the_metadata(self, db: DatabaseManager) -> None:
        key = db.store_prediction("MKT", None, metadata={"model": "esm2_t33_650M_UR50D"})
        assert db.get_prediction(key).model == "esm2_t33_650M_UR50D"

    @pytest.mark.parametrize("key", ["a", "x" * 255, "ä" * 127, "a/b c:d\n", "\U0001f9ec", ".."])
    def test_ids_are_any_text_of_255_bytes(self, db: DatabaseManager, key: str) -> None:
        db.store_prediction("MKT", None, prediction_id=key)
        assert db.get_prediction(key).prediction_id == key
        assert db.query_ids() == [key]

    def test_a_taken_id_is_a_conflict_and_leaves_what_is_stored(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="a")
        with pytest.raises(ConflictError, match="a"):
            db.store_prediction("ACD", None, prediction_id="a")
        assert db.get_prediction("a").sequence == "MKT"

    def test_on_conflict_skip_keeps_and_replace_makes_a_version(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"run": 1}, prediction_id="a")
        assert db.store_prediction("ACD", None, prediction_id="a", on_conflict="skip") == "a"
        assert (db.get_prediction("a").sequence, db.get_prediction("a").version) == ("MKT", 1)
        db.store_prediction("ACD", None, prediction_id="a", on_conflict="replace")
        found = db.get_prediction("a")
        assert (found.sequence, found.version, found.metadata) == ("ACD", 2, {})

    def test_a_sequence_may_be_longer_than_the_residues_seen(self, db: DatabaseManager) -> None:
        given = folded()
        longer = "MM" + given["sequence"] + "GG"
        assert db.get_prediction(db.store_prediction(longer, given["structure"])).sequence == longer
        with_x = "X" + given["sequence"][1:]
        assert db.get_prediction(db.store_prediction(with_x, given["structure"])).sequence == with_x

    def test_check_sequence_false_stores_a_contradiction(self, db: DatabaseManager) -> None:
        structure = folded()["structure"]
        with pytest.raises(ValidationError, match="contradicts"):
            db.store_prediction("W" * 12, structure)
        key = db.store_prediction("W" * 12, structure, check_sequence=False)
        assert db.get_prediction(key).sequence == "W" * 12

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"sequence": ""}, "sequence"),
            ({"sequence": "MK-T"}, "position 3"),
            ({"sequence": "MK1"}, "sequence"),
            ({"sequence": "MK::T"}, "chain"),
            ({"prediction_id": ""}, "prediction_id"),
            ({"prediction_id": "x" * 256}, "255"),
            ({"metadata": {"x": float("nan")}}, "x"),
            ({"metadata": {"x": 2**63}}, "x"),
            ({"metadata": {"x": {1, 2}}}, "x"),
            ({"metadata": {"$x": 1}}, r"\$"),
            ({"metadata": _DEEP}, "32"),
            ({"metadata": {"confidence": 87.0}}, "0.87"),
            ({"job": ""}, "job"),
            ({"seed": 1 << 63}, "seed"),
            ({"created_at": "soon"}, "created_at"),
            ({"on_conflict": "overwrite"}, "error, skip"),
            ({"arrays": {"x": np.array([object()])}}, "x"),
            ({"structure": 12}, "structure"),
        ],
    )
    def test_wrong_data_are_named_and_leave_nothing(
        self, db: DatabaseManager, wrong: dict[str, Any], message: str
    ) -> None:
        good: dict[str, Any] = {"sequence": "MKT", "structure": None, "metadata": {"n": 1}}
        with pytest.raises(ValidationError, match=message):
            db.store_prediction(**{**good, **wrong})
        assert db.count() == 0

    def test_a_batch_reports_each_failure_and_keeps_the_rest(self, db: DatabaseManager) -> None:
        records: list[dict[str, Any]] = [
            {"sequence": "MKT", "structure": None, "prediction_id": "a"},
            {"sequence": "M-T", "structure": None, "prediction_id": "bad"},
            {"sequence": "MKT", "structure": None, "prediction_id": "a"},
            {"sequence": "ACD", "structure": None, "prediction_id": "b"},
        ]
        report = db.store_predictions(iter(records), on_error="skip")
        assert sorted(db.query_ids()) == ["a", "b"]
        assert len(report.failed) == 2
        assert {"a", "b"} <= set(report.ids)

    def test_a_batch_raises_at_the_first_failure_when_asked(self, db: DatabaseManager) -> None:
        with pytest.raises(ValidationError):
            db.store_predictions([{"sequence": "M1", "structure": None}], on_error="raise")
        assert db.count() == 0
