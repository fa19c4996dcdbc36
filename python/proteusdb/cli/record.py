"""A prediction as the command line tells it: everything but the structure and the arrays themselves.

The same names, in the same order, in `query --json`, `best --json` and `get --json`.
"""

from typing import Any

from ..core.prediction import Prediction

__all__ = ["COLUMNS", "described", "row"]

COLUMNS = ("id", "model", "length", "confidence", "created", "sequence")

_FIELDS = (
    "prediction_id", "version", "sequence", "chain_types", "model", "model_id", "model_version", "job", "seed",
    "sample", "rank", "ranking_score", "confidence", "created_at", "updated_at", "metadata", "length",
)  # fmt: skip


def described(prediction: Prediction) -> dict[str, Any]:
    """The stored fields by name; ``length`` counts residues."""
    return {name: getattr(prediction, name) for name in _FIELDS}


def row(prediction: Prediction) -> tuple[Any, ...]:
    """The cells of `COLUMNS`."""
    return (
        prediction.prediction_id,
        prediction.model,
        prediction.length,
        prediction.confidence,
        prediction.created_at,
        prediction.sequence,
    )
