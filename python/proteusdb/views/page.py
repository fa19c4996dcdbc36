"""A prediction as one page: structure, pLDDT, PAE, header and sequence, in a file that needs nothing else.

::

    <style>page.css   <canvas> <canvas> <canvas>   <script type="application/json">the data   <script>viewer.js page.js

Invariants: the page loads nothing, and its policy forbids it to; what comes from the database is escaped, in HTML as
entities and in the data as JSON without `<`.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .. import __version__
from .colours import BANDS, PAE_COLOURS, PAE_LIMIT, UNKNOWN
from .drawing import drawing_of
from .matrix import matrix_of
from .summary import facts_of

if TYPE_CHECKING:
    from ..core.prediction import Prediction

__all__ = ["page_of"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
_NOTHING: dict[str, Any] = {
    "residues": {name: [] for name in ("chain", "number", "name", "kind", "plddt")},
    "traces": [],
    "atoms": {name: [] for name in ("residue", "element", "at", "bonds")},
}
_PER_LINE = 60


def page_of(prediction: Prediction) -> str:
    """The whole page.

    Parameters
    ----------
    prediction : Prediction
        What it shows; the first model of its structure, and its array `pae`.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    structure = prediction.structure
    drawing = _NOTHING if structure is None else drawing_of(structure)
    pae = matrix_of(prediction)
    data = {
        "drawing": drawing,
        "pae": pae,
        "bands": [[limit if math.isfinite(limit) else None, colour] for limit, colour, _ in BANDS],
        "unknown": UNKNOWN,
        "paeColours": PAE_COLOURS,
        "paeLimit": PAE_LIMIT,
    }
    told = any(value is not None for value in drawing["residues"]["plddt"])
    title = html.escape(prediction.prediction_id)
    aligned = _section("Predicted aligned error", _pae_part(pae is not None), wide=pae is None)
    parts = [
        _section("Structure", _structure_part(structure is not None, told), wide=pae is None),
        "" if pae is None else aligned,
        _section("pLDDT", _plddt_part(told), wide=True),
        aligned if pae is None else "",
        _section("Prediction", _table(facts_of(prediction)), wide=True),
        _section("Metadata", _table(_flat(prediction.metadata)), wide=True) if prediction.metadata else "",
        _section("Sequence", f"<pre>{html.escape(_lines(prediction.sequence))}</pre>", wide=True),
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{_file("page.css")}</style>
</head>
<body>
<header><h1>{title}</h1><p>{html.escape(_subtitle(prediction))}</p></header>
<main>
{"".join(parts)}</main>
<p id="over" aria-live="polite"></p>
<footer>Made by proteusdb {__version__}.</footer>
<script type="application/json" id="data">{_script_json(data)}</script>
<script>
{_file("viewer.js")}
{_file("page.js")}</script>
</body>
</html>
"""


def _structure_part(there: bool, told: bool) -> str:
    if not there:
        return _none("This prediction has no structure yet.")
    how = "Drag to turn, scroll to zoom, drag with shift to move, double click to start over."
    canvas = '<canvas id="structure" tabindex="0" role="img" aria-label="The structure in three dimensions"></canvas>'
    return f"{canvas}{_legend() if told else ''}<p class='none'>{how}</p>"


def _plddt_part(told: bool) -> str:
    if not told:
        return _none("This prediction tells no pLDDT.")
    return f'<canvas id="plddt" role="img" aria-label="pLDDT of each residue"></canvas>{_legend()}'


def _pae_part(there: bool) -> str:
    if not there:
        return _none("This prediction has no array of predicted aligned errors.")
    scale = f"linear-gradient(to right, {', '.join(PAE_COLOURS)})"
    return (
        '<canvas id="pae" role="img" aria-label="Predicted aligned error, residue by residue"></canvas>'
        f'<p class="legend scale"><span>0 Å <i style="background: {scale}"></i>{PAE_LIMIT:.0f} Å</span></p>'
    )


def _legend() -> str:
    items = (f'<li><i style="background: {colour}"></i>{html.escape(name)}</li>' for _, colour, name in BANDS)
    return f'<ul class="legend">{"".join(items)}</ul>'


def _none(text: str) -> str:
    return f'<p class="none">{html.escape(text)}</p>'


def _section(title: str, body: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return f"<section{kind}><h2>{html.escape(title)}</h2>{body}</section>\n"


def _table(rows: Mapping[str, str]) -> str:
    lines = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{''.join(lines)}</table>"


def _flat(metadata: Mapping[str, Any], within: str = "") -> dict[str, str]:
    """Dotted paths to values as text."""
    rows: dict[str, str] = {}
    for name, value in metadata.items():
        path = f"{within}{name}"
        if isinstance(value, Mapping) and value:
            rows |= _flat(value, f"{path}.")
        else:
            rows[path] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return rows


def _subtitle(prediction: Prediction) -> str:
    model = " ".join(filter(None, (prediction.model, prediction.model_version)))
    confidence = "" if prediction.confidence is None else f"confidence {prediction.confidence:.3f}"
    return " · ".join(filter(None, (model, f"{prediction.length:,} residues", confidence)))


def _lines(sequence: str) -> str:
    """Chains apart, in lines of sixty."""
    chains = ([chain[at : at + _PER_LINE] for at in range(0, len(chain), _PER_LINE)] for chain in sequence.split(":"))
    return "\n\n".join("\n".join(lines) for lines in chains)


def _script_json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
