"""What a store holds, in a form that two stores can be compared by."""

from typing import Any

import numpy as np

from proteusdb import DatabaseManager
from proteusdb.core.prediction import Prediction

__all__ = ["by_file", "contents"]


def by_file(db: DatabaseManager) -> dict[str, Prediction]:
    """Predictions by the path of their structure file below the folder that was loaded."""
    return {
        prediction.metadata["source"]["path"].partition("/")[2]: prediction
        for prediction in db.iter_predictions(fields=("metadata",))
    }


def contents(db: DatabaseManager) -> dict[str, Any]:
    """Everything of every current version but the times of storing and the numbers of versions."""
    return {prediction.prediction_id: _content(prediction) for prediction in db.iter_predictions()}


def _content(prediction: Prediction) -> dict[str, Any]:
    names = ("sequence", "model", "model_version", "job", "seed", "sample", "rank", "ranking_score", "confidence")
    arrays = {
        name: (str(array.dtype), array.shape, np.ascontiguousarray(array).tobytes())
        for name, array in sorted(prediction.arrays.items())
    }
    return {
        **{name: getattr(prediction, name) for name in names},
        "metadata": prediction.metadata,
        "arrays": arrays,
        "originals": dict(prediction.originals),
    }
