"""Tags, differences between moments, cleanup, and `keep_versions`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import (
    ConflictError,
    PredictionNotFoundError,
    ProteusError,
    QueryError,
    StorageError,
    ValidationError,
)

from .base import Base, folded

__all__ = ["Past"]


def write(db: DatabaseManager, prediction_id: str, *notes: int) -> list[datetime]:
    """A version for each note; the moments at which they were current."""
    moments = []
    for note in notes:
        db.store_prediction("MKT", None, {"note": note}, prediction_id=prediction_id, on_conflict="replace")
        moments.append(db.get_prediction(prediction_id).updated_at)
    return moments


def versions(db: DatabaseManager, prediction_id: str) -> list[int]:
    return [entry.version for entry in db.history(prediction_id)]


def seen(db: DatabaseManager, prediction_id: str, as_of: Any) -> int | None:
    try:
        note: int = db.get_prediction(prediction_id, as_of=as_of).metadata["note"]
        return note
    except PredictionNotFoundError:
        return None


def raced(db: DatabaseManager, step: str, meanwhile: Callable[[], Any]) -> None:
    """A transaction in which another thread writes before the exit."""
    with db.transaction():
        if step == "replace":
            write(db, "p", 2)
        else:
            db.delete_prediction("p", purge=step == "purge")
        if step == "store again":
            db.store_prediction("MKV", None, prediction_id="p")
        thread = threading.Thread(target=meanwhile)
        thread.start()
        thread.join()


class Past(Base):
    """What was is found by name and time, and goes when it is told to."""

    @pytest.fixture(autouse=True)
    def _has_a_past(self, request: pytest.FixtureRequest, db: DatabaseManager) -> None:
        # A class that inherits every group has this fixture for the tests of all of them.
        mine = request.function.__qualname__.startswith("Past.")
        if mine and not db._session.backend.capabilities.past:
            pytest.skip(f"the {db._session.backend.capabilities.name} back end keeps no tags and cleans nothing up")

    # --- tags ---------------------------------------------------------------------------------------------------------

    def test_a_tag_stands_for_its_moment_wherever_a_time_may(self, db: DatabaseManager) -> None:
        write(db, "p", 1)
        made = db.tag("before")
        write(db, "p", 2)
        write(db, "q", 1)
        assert [tag.name for tag in db.tags()] == ["before"]
        assert (db.tags()[0], made.moment <= made.created_at) == (made, True)
        assert db.get_prediction("p", as_of="before").metadata["note"] == 1
        assert db.query_ids(as_of="before") == ["p"]
        assert db.query_predictions({"as_of": "before"}).total == 1
        assert (db.count(as_of="before"), db.count(as_of=made.moment)) == (1, 1)
        assert [p.prediction_id for p in db.iter_predictions(as_of="before")] == ["p"]
        assert db.explain(as_of="before")["matched"] == 1
        assert len(db.best("metadata.note", "sequence", as_of="before")) == 1

    def test_a_tag_names_what_has_passed_too(self, db: DatabaseManager) -> None:
        first, _ = write(db, "p", 1, 2)
        assert db.tag("first", as_of=first).moment == first
        assert seen(db, "p", "first") == 1
        db.tag("again", as_of="first")
        assert [tag.moment for tag in db.tags()] == [first, first]

    @pytest.mark.parametrize("name", ["", "2024-01-01", "yesterday", "3 days ago", " x", "x\0", "x" * 256, 7, None])
    def test_a_name_that_is_none_is_refused(self, db: DatabaseManager, name: Any) -> None:
        with pytest.raises(ValidationError, match="tag"):
            db.tag(name)
        assert db.tags() == []

    def test_a_moment_to_come_is_refused(self, db: DatabaseManager) -> None:
        with pytest.raises(ValidationError, match="still to come"):
            db.tag("later", as_of=datetime.now(UTC) + timedelta(days=1))

    def test_a_name_is_given_once(self, db: DatabaseManager) -> None:
        db.tag("one")
        with pytest.raises(ConflictError, match="one"):
            db.tag("one")
        db.drop_tag("one")
        with pytest.raises(QueryError, match="none"):
            db.drop_tag("one")
        db.tag("one")

    def test_what_is_neither_tag_nor_time_is_told_with_the_tags(self, db: DatabaseManager) -> None:
        write(db, "p", 1)
        db.tag("known")
        with pytest.raises(QueryError, match="known"):
            db.get_prediction("p", as_of="unknown")
        with pytest.raises(QueryError, match="as_of"):
            db.query_ids(as_of="unknown")
        with pytest.raises(QueryError, match="known"):
            db.diff("unknown")

    def test_transactions_have_no_tags(self, db: DatabaseManager) -> None:
        for call in (lambda: db.tag("x"), lambda: db.diff(None), lambda: db.cleanup(keep_versions=1)):
            with pytest.raises(QueryError, match="inside transaction"), db.transaction():
                call()

    # --- differences --------------------------------------------------------------------------------------------------

    def test_differences_are_told_by_id_with_what_changed(self, db: DatabaseManager) -> None:
        db.store_prediction(**folded(), prediction_id="changed", arrays={"x": np.arange(3)})
        for name in ("gone", "same", "reverted"):
            write(db, name, 1)
        db.tag("a")
        db.update_prediction("changed", {"metadata": {"note": 2}, "seed": 4, "arrays": {"x": np.arange(4)}})
        db.delete_prediction("gone")
        write(db, "added", 1)
        write(db, "reverted", 2)
        db.revert("reverted", 1)
        db.tag("b")
        write(db, "later", 1)
        found = list(db.diff("a", "b"))
        assert [(one.prediction_id, one.kind, one.before, one.after) for one in found] == [
            ("added", "added", None, 1),
            ("changed", "changed", 1, 2),
            ("gone", "removed", 1, None),
        ]
        assert sorted(found[1].changed) == ["arrays.x", "metadata.note", "seed"]
        back = [(one.prediction_id, one.kind) for one in db.diff("b", "a")]
        assert back == [("added", "removed"), ("changed", "changed"), ("gone", "added")]
        assert [one.prediction_id for one in db.diff("b")] == ["later"]
        assert list(db.diff(None)) == []

    def test_many_differences_come_in_steps(self, db: DatabaseManager) -> None:
        db.tag("empty")
        db.store_predictions({"sequence": "MKT", "structure": None, "prediction_id": f"{n:04d}"} for n in range(600))
        assert [one.prediction_id for one in db.diff("empty", None)] == [f"{n:04d}" for n in range(600)]

    # --- cleanup ------------------------------------------------------------------------------------------------------

    def test_old_versions_go_and_the_rest_answers_as_before(self, db: DatabaseManager) -> None:
        moments = write(db, "p", 1, 2, 3, 4)
        said = db.cleanup(older_than=moments[2], dry_run=True)
        assert (said.dry_run, said.versions, said.predictions, versions(db, "p")) == (True, 2, 0, [1, 2, 3, 4])
        done = db.cleanup(older_than=moments[2])
        assert (done.versions, done.predictions, done.refused) == (2, 0, None)
        assert versions(db, "p") == [3, 4]
        assert [seen(db, "p", moment) for moment in moments] == [None, None, 3, 4]
        assert db.history("p")[0].changed == ("cleaned up",)
        with pytest.raises(PredictionNotFoundError, match=r"cleaned up; versions 3, 4 are left"):
            db.get_prediction("p", version=1)
        assert db.update_prediction("p", {"seed": 1}) == 5
        assert db.verify_integrity().ok

    def test_the_newest_versions_are_kept(self, db: DatabaseManager) -> None:
        write(db, "p", 1, 2, 3)
        write(db, "q", 1)
        assert db.cleanup(keep_versions=2).versions == 1
        assert (versions(db, "p"), versions(db, "q")) == ([2, 3], [1])
        assert db.cleanup(keep_versions=2).versions == 0

    def test_two_limits_must_both_let_a_version_go(self, db: DatabaseManager) -> None:
        moments = write(db, "p", 1, 2, 3, 4)
        assert db.cleanup(older_than=moments[1], keep_versions=2).versions == 1
        assert versions(db, "p") == [2, 3, 4]

    def test_a_tagged_moment_keeps_what_it_saw_and_no_moment_sees_anything_else(self, db: DatabaseManager) -> None:
        moments = write(db, "p", 1, 2)
        db.tag("kept")
        moments += write(db, "p", 3, 4, 5)
        db.cleanup(keep_versions=1)
        assert versions(db, "p") == [2, 5]
        assert [seen(db, "p", moment) for moment in moments] == [None, 2, None, None, 5]
        assert (seen(db, "p", "kept"), db.query_ids(as_of="kept"), db.query_ids(as_of=moments[2])) == (2, ["p"], [])
        assert db.history("p")[1].changed == ("metadata.note",)
        assert db.verify_integrity().ok
        db.drop_tag("kept")
        assert db.cleanup(keep_versions=1).versions == 1
        assert [seen(db, "p", moment) for moment in moments] == [None, None, None, None, 5]

    def test_a_deletion_goes_with_what_it_deleted(self, db: DatabaseManager) -> None:
        write(db, "p", 1, 2)
        write(db, "q", 1)
        db.delete_prediction("p")
        moment = db.history("p")[-1].updated_at
        assert db.cleanup(older_than=moment - timedelta(microseconds=1)).deletions == 0
        done = db.cleanup(older_than=moment)
        assert (done.deletions, done.predictions, done.versions) == (1, 0, 2)
        with pytest.raises(PredictionNotFoundError):
            db.history("p")
        write(db, "p", 9)
        assert (versions(db, "p"), db.query_ids()) == ([1], ["p", "q"])

    def test_predictions_go_by_what_they_are(self, db: DatabaseManager) -> None:
        for name, confidence in (("low", 0.2), ("high", 0.9), ("none", None)):
            metadata = {} if confidence is None else {"confidence": confidence}
            db.store_prediction("MKT", None, metadata, prediction_id=name, job=name)
        assert db.cleanup(min_confidence=0.5, where="job == 'high'").predictions == 0
        assert db.cleanup(min_confidence=0.2).predictions == 0
        report = db.cleanup(min_confidence=0.5)
        assert (report.ids, report.versions) == (["low"], 1)
        assert db.cleanup(where="job == 'none' or job == 'low'").ids == ["none"]
        assert db.query_ids() == ["high"]
        with pytest.raises(PredictionNotFoundError):
            db.history("low")

    def test_older_than_spares_predictions_that_were_written_since(self, db: DatabaseManager) -> None:
        (then,) = write(db, "old", 1)
        write(db, "new", 1)
        report = db.cleanup(older_than=then, where="metadata.note == 1")
        assert (report.ids, db.query_ids()) == (["old"], ["new"])

    def test_a_removed_prediction_stays_at_tagged_moments(self, db: DatabaseManager) -> None:
        write(db, "p", 1, 2)
        db.tag("kept")
        write(db, "p", 3)
        write(db, "q", 1)
        report = db.cleanup(where="id == 'p'")
        assert (report.ids, report.versions) == (["p"], 2)
        assert (db.query_ids(), db.query_ids(as_of="kept"), versions(db, "p")) == (["q"], ["p"], [2, 4])
        assert db.revert("p", 2) == 5
        assert db.verify_integrity().ok

    def test_the_oldest_predictions_go_until_the_rest_fits(self, db: DatabaseManager) -> None:
        for day in (3, 1, 2):
            db.store_prediction("MKT", None, prediction_id=f"day{day}", created_at=f"2024-01-0{day}")
        assert db.cleanup(max_bytes=1 << 40).predictions == 0
        assert db.cleanup(max_bytes=0, where="created_at < '2024-01-03'").ids == ["day1", "day2"]
        assert db.query_ids() == ["day3"]

    def test_what_empties_the_database_is_refused_without_force(self, db: DatabaseManager) -> None:
        write(db, "p", 1)
        write(db, "q", 1)
        with pytest.raises(ValidationError, match=r"2 of 2 predictions.*force=True"):
            db.cleanup(where="length > 0")
        told = db.cleanup(where="length > 0", dry_run=True)
        assert told.refused is not None
        assert (told.predictions, db.count()) == (2, 2)
        assert db.cleanup(where="length > 0", force=True).ids == ["p", "q"]
        assert (db.count(), db.verify_integrity().ok) == (0, True)

    def test_analyses_go_with_their_predictions_by_force_only(self, db: DatabaseManager) -> None:
        for name in ("p", "q", "r"):
            write(db, name, 1, 2)
        db.store_analysis("p", {"rmsd": 1.0})
        with pytest.raises(ValidationError, match=r"1 of the 2 predictions.*'p'.*force=True"):
            db.cleanup(where="id in ['p', 'q']")
        assert (db.count(), len(list(db.list_analyses()))) == (3, 1)
        assert db.cleanup(keep_versions=1).versions == 3, "an analysis does not hold old versions"
        report = db.cleanup(where="id in ['p', 'q']", force=True)
        assert (report.ids, report.analyses, list(db.list_analyses())) == (["p", "q"], 1, [])
        assert db.verify_integrity().ok

    @pytest.mark.parametrize(
        "rules",
        [
            {},
            {"keep_versions": 0},
            {"keep_versions": 1.5},
            {"min_confidence": 80},
            {"min_confidence": "low"},
            {"where": "length >"},
            {"where": "length > 1) or (length < 5"},
            {"max_bytes": -1},
            {"max_bytes": 1.5},
            {"older_than": "some day"},
            {"older_than": 5},
            {"keep_versions": 1, "dry_run": 1},
            {"keep_versions": 1, "force": "yes"},
        ],
        ids=str,
    )
    def test_a_wrong_rule_is_named_and_nothing_goes(self, db: DatabaseManager, rules: dict[str, Any]) -> None:
        write(db, "p", 1, 2)
        with pytest.raises((ValidationError, QueryError), match=list(rules or ["no rule"])[-1]):
            db.cleanup(**rules)
        assert versions(db, "p") == [1, 2]

    # --- keep_versions ------------------------------------------------------------------------------------------------

    def test_a_manager_keeps_so_many_versions_of_what_it_writes(self, db: DatabaseManager) -> None:
        write(db, "p", 1, 2, 3)
        keeper = DatabaseManager._on(db._session.backend, keep_versions=2)
        assert versions(db, "p") == [1, 2, 3]
        keeper.update_prediction("p", {"seed": 1})
        assert versions(db, "p") == [3, 4]
        db.tag("kept")
        with keeper.transaction():
            for seed in (2, 3, 4):
                keeper.update_prediction("p", {"seed": seed})
        assert versions(db, "p") == [4, 6, 7]
        keeper.store_predictions(
            [{"sequence": "MKV", "structure": None, "prediction_id": "p", "on_conflict": "replace"}]
        )
        assert versions(db, "p") == [4, 7, 8]
        assert keeper.revert("p", 4) == 9
        keeper.delete_prediction("p")
        assert (versions(db, "p"), db.query_ids()) == ([4, 9, 10], [])
        assert db.verify_integrity().ok

    @pytest.mark.parametrize("wrong", [0, -1, 1.5, "two", True])
    def test_a_wrong_number_of_versions_is_refused(self, db: DatabaseManager, wrong: Any) -> None:
        with pytest.raises(ValidationError, match="keep_versions"):
            DatabaseManager._on(db._session.backend, keep_versions=wrong)

    # --- versions that are expected -----------------------------------------------------------------------------------

    def test_a_delete_is_guarded_by_the_version_it_expects(self, db: DatabaseManager) -> None:
        write(db, "p", 1, 2)
        with pytest.raises(ConflictError, match="2"):
            db.delete_prediction("p", expected_version=1)
        with pytest.raises(ValidationError, match="expected_version"):
            db.delete_prediction("p", expected_version=0)
        db.delete_prediction("p", expected_version=2)
        assert db.query_ids() == []

    @pytest.mark.parametrize("step", ["delete", "replace", "purge", "store again"])
    def test_a_transaction_is_refused_where_another_wrote_meanwhile(self, db: DatabaseManager, step: str) -> None:
        write(db, "p", 1)
        other = DatabaseManager._on(db._session.backend)
        with pytest.raises(ConflictError, match="p"):
            raced(db, step, lambda: other.update_prediction("p", {"seed": 7}))
        assert (db.get_prediction("p").seed, versions(db, "p")) == (7, [1, 2])

    # --- after closing ------------------------------------------------------------------------------------------------

    def test_tags_and_gaps_outlive_the_manager(self, db: DatabaseManager, tmp_path: Path) -> None:
        write(db, "p", 1, 2)
        db.tag("kept")
        moments = write(db, "p", 3, 4)
        db.cleanup(keep_versions=1)
        again = self.reopened(db, tmp_path)
        try:
            assert ([tag.name for tag in again.tags()], versions(again, "p")) == (["kept"], [2, 4])
            assert [seen(again, "p", moment) for moment in moments] == [None, 4]
        finally:
            again.close()

    def test_reading_alone_changes_nothing_of_the_past(self, db: DatabaseManager) -> None:
        write(db, "p", 1, 2)
        reader = DatabaseManager._on(db._session.backend, read_only=True)
        assert reader.cleanup(keep_versions=1, dry_run=True).versions == 1
        calls: list[Any] = [
            lambda: reader.tag("x"),
            lambda: reader.drop_tag("x"),
            lambda: reader.cleanup(keep_versions=1),
        ]
        for call in calls:
            with pytest.raises((StorageError, ProteusError), match="read_only"):
                call()
