"""`define_schema` and `schema`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ProteusError, ValidationError

from .base import Base

__all__ = ["Rules"]

SCHEMA: dict[str, Any] = {
    "fields": {
        "metadata.organism": str,
        "metadata.temperature": float | None,
        "metadata.scores": dict,
        "metadata.scores.ptm": float,
        "metadata.tags": list,
        "metadata.run": datetime,
        "metadata.checked": bool,
        "metadata.cycles": int | str,
    },
    "required": ["metadata.organism"],
}
GOOD: list[dict[str, Any]] = [
    {"organism": "yeast"},
    {"organism": "yeast", "temperature": 300, "undeclared": [1]},
    {"organism": "yeast", "temperature": None, "scores": {"ptm": 1, "iptm": "free"}, "tags": [], "cycles": "many"},
    {"organism": "yeast", "run": datetime(2024, 1, 1, tzinfo=UTC), "checked": False, "cycles": 3},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "metadata.organism"),
    ({"organism": None}, "metadata.organism"),
    ({"organism": 5}, "metadata.organism"),
    ({"organism": "yeast", "temperature": "hot"}, "metadata.temperature"),
    ({"organism": "yeast", "temperature": True}, "metadata.temperature"),
    ({"organism": "yeast", "scores": {"ptm": "good"}}, "metadata.scores.ptm"),
    ({"organism": "yeast", "scores": 1.0}, "metadata.scores"),
    ({"organism": "yeast", "cycles": 1.5}, "metadata.cycles"),
    ({"organism": "yeast", "checked": 1}, "metadata.checked"),
]


class Rules(Base):
    """Metadata are held against what was declared."""

    @pytest.fixture(autouse=True)
    def _has_rules(self, request: pytest.FixtureRequest, db: DatabaseManager) -> None:
        # A class that inherits every group has this fixture for the tests of all of them.
        mine = request.function.__qualname__.startswith("Rules.")
        if mine and not db._session.backend.capabilities.schema:
            pytest.skip(f"the {db._session.backend.capabilities.name} back end keeps no schema")

    def test_a_schema_is_read_as_it_was_declared(self, db: DatabaseManager) -> None:
        assert db.schema() == {"fields": {}, "required": []}
        db.define_schema(**SCHEMA)
        assert db.schema() == SCHEMA
        db.define_schema(**db.schema())
        assert db.schema() == SCHEMA
        db.define_schema({"metadata.a": ("int", "None")})
        assert db.schema() == {"fields": {"metadata.a": int | None}, "required": []}
        db.define_schema(None)
        assert db.schema() == {"fields": {}, "required": []}

    @pytest.mark.parametrize("metadata", GOOD, ids=str)
    def test_what_fits_is_stored(self, db: DatabaseManager, metadata: dict[str, Any]) -> None:
        db.define_schema(**SCHEMA)
        assert db.get_prediction(db.store_prediction("MKT", None, metadata)).metadata == metadata
        assert db.verify_integrity().ok

    @pytest.mark.parametrize(("metadata", "field"), BAD, ids=str)
    def test_what_does_not_fit_is_named_and_not_stored(
        self, db: DatabaseManager, metadata: dict[str, Any], field: str
    ) -> None:
        db.store_prediction("MKT", None, {"organism": "yeast"}, prediction_id="p")
        db.define_schema(**SCHEMA)
        with pytest.raises(ValidationError, match=field):
            db.store_prediction("MKT", None, metadata, model="unheard of")
        with pytest.raises(ValidationError, match=field), db.transaction():
            db.store_prediction("MKT", None, metadata)
        record = {"sequence": "MKT", "structure": None, "prediction_id": "q"}
        report = db.store_predictions(
            [{**record, "metadata": metadata}, {**record, "metadata": {"organism": "x"}}], on_error="skip"
        )
        assert (len(report.failed), report.ids, db.query_ids()) == (1, ["q"], ["p", "q"])
        with pytest.raises(ValidationError, match=field):
            db.update_prediction("p", {"metadata": {"organism": None, **metadata}})
        with pytest.raises(ValidationError, match=field), db.transaction():
            db.update_prediction("p", {"metadata": {"organism": None, **metadata}})
        assert db.get_prediction("p").version == 1
        assert (db.list_models(), db.verify_integrity().ok) == ([], True)

    def test_what_is_stored_already_is_looked_at(self, db: DatabaseManager) -> None:
        for number in range(7):
            db.store_prediction("MKT", None, {"n": number}, prediction_id=f"p{number}")
        db.store_prediction("MKT", None, {"n": "x"}, prediction_id="deleted")
        db.delete_prediction("deleted")
        db.update_prediction("p0", {"metadata": {"n": "zero"}})
        with pytest.raises(ValidationError, match=r"1 stored prediction.*'?p0.*metadata\.n"):
            db.define_schema({"metadata.n": int})
        assert db.schema()["fields"] == {}
        db.define_schema({"metadata.n": int}, check_existing=False)
        assert any("p0" in fault for fault in db.verify_integrity().faults)
        with pytest.raises(ValidationError, match=r"metadata\.n"):
            db.update_prediction("p0", {"seed": 1})
        assert db.revert("p0", 1) == 3
        assert db.verify_integrity().ok
        with pytest.raises(ValidationError, match=r"metadata\.n"):
            db.revert("p0", 2)

    @pytest.mark.parametrize(
        ("fields", "required", "names"),
        [
            ({"length": int}, [], "length"),
            ({"metadata": int}, [], "metadata"),
            ({"metadata.a..b": int}, [], "metadata.a..b"),
            ({"metadata.a": bytes}, [], "metadata.a"),
            ({"metadata.a": "text"}, [], "metadata.a"),
            ({"metadata.a": ()}, [], "metadata.a"),
            ({"metadata.a": {"x": int}}, [], "metadata.a"),
            ({"metadata.a": int, "metadata.a.b": int}, [], "metadata.a"),
            ({"metadata.a": int}, ["metadata.b"], "metadata.b"),
            ({"metadata.a": int}, "metadata.a", "required"),
            ([("metadata.a", int)], [], "fields"),
            ({5: int}, [], "5"),
        ],
        ids=str,
    )
    def test_a_wrong_schema_is_named(self, db: DatabaseManager, fields: Any, required: Any, names: str) -> None:
        with pytest.raises(ValidationError, match=names):
            db.define_schema(fields, required)
        assert db.schema() == {"fields": {}, "required": []}

    def test_reading_alone_defines_nothing(self, db: DatabaseManager) -> None:
        reader = DatabaseManager._on(db._session.backend, read_only=True)
        with pytest.raises(ProteusError, match="read_only"):
            reader.define_schema({"metadata.a": int})
        assert reader.schema() == {"fields": {}, "required": []}
