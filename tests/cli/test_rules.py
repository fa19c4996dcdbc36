"""The commands `quota` and `schema`: set, obeyed, shown, dropped."""

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import StorageError, ValidationError
from shell import Shell


@pytest.fixture
def ruled(fresh: Shell) -> Shell:
    """A folder with a database of its own."""
    with DatabaseManager(database_path=fresh.folder / "proteus.db") as db:
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="p")
    return fresh


def test_a_quota_is_set_obeyed_shown_and_dropped(ruled: Shell) -> None:
    used = ruled.json("quota", "show")["used_bytes"]
    told = ruled.json("quota", "set", str(used + 1), "--warn-at", str(used))
    assert (told["max_bytes"], told["warn_at"]) == (used + 1, used)
    with DatabaseManager(database_path=ruled.folder / "proteus.db") as db, pytest.raises(StorageError, match="quota"):
        db.store_prediction("MKT" * 5_000, None, {"text": "x" * 500_000})
    assert ruled("quota", "drop").stdout.splitlines()[0] == "max_bytes\t"
    assert ruled.json("quota", "show")["max_bytes"] is None
    assert "needs BYTES" in ruled("quota", "set", code=2).stderr
    assert "takes no number" in ruled("quota", "show", "5", code=2).stderr
    assert "max_bytes" in ruled("quota", "set", "0", code=1).stderr


def test_a_schema_is_defined_obeyed_shown_and_dropped(ruled: Shell) -> None:
    fields = ["metadata.organism=str", "metadata.ph=float|None"]
    told = ruled.json("schema", "define", *fields, "--require", "metadata.organism", "--no-check")
    assert told["fields"] == {"metadata.organism": ["str"], "metadata.ph": ["float", "None"]}
    assert told["required"] == ["metadata.organism"]
    with (
        DatabaseManager(database_path=ruled.folder / "proteus.db") as db,
        pytest.raises(ValidationError, match=r"metadata\.organism"),
    ):
        db.store_prediction("MKT", None, {"organism": 562})
    assert ruled("schema", "show").stdout.splitlines()[2] == "metadata.ph\tfloat | None\tfalse"
    assert ruled.json("schema", "drop") == {"fields": {}, "required": []}
    assert "has no type" in ruled("schema", "define", "metadata.x", code=2).stderr
    assert "needs a FIELD" in ruled("schema", "define", code=2).stderr
    assert "metadata.x" in ruled("schema", "define", "metadata.x=complex", code=1).stderr
