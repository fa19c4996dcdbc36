"""FORMAT.md is true of the past: tags, gaps and traces, growth, quota, schema; and of notes."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from compat.reader import open_store
from proteusdb import DatabaseManager


def micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A store with a past, and its moments."""
    path = tmp_path / "proteus.db"
    with DatabaseManager("lmdb", path) as db:
        moments = []
        for note in range(1, 7):
            db.store_prediction("MKT", None, {"note": note}, prediction_id="p", on_conflict="replace")
            moments.append(db.get_prediction("p").updated_at)
            if note == 2:
                tag = db.tag("kept")
        db.cleanup(keep_versions=2)
        db.define_schema({"metadata.note": int | None, "metadata.organism": str}, check_existing=True)
        db.set_quota(10_000_000, warn_at=9_000_000)
        found = {
            "moments": moments,
            "tag": (micros(tag.moment), micros(tag.created_at)),
            "samples": db.stats()["growth"]["samples"],
        }
    return path, found


def test_the_past_is_as_the_document_says(made: tuple[Path, dict[str, Any]]) -> None:
    path, found = made
    with open_store(path) as store:
        assert store.tags() == {"kept": found["tag"]}
        row = store.ids()["p"]
        headers = {version: store.header(row, version) for version in store.versions(row)}
        assert {version: header["trace"] for version, header in headers.items()} == {
            2: False,
            3: True,
            5: False,
            6: False,
        }
        trace = headers[3]
        assert (trace["deleted"], trace["parts"], trace["metadata"]) == (True, [], {})
        seen = [store.at("p", micros(moment)) for moment in found["moments"]]
        assert [header and header["metadata"]["note"] for header in seen] == [None, 2, None, None, 5, 6]
        kept = store.at("p", found["tag"][0])
        assert kept is not None
        assert kept["metadata"] == {"note": 2}


def test_what_writers_obey_is_as_the_document_says(made: tuple[Path, dict[str, Any]]) -> None:
    path, found = made
    with open_store(path) as store:
        assert store.limits() == (10_000_000, 9_000_000)
        fields = {"metadata.note": ["int", "None"], "metadata.organism": ["str"]}
        assert store.schema() == {"fields": fields, "required": []}
        samples = [
            (micros(one["time"]), one["used_bytes"], one["predictions"], one["versions"]) for one in found["samples"]
        ]
        assert store.growth() == samples
        assert samples[0][2:] == (0, 0)


def test_notes_are_as_the_document_says(tmp_path: Path) -> None:
    path = tmp_path / "proteus.db"
    with DatabaseManager("lmdb", path) as db:
        db.ledger("one").add(["MKT", "MKTAYIAK"], model="boltz-2", seeds=(7,))
        db.ledger("one").claim(1, worker="w\u00fc")
        assert db._session.backend.exchange_notes({"x" * 400: (None, "\u00fc" * 50_000), "gone": (None, "text")})
        assert db._session.backend.exchange_notes({"gone": ("text", None)})
    with open_store(path) as store:
        notes = store.notes()
    assert set(notes) == {"ledger one", "ledger one tasks 0", "ledger one state 0", "x" * 400}
    assert notes["x" * 400] == "\u00fc" * 50_000
    assert json.loads(notes["ledger one"]) == {"pages": 1, "tasks": 2}
    tasks = json.loads(notes["ledger one tasks 0"])
    assert [task[:3] for task in tasks] == [["MKT", "boltz-2", 7], ["MKTAYIAK", "boltz-2", 7]]
    state = json.loads(notes["ledger one state 0"])
    assert (state["states"], list(state["held"])) == ("co", ["0"])
    assert [lease["worker"] for lease in state["leases"].values()] == ["w\u00fc"]
