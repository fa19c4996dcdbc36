"""Backups, archives, restoring, quotas and schemas: the same calls, answers and errors wherever the data are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager, DatabaseMigrator
from proteusdb.errors import ConflictError, CorruptionError, ProteusError, StorageError, ValidationError

from ..managers import memory_manager
from .base import Base, folded

__all__ = ["Histories"]

_FIELDS = (
    "prediction_id version updated_at created_at deleted sequence chain_types model_id job seed sample rank mean_plddt "
    "metadata"
).split()


def fill(db: DatabaseManager) -> None:
    """Versions, a deletion, models, analyses, shared bytes."""
    db.store_prediction(**folded(), prediction_id="a", model="m1", metadata={"n": 1})
    db.update_prediction("a", {"metadata": {"n": 2}})
    db.store_prediction("MKT:GG", None, prediction_id="b ä", arrays={"log": np.arange(5)})
    db.store_prediction("GONE", None, prediction_id="gone")
    db.delete_prediction("gone")
    db.store_analysis("a", {"matrix": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"method": "x"})
    db.store_model("unused", "1.0", {"recycles": 3})


def change(db: DatabaseManager, number: int) -> None:
    """A little of everything that can change."""
    db.store_prediction(**folded(9, seed=number), prediction_id=f"new {number}", model="m2")
    db.update_prediction("a", {"metadata": {"n": 10 + number}})
    if number == 1:
        db.delete_prediction("b ä")
        db.store_prediction("AGAIN", None, prediction_id="gone")
        db.store_analysis("new 1", {"score": 1.5}, {})
        db.delete_model(next(model["model_id"] for model in db.list_models() if model["name"] == "unused"))
    if number == 2:
        db.delete_analysis(db.list_analyses("new 1")[0])


def seen(db: DatabaseManager) -> dict[str, Any]:
    """Every version with its bytes, every model and analysis, and some answers."""
    backend = db._session.backend
    ids = [*db.query_ids(), "gone", "b ä"]
    analyses = [backend.get_analysis(key) for key in backend.list_analyses(None)]
    return {
        "versions": {
            (key, stored.version): (
                [getattr(stored, name) for name in _FIELDS],
                {(kind, name): backend.part(stored, kind, name) for kind, name, _ in stored.parts},
            )
            for key in ids
            for stored in backend.history(key)
        },
        "models": sorted(repr(sorted(model.items())) for model in backend.list_models()),
        "analyses": [repr(sorted(found.items())) for found in analyses if found],
        "answers": [db.query_ids(sequence_pattern="*K*"), db.query_ids(model_name="m1"), db.query_ids(order_by="-id")],
    }


class Histories(Base):
    """A database is taken elsewhere and brought back, with its past."""

    @pytest.fixture(autouse=True)
    def _has_a_history(self, request: pytest.FixtureRequest, db: DatabaseManager) -> None:
        # A class that inherits every group has this fixture for the tests of all of them.
        mine = request.function.__qualname__.startswith("Histories.")
        if mine and not db._session.backend.capabilities.histories:
            pytest.skip(f"the {db._session.backend.capabilities.name} back end does not tell its history")

    # --- backup and restore -------------------------------------------------------------------------------------------

    def test_a_backup_restores_what_was_there(self, db: DatabaseManager, tmp_path: Path) -> None:
        fill(db)
        before = seen(db)
        report = db.backup(tmp_path / "full.backup")
        assert (report.kind, report.bytes) == ("full", (tmp_path / "full.backup").stat().st_size)
        change(db, 1)
        assert db.restore(tmp_path / "full.backup", overwrite=True).predictions == 2
        assert seen(db) == before
        assert db.verify_integrity().ok
        change(db, 1)
        assert db.verify_integrity().ok

    def test_a_chain_restores_what_a_full_backup_does(self, db: DatabaseManager, tmp_path: Path) -> None:
        fill(db)
        db.backup(tmp_path / "0.backup")
        for number in (1, 2):
            change(db, number)
            base = tmp_path / f"{number - 1}.backup"
            assert db.backup(tmp_path / f"{number}.backup", incremental_from=base).versions == {1: 4, 2: 2}[number]
        assert db.backup(tmp_path / "3.backup", incremental_from=tmp_path / "2.backup").versions == 0
        now = seen(db)
        db.backup(tmp_path / "full.backup")
        for name in ("3.backup", "full.backup"):
            db.restore(tmp_path / name, overwrite=True)
            assert seen(db) == now
            assert db.verify_integrity().ok

    def test_a_base_that_is_none_any_more_is_refused(self, db: DatabaseManager, tmp_path: Path) -> None:
        fill(db)
        base = tmp_path / "base.backup"
        db.backup(base)
        db.delete_prediction("b ä", purge=True)
        with pytest.raises(StorageError, match="full backup is needed"):
            db.backup(tmp_path / "next.backup", incremental_from=base)
        db.backup(base, overwrite=True)
        db.update_prediction("a", {"metadata": {"n": 3}})
        db.cleanup(keep_versions=1)
        with pytest.raises(StorageError, match="full backup is needed"):
            db.backup(tmp_path / "next.backup", incremental_from=base)
        db.backup(base, overwrite=True)
        db.restore(base, overwrite=True)
        with pytest.raises(StorageError, match="full backup is needed"):
            db.backup(tmp_path / "next.backup", incremental_from=base)
        db.export(tmp_path / "all.archive")
        with pytest.raises(StorageError, match="is an archive"):
            db.backup(tmp_path / "next.backup", incremental_from=tmp_path / "all.archive")
        assert not (tmp_path / "next.backup").exists()

    def test_a_backup_never_takes_the_place_of_what_it_is_built_on(self, db: DatabaseManager, tmp_path: Path) -> None:
        fill(db)
        full, next_ = tmp_path / "full.backup", tmp_path / "next.backup"
        db.backup(full)
        db.backup(next_, incremental_from=full)
        (tmp_path / "link").symlink_to(full)
        now = seen(db)
        for path, base in ((full, full), (next_, next_), (full, next_), (tmp_path / "link", next_)):
            with pytest.raises(StorageError, match="is built on that file"):
                db.backup(path, incremental_from=base, overwrite=True)
        db.restore(next_, overwrite=True)
        assert seen(db) == now

    def test_what_a_bounded_write_took_away_is_in_no_chain(self, db: DatabaseManager, tmp_path: Path) -> None:
        keeper = type(db)._on(db._session.backend, keep_versions=2)
        fill(db)
        db.backup(tmp_path / "0.backup")
        keeper.store_prediction("MKT", None, prediction_id="first", on_conflict="replace")
        db.backup(tmp_path / "1.backup", incremental_from=tmp_path / "0.backup")
        keeper.update_prediction("a", {"metadata": {"n": 3}})
        assert [entry.version for entry in db.history("a")] == [2, 3]
        # On this base a chain would bring the first version back.
        with pytest.raises(StorageError, match="full backup is needed"):
            db.backup(tmp_path / "2.backup", incremental_from=tmp_path / "1.backup")
        now = seen(db)
        db.backup(tmp_path / "2.backup")
        db.restore(tmp_path / "2.backup", overwrite=True)
        assert seen(db) == now

    def test_what_is_wrong_changes_nothing(self, db: DatabaseManager, tmp_path: Path) -> None:
        fill(db)
        good, bad = tmp_path / "good.backup", tmp_path / "bad.backup"
        db.backup(good)
        change(db, 1)
        before = seen(db)
        with pytest.raises(StorageError, match="overwrite=True"):
            db.restore(good)
        with pytest.raises(StorageError, match="overwrite=True"):
            db.backup(good)
        data = good.read_bytes()
        for damaged in (data[:-1], data[:700], data[:900] + bytes([data[900] ^ 1]) + data[901:], b"none of ours" * 99):
            bad.write_bytes(damaged)
            with pytest.raises((CorruptionError, ValidationError)):
                db.restore(bad, overwrite=True)
            with pytest.raises((CorruptionError, ValidationError)):
                db.load_archive(bad)
        reader = DatabaseManager._on(db._session.backend, read_only=True)
        with pytest.raises(StorageError, match="read_only"):
            reader.restore(good, overwrite=True)
        assert seen(db) == before

    def test_a_restore_that_is_stopped_changes_nothing(self, db: DatabaseManager, tmp_path: Path) -> None:
        fill(db)
        db.export(tmp_path / "all.archive")
        change(db, 1)
        before = seen(db)
        backend = db._session.backend
        told = []

        def stop(empty: Any) -> None:
            told.append(empty.count({}, None))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            backend.replaced(stop, None)  # type: ignore[attr-defined]
        assert (told, seen(db)) == ([0], before)
        assert db.verify_integrity().ok

    # --- archives -----------------------------------------------------------------------------------------------------

    def test_an_archive_goes_to_the_oracle_and_comes_back(self, db: DatabaseManager, tmp_path: Path) -> None:
        fill(db)
        change(db, 1)
        before = seen(db)
        db.export(tmp_path / "there.archive")
        with memory_manager() as memory:
            memory.restore(tmp_path / "there.archive")
            assert seen(memory) == before
            memory.export(tmp_path / "back.archive")
        db.restore(tmp_path / "back.archive", overwrite=True)
        assert seen(db) == before
        assert db.verify_integrity().ok

    def test_loading_adds_what_is_absent_and_nothing_twice(self, db: DatabaseManager, tmp_path: Path) -> None:
        with memory_manager() as memory:
            fill(memory)
            memory.export(tmp_path / "first.archive")
            change(memory, 1)
            memory.export(tmp_path / "second.archive")
            other = seen(memory)
        db.store_prediction("MKVVV", None, prediction_id="own")
        db.backup(tmp_path / "base.backup")
        assert db.load_archive(tmp_path / "first.archive").imported > 5
        assert db.load_archive(tmp_path / "first.archive").imported == 0
        assert db.load_archive(tmp_path / "second.archive").imported >= 4
        now = seen(db)
        assert {key: value for key, value in now["versions"].items() if key[0] != "own"} == other["versions"]
        assert db.verify_integrity().ok
        # What was loaded has times from before the base, and the next backup has it all the same.
        db.backup(tmp_path / "next.backup", incremental_from=tmp_path / "base.backup")
        db.restore(tmp_path / "next.backup", overwrite=True)
        assert seen(db) == now

    def test_what_was_loaded_is_found_at_the_times_it_had(self, db: DatabaseManager, tmp_path: Path) -> None:
        with memory_manager() as memory:
            memory.store_prediction("MKT", None, {"n": 1}, prediction_id="p")
            first = memory.get_prediction("p").updated_at
            memory.update_prediction("p", {"metadata": {"n": 2}})
            memory.export(tmp_path / "old.archive")
            memory.update_prediction("p", {"metadata": {"n": 3}})
            memory.export(tmp_path / "new.archive")
        db.load_archive(tmp_path / "old.archive")
        db.load_archive(tmp_path / "new.archive")
        assert [entry.version for entry in db.history("p")] == [1, 2, 3]
        assert db.get_prediction("p", as_of=first).metadata == {"n": 1}
        assert db.query_ids(metadata={"n": 1}, as_of=first) == ["p"]
        assert db.query_ids(metadata={"n": 3}) == ["p"]
        assert db.update_prediction("p", {"seed": 1}) == 4

    def test_two_versions_of_one_transaction_come_back(self, db: DatabaseManager, tmp_path: Path) -> None:
        with memory_manager() as memory:
            with memory.transaction() as unit:
                unit.store_prediction("MKT", None, prediction_id="brief")
                unit.delete_prediction("brief")
            memory.export(tmp_path / "all.archive")
            db.restore(tmp_path / "all.archive")
            assert db.history("brief") == memory.history("brief")
        assert db.load_archive(tmp_path / "all.archive").imported == 0

    def test_another_history_of_an_id_is_refused(self, db: DatabaseManager, tmp_path: Path) -> None:
        with memory_manager() as memory:
            fill(memory)
            memory.export(tmp_path / "all.archive")
        db.store_prediction("MKV", None, prediction_id="a")
        with pytest.raises(ConflictError, match=r"'a'|\"a\""):
            db.load_archive(tmp_path / "all.archive")
        assert db.get_prediction("a").sequence == "MKV"
        assert db.verify_integrity().ok

    def test_settings_come_with_an_archive(self, db: DatabaseManager, tmp_path: Path) -> None:
        can = db._session.backend.capabilities
        fill(db)
        db.create_index("metadata.n")
        if can.past:
            db.tag("here")
        if can.schema:
            db.define_schema({"metadata.n": int})
        db.export(tmp_path / "all.archive")
        db.drop_index("metadata.n")
        db.create_index("metadata.other")
        if can.past:
            db.tag("later")
        db.restore(tmp_path / "all.archive", overwrite=True)
        assert list(db.list_indexes()) == ["metadata.n"]
        assert [tag.name for tag in db.tags()] == (["here"] if can.past else [])
        assert db.query_ids(metadata={"n": 2}) == ["a"]
        assert db.verify_integrity().ok

    # --- quota --------------------------------------------------------------------------------------------------------

    def test_a_quota_refuses_what_is_too_much_and_nothing_is_lost(self, db: DatabaseManager) -> None:
        if not db._session.backend.capabilities.quota:
            pytest.skip("this back end has no quota")
        db.store_prediction("MKT", None, prediction_id="small")
        used = db.quota()["used_bytes"] or 0
        db.set_quota(used + 200_000, warn_at=used + 150_000)
        noise = np.random.default_rng(1).integers(0, 255, 100_000, dtype=np.uint8)
        db.store_prediction("MKT", None, prediction_id="fits", arrays={"noise": noise})
        with pytest.raises(StorageError, match="quota"):
            db.store_prediction("MKT", None, prediction_id="not", arrays={"noise": noise[::-1].copy(), "x": noise[1:]})
        with pytest.raises(StorageError, match="quota"), db.transaction():
            db.store_prediction("MKT", None, prediction_id="not", arrays={"noise": noise[::-1].copy(), "x": noise[1:]})
        assert db.query_ids() == ["fits", "small"]
        assert db.verify_integrity().ok
        with pytest.warns(UserWarning, match="bytes"):
            db.store_prediction("MKT", None, prediction_id="near", arrays={"noise": noise[:60_000] ^ 7})
        db.delete_prediction("fits", purge=True)
        db.delete_prediction("near")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            db.cleanup(keep_versions=1)
            db.store_prediction("MKT", None, prediction_id="again", arrays={"noise": noise[::-1].copy()})
        db.set_quota(None)
        assert db.quota()["max_bytes"] is None
        db.store_prediction("MKT", None, prediction_id="more", arrays={"noise": noise[3:]})

    # --- schemas ------------------------------------------------------------------------------------------------------

    def test_it_goes_to_every_schema_and_loses_nothing(self, db: DatabaseManager, tmp_path: Path) -> None:
        if not db._session.backend.capabilities.schemas:
            pytest.skip("this back end has one schema")
        fill(db)
        before = seen(db)
        with DatabaseMigrator(db) as migrator:
            latest = migrator.latest_version
            assert (migrator.current_version, migrator.plan(), migrator.history()) == (latest, [], [])
            assert latest > 1
            plan = migrator.plan(1)
            assert [step.to_version for step in plan] == list(range(latest - 1, 0, -1))
            assert all(step.description and step.cost and not step.loses for step in plan)
            moves = migrator.downgrade_schema(1)
            assert len(moves) == len(plan)
            assert (migrator.current_version, seen(db)) == (1, before)
            kept = moves[0].backup
            assert kept is not None
            with pytest.raises(StorageError, match="schema is version 1"):
                db.store_prediction("MKV", None)
            migrator.backup(tmp_path / "old.backup")
            assert migrator.verify_integrity().ok
            assert migrator.upgrade_schema()
            assert (migrator.current_version, seen(db)) == (latest, before)
            history = migrator.history()
            assert [move.from_version for move in history] == [*range(latest, 1, -1), *range(1, latest)]
            assert all("@" in move.by and move.program for move in history)
            migrator.restore(kept, overwrite=True)
            assert seen(db) == before
        Path(kept).unlink()
        change(db, 1)
        assert db.verify_integrity().ok

    @pytest.mark.parametrize("wrong", [0, -1, 99, True, "2", 1.0])
    def test_a_schema_that_is_none_is_refused(self, db: DatabaseManager, wrong: Any) -> None:
        with DatabaseMigrator(db) as migrator:
            for call in (migrator.plan, migrator.downgrade_schema, migrator.upgrade_schema):
                with pytest.raises(ValidationError, match="allowed are 1 to"):
                    call(wrong)

    def test_verification_counts_what_it_looked_at(self, db: DatabaseManager) -> None:
        fill(db)
        report = db.verify_integrity()
        assert report.ok
        assert {name: report.counts[name] for name in ("versions", "models", "analyses")} == {
            "versions": 5, "models": 2, "analyses": 1,
        }  # fmt: skip

        def stop(done: int, total: int | None) -> None:
            raise KeyboardInterrupt

        if db._session.backend.capabilities.durable:
            with pytest.raises(KeyboardInterrupt):
                db.verify_integrity(progress=stop)

    def test_a_policy_that_would_empty_the_store_needs_force(self, db: DatabaseManager) -> None:
        fill(db)
        before = seen(db)
        with pytest.raises(ProteusError, match="force=True"):
            db.cleanup(where="length > 0")
        assert seen(db) == before
