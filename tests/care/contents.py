"""A store with something of everything, and everything that can be seen of a store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from proteusdb import DatabaseManager
from proteusdb.backends.settings import settings_of
from proteusdb.testing.synthetic import synthetic_prediction

__all__ = ["change", "fill", "seen"]


def fill(db: DatabaseManager) -> None:
    """Versions, deletions, models, analyses, arrays that are shared, a file, an index."""
    record = synthetic_prediction(40, 2, chains=2, pae=True)
    db.store_prediction(**record, prediction_id="full")
    db.update_prediction("full", {"metadata": {"confidence": 0.25, "nested": {"list": [1, None, "ä"]}}})
    db.store_prediction(None, synthetic_prediction(15, 3)["structure"].to_mmcif(), prediction_id="file")
    db.store_prediction("ACGX:MK", None, prediction_id="bare \U0001f9ec")
    db.store_prediction("GONE", None, prediction_id="gone")
    db.delete_prediction("gone")
    db.store_analysis("full", {"matrix": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"method": "x"})
    db.store_analysis("file", {"score": 1.5}, {})
    db.store_model("unused", "1.0", {"recycles": 3})
    db.create_index("metadata.confidence")
    db.define_schema({"metadata.round": int})
    many = [{**synthetic_prediction(30, n), "prediction_id": f"b{n}", "model": f"m{n % 3}"} for n in range(12)]
    db.store_predictions(many)
    db.tag("filled")


def change(db: DatabaseManager, round_: int = 0) -> None:
    """Something of everything that can change but a purge."""
    db.store_prediction(**synthetic_prediction(25, 50 + round_), prediction_id=f"new {round_}")
    db.update_prediction("full", {"metadata": {"round": round_}})
    db.update_prediction("b1", {"sequence": "MKV", "structure": None})
    db.create_index(f"metadata.round{round_}")
    if round_ == 1:
        db.drop_index("metadata.round0")
    if round_ == 0:
        db.delete_prediction("file", cascade=True)
        db.store_prediction("GONER", None, prediction_id="gone")
    models = {model["name"]: model["model_id"] for model in db.list_models()}
    db.update_model(models["m0"], {"configuration": {"round": round_}})
    if "unused" in models:
        db.delete_model(models["unused"])
    db.store_analysis("b2", {"round": round_}, {})


def seen(db: DatabaseManager) -> dict[str, Any]:
    """Everything: every version with the bytes of its parts, models, analyses, indexes, and answers."""
    backend = db._session.backend
    ids = [*db.query_ids(), "gone", "file"]
    versions = {
        (key, stored.version): (
            repr({name: getattr(stored, name) for name in _COLUMNS}),
            {(kind, name): backend.part(stored, kind, name) for kind, name, _ in stored.parts},
        )
        for key in ids
        for stored in backend.history(key)
    }
    analyses = [backend.get_analysis(key) for key in backend.list_analyses(None)]
    return {
        "versions": versions,
        "models": sorted((model["model_id"], repr(sorted(model.items()))) for model in backend.list_models()),
        "analyses": [(found["analysis_id"], repr(sorted(found.items()))) for found in analyses if found],
        "settings": {name: told for name, told in settings_of(backend).items() if name != "quota"},
        "answers": [db.query_ids(**criteria) for criteria in _QUESTIONS],
    }


_COLUMNS = (
    "prediction_id version updated_at created_at deleted sequence chain_types model_id job seed sample rank mean_plddt "
    "metadata"
).split()
_QUESTIONS: list[dict[str, Any]] = [
    {"sequence_pattern": "*K*"},
    {"confidence_threshold": 0.5, "order_by": "-confidence"},
    {"model_name": "m1"},
    {"where": "length > 20", "order_by": "length"},
    {"metadata": {"confidence": 0.25}},
]

Make = Callable[[], DatabaseManager]
