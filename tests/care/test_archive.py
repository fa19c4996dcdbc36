"""Archives: another program reads them, every back end restores them, and loading one twice changes nothing."""

import struct
from pathlib import Path

import pytest

from care.contents import change, fill, seen
from compat.archive_reader import Archive
from proteusdb import DatabaseManager
from proteusdb.backends.base import Change
from proteusdb.backends.memory import MemoryBackend
from proteusdb.core.keeping.restore import take_all
from proteusdb.errors import ConflictError, CorruptionError, QueryError, ValidationError


def test_another_program_reads_all_of_it(db: DatabaseManager, tmp_path: Path) -> None:
    change(db)
    report = db.export(tmp_path / "all.archive")
    archive = Archive(tmp_path / "all.archive")
    backend = db._session.backend
    manifest, standing = archive.manifest, backend.standing()
    assert (manifest["format"], manifest["version"], manifest["kind"]) == ("proteusdb archive", 1, "archive")
    assert (manifest["image"], manifest["store"], manifest["commit"]) == (False, standing.store, standing.commit)
    kinds = [record["kind"] for record in archive.records]
    assert manifest["counts"]["version"] == report.versions == kinds.count("version")
    assert kinds == sorted(kinds, key=["model", "version", "analysis", "settings"].index)
    (settings,) = archive.of_kind("settings")
    assert settings["indexes"] == ["metadata.confidence", "metadata.round0"]
    assert [name for name, _ in settings["tags"]] == ["filled"]
    assert settings["schema"] == [["metadata.round", ["int"], False]]
    versions = archive.of_kind("version")
    assert [v["updated_at"] for v in versions] == sorted(v["updated_at"] for v in versions)
    places = set()
    for record in versions:
        stored = backend.get(record["prediction_id"], version=record["version"])
        assert stored is not None
        for name in ("sequence", "chain_types", "job", "seed", "created_at", "updated_at", "deleted", "mean_plddt"):
            assert record[name] == getattr(stored, name), name
        if not stored.deleted:
            assert record["metadata"] == stored.metadata
        for part, (kind, name, _) in zip(record["parts"], stored.parts, strict=True):
            assert (part["kind"], part["name"]) == (kind, name)
            assert archive.blob(part) == backend.part(stored, kind, name)
            places.add((part["chunk"], part["offset"]))
    assert len(places) == manifest["counts"]["blob"], "a part that is shared is there once"
    first, second, *_ = (record for record in versions if record["prediction_id"] == "full")
    assert first["parts"] == second["parts"]
    (analysis,) = (found for found in archive.of_kind("analysis") if "matrix" in found["results"])
    assert analysis["results"]["matrix"] == ("f4", [2, 3], struct.pack("<6f", *range(6)))


@pytest.mark.parametrize("source", ["db", "memory"])
def test_two_versions_of_one_transaction_are_restored(
    source: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    db: DatabaseManager = request.getfixturevalue(source)
    with db.transaction() as unit:
        unit.store_prediction("MKT", None, prediction_id="brief")
        unit.delete_prediction("brief")
    db.export(tmp_path / "all.archive")
    for other in (DatabaseManager._on(MemoryBackend()), DatabaseManager(database_path=tmp_path / "restored.db")):
        with other:
            other.restore(tmp_path / "all.archive")
            assert other.history("brief") == db.history("brief")
            assert other.load_archive(tmp_path / "all.archive").imported == 0


@pytest.mark.parametrize("source", ["db", "memory"])
def test_every_back_end_restores_it(source: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    db: DatabaseManager = request.getfixturevalue(source)
    change(db)
    db.export(tmp_path / "all.archive")
    for other in (DatabaseManager._on(MemoryBackend()), DatabaseManager(database_path=tmp_path / "restored.db")):
        with other:
            report = other.restore(tmp_path / "all.archive")
            assert (report.predictions, report.files) == (db.count(), (str(tmp_path / "all.archive"),))
            assert seen(other) == seen(db)
            assert other.verify_integrity().ok
            if "blobs" in db.stats() and "blobs" in other.stats():
                assert other.stats()["blobs"] == db.stats()["blobs"], "versions share their parts"
            other.store_prediction("MKV", None)
            other.update_prediction("full", {"rank": 3})
            assert other.verify_integrity().ok


@pytest.mark.parametrize("target", ["memory", "lmdb"])
def test_loading_adds_what_is_not_there_and_nothing_twice(db: DatabaseManager, tmp_path: Path, target: str) -> None:
    db.export(tmp_path / "first.archive")
    change(db)
    db.export(tmp_path / "second.archive")
    db.export(tmp_path / "one.archive", where="length > 30")
    other = (
        DatabaseManager._on(MemoryBackend())
        if target == "memory"
        else DatabaseManager(database_path=tmp_path / "other.db")
    )
    with other:
        other.store_prediction("MKVVV", None, prediction_id="own")
        other.backup(tmp_path / "base.backup")
        assert other.load_archive(tmp_path / "first.archive").imported > 20
        assert other.load_archive(tmp_path / "first.archive").imported == 0
        assert other.load_archive(tmp_path / "second.archive").imported > 4
        assert other.load_archive(tmp_path / "one.archive").imported == 0
        assert other.query_ids() == sorted([*db.query_ids(), "own"], key=str.encode)
        mine = seen(other)["versions"]
        assert {key: value for key, value in mine.items() if key[0] != "own"} == seen(db)["versions"]
        assert other.verify_integrity().ok
        # What was loaded has times of its own, and an incremental backup has it all the same.
        other.backup(tmp_path / "next.backup", incremental_from=tmp_path / "base.backup")
        everything = seen(other)
    again = (
        DatabaseManager._on(MemoryBackend()) if target == "memory" else DatabaseManager(database_path=tmp_path / "r")
    )
    with again:
        again.restore(tmp_path / "next.backup")
        assert seen(again) == everything


def test_some_predictions_are_exported_with_all_that_belongs_to_them(db: DatabaseManager, tmp_path: Path) -> None:
    db.export(tmp_path / "some.archive", where="metadata.confidence == 0.25")
    db.export(tmp_path / "same.archive", where={"where": "metadata.confidence == 0.25"})
    archive = Archive(tmp_path / "some.archive")
    assert [(v["prediction_id"], v["version"]) for v in archive.of_kind("version")] == [("full", 1), ("full", 2)]
    assert len(archive.of_kind("model")) == 1
    assert [found["prediction_id"] for found in archive.of_kind("analysis")] == ["full"]
    assert Archive(tmp_path / "same.archive").records == archive.records
    with pytest.raises(QueryError):
        db.export(tmp_path / "wrong.archive", where="lenght > 3")
    with pytest.raises(ValidationError, match="allowed are archive"):
        db.export(tmp_path / "wrong.archive", format="pdf")
    assert not (tmp_path / "wrong.archive").exists()


def test_another_history_is_refused(db: DatabaseManager, tmp_path: Path) -> None:
    db.export(tmp_path / "all.archive")
    for other in (DatabaseManager._on(MemoryBackend()), DatabaseManager(database_path=tmp_path / "other.db")):
        with other:
            other.store_prediction("MKV", None, prediction_id="full")
            with pytest.raises(ConflictError, match=r"'full'|\"full\""):
                other.load_archive(tmp_path / "all.archive")
            assert other.get_prediction("full").sequence == "MKV"
            assert other.verify_integrity().ok


def test_a_full_backup_is_no_archive(db: DatabaseManager, tmp_path: Path) -> None:
    db.backup(tmp_path / "full.backup")
    with pytest.raises(ValidationError, match=r"restore\(\)"):
        db.load_archive(tmp_path / "full.backup")


def test_what_is_imported_must_have_what_it_names(tmp_path: Path) -> None:
    with DatabaseManager._on(MemoryBackend()) as source:
        fill(source)
        changes = list(source._session.backend.commits(None, source._session.backend.standing().commit))
    versions = [found for found in changes if found.kind == "version" and found.item.model_id]
    analyses = [found for found in changes if found.kind == "analysis"]
    for other in (DatabaseManager._on(MemoryBackend()), DatabaseManager(database_path=tmp_path / "other.db")):
        with other:
            for wrong in (versions[:1], analyses[:1]):
                with pytest.raises(ValidationError):
                    other._session.backend.take(wrong, fresh=False)
            assert other.stats()["versions"] == 0
            assert take_all(other._session.backend, changes, fresh=True) == len(changes)
            assert take_all(other._session.backend, [Change("no model", "absent")], fresh=False) == 0


def test_a_damaged_record_is_named(db: DatabaseManager, tmp_path: Path) -> None:
    from proteusdb import _core

    for wrong in ({"prediction_id": "x"}, {}, {"prediction_id": 1}):
        with pytest.raises(CorruptionError, match="field"):
            _core.stored_from(wrong, [])
    with pytest.raises(CorruptionError):
        _core.unpack(b"\x81\xa1")
