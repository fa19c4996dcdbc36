"""What a notebook shows of a manager and of a prediction: a table, and a strip of pLDDT.

Invariants: nothing is decoded but pLDDT, and nothing is raised by showing what is closed or unreachable.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ProteusError
from .colours import BANDS, UNKNOWN, band_of

if TYPE_CHECKING:
    from ..core.manager import DatabaseManager
    from ..core.prediction import Prediction

__all__ = ["facts_of", "manager_html", "prediction_html"]

_STRIP = 600
_SHOWN = 60


def facts_of(prediction: Prediction) -> dict[str, str]:
    """Names and values of a prediction's header, as people read them; those that are absent left out."""
    kinds = prediction.chain_types
    chains = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    numbers = {name: getattr(prediction, name) for name in ("job", "seed", "sample", "rank")}
    facts = {
        "id": prediction.prediction_id,
        "version": str(prediction.version),
        "model": " ".join(filter(None, (prediction.model, prediction.model_version))),
        **{name: "" if value is None else str(value) for name, value in numbers.items()},
        "residues": f"{prediction.length:,}",
        "chains": chains,
        "confidence": "" if prediction.confidence is None else f"{prediction.confidence:.3f}",
        "ranking score": "" if prediction.ranking_score is None else f"{prediction.ranking_score:.4g}",
        "arrays": ", ".join(prediction.arrays),
        "originals": ", ".join(prediction.originals),
        "created": f"{prediction.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "updated": f"{prediction.updated_at:%Y-%m-%d %H:%M:%S} UTC",
    }
    return {name: value for name, value in facts.items() if value}


def prediction_html(prediction: Prediction) -> str:
    """See `Prediction._repr_html_`."""
    sequence = prediction.sequence
    short = sequence if len(sequence) <= _SHOWN else sequence[: _SHOWN - 1] + "…"
    return _table("Prediction", {**facts_of(prediction), "sequence": short}, strip_of(prediction))


def manager_html(manager: DatabaseManager) -> str:
    """See `DatabaseManager._repr_html_`."""
    rows = {"database": manager.url}
    if manager.closed:
        rows["state"] = "closed"
    else:
        try:
            rows["predictions"] = f"{manager.count():,}"
            rows["models"] = f"{len(manager.list_models()):,}"
        except ProteusError as error:
            rows["state"] = str(error)
    return _table(type(manager).__name__, rows)


def strip_of(prediction: Prediction) -> str:
    """pLDDT along the sequence as a strip of its bands' colours; empty where there is none."""
    structure = prediction.structure
    plddt = None if structure is None else structure.plddt
    if structure is None or plddt is None:
        return ""
    bands = band_of(plddt[structure.sequence_residues])
    # More would not be seen.
    bands = bands[np.linspace(0, len(bands) - 1, min(len(bands), _STRIP)).astype(np.int64)] if len(bands) else bands
    runs = [(band, len(list(run))) for band, run in groupby(bands.tolist())]
    rects, at = [], 0
    for band, length in runs:
        rects.append(f'<rect x="{at}" width="{length}" height="1" fill="{BANDS[band][1] if band >= 0 else UNKNOWN}"/>')
        at += length
    return (
        f'<svg viewBox="0 0 {at} 1" preserveAspectRatio="none" width="100%" height="12" role="img">'
        f"<title>pLDDT along the sequence</title>{''.join(rects)}</svg>"
        if at
        else ""
    )


def _table(title: str, rows: Mapping[str, str], below: str = "") -> str:
    lines = (
        f'<tr><th style="text-align: left">{html.escape(name)}</th>'
        f'<td style="text-align: left">{html.escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    caption = f'<caption style="text-align: left"><b>{html.escape(title)}</b></caption>'
    return f'<div style="max-width: 640px"><table>{caption}<tbody>{"".join(lines)}</tbody></table>{below}</div>'
