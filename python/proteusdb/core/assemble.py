"""A prediction's files to its record, or to the change of the record that is stored.

::

    Loaded ─ structure ─┐
           ├ pae_x.json ┼─> draft:  structure, arrays, metadata {ptm, iptm, scores, source}, originals, job, seed, rank
           └ x.csv ─────┘   change: the same of the companions alone, merged into what is there

`metadata.source` says where a record comes from: `name`, `path`, `mtime` and `sha256` of the structure file, `files`
(hash of each file beside it, by its path from there), `aliases` (names of its copies), and what the names say.

Invariants: what the caller gave wins over what files say; a companion that is cut short or broken changes nothing; a
change leaves alone what others have put into the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from .. import _core
from .._core import Stored
from ..errors import ProteusError, ValidationError
from .document import CutShort, read_document
from .loaded import Beside, Loaded
from .recognise import Recognised, Scores, known_software
from .tokens import residue_plddt, token_axes

__all__ = ["Choices", "brings_news", "change_of_record", "draft_of_record", "read_scores_of"]

Register = Callable[[str, str | None], str]

_NOBODY = Recognised("")


@dataclass(frozen=True, slots=True)
class Choices:
    """What `load_files` was asked to put into every record; `by_content` where equal ids are equal files."""

    model: str | None
    metadata: Mapping[str, Any]
    plddt_scale: Literal["auto", "1", "100", "none"]
    by_content: bool


def read_scores_of(file: Loaded) -> Scores:
    """What the companions say; one that is cut short or broken gets its `problem`."""
    scores = Scores()
    for each in file.beside:
        if each.problem is None and each.attached.companion.read is not None:
            _understand(each, scores, file.bundle.told or _NOBODY)
    return scores


def _understand(each: Beside, scores: Scores, told: Recognised) -> None:
    read = each.attached.companion.read
    name = each.attached.found.name
    try:
        document = read_document(name, _core.decompress(each.data, name=name))
        if read is not None:
            # What turns out to be wrong halfway must leave nothing behind.
            trial = scores.branch()
            read(document, trial, told)
            scores.adopt(trial)
    except CutShort as cut:
        each.problem = ("pending", str(cut))
    except ProteusError as error:
        each.problem = error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        each.problem = ValidationError(f"{name}: not what its name says: {error}")


def draft_of_record(file: Loaded, scores: Scores, choices: Choices, register: Register) -> dict[str, Any]:
    """The draft of a record; `register` gives a model's id.

    Raises
    ------
    ValidationError
        The file is no structure; the message names file, line and reason.
    """
    structure = _core.Structure.read(file.data, name=file.name, plddt_scale=choices.plddt_scale)
    told = file.bundle.told
    if choices.plddt_scale == "auto" and _vouched(file, scores):
        structure = structure.with_plddt_scale(_scale(structure))
    entry = structure.entry
    model, version = (choices.model, None) if choices.model is not None else _model(entry, file)
    said = {} if model is None or choices.model is not None else {"model": model}
    source = {**_source(file, entry), **scores.source}
    draft = {
        "prediction_id": file.prediction_id,
        # Another process may load the same files.
        "on_conflict": "skip" if choices.by_content else "error",
        "structure": structure,
        "originals": {file.bundle.structure.path.name: file.data, **_kept(file)},
        "arrays": {**scores.arrays, **token_axes(structure, scores.arrays)},
        # By id: several versions of one predictor are models of one name.
        "model": model if model is None or choices.model is not None else register(model, version),
        **_places(file, told, scores),
        **_plddt(structure, scores, choices, source),
    }
    draft["metadata"] = {**said, **_values(scores), **choices.metadata, "source": source}
    return {name: value for name, value in draft.items() if value is not None}


def brings_news(file: Loaded) -> bool:
    """Whether a file lies beside the structure that the stored record does not have."""
    there = _stored_source(file.stored).get("files") or {}
    return any(there.get(name) != sha256 for name, sha256 in file.files().items())


def change_of_record(
    file: Loaded, scores: Scores, choices: Choices, structure: Callable[[], _core.Structure]
) -> dict[str, Any] | None:
    """What companions change in the stored record.

    Parameters
    ----------
    structure : callable
        Gives the stored structure.

    Returns
    -------
    dict or None
        None where nothing is new, or nothing of what is new can be used.
    """
    if file.stored is None or not brings_news(file):
        return None
    metadata = file.stored.metadata
    source = {**_stored_source(file.stored), **scores.source}
    source["files"] = {**(source.get("files") or {}), **file.files()}
    copies = [copy.path.name for copy in file.copies()]
    if copies:
        source["aliases"] = list(dict.fromkeys([*(source.get("aliases") or ()), *copies]))
    core = structure() if scores.arrays else None
    change: dict[str, Any] = {"originals": _kept(file)}
    if core is not None:
        change["arrays"] = {**scores.arrays, **token_axes(core, scores.arrays)}
        change.update(_plddt(core, scores, choices, source))
    values = {name: value for name, value in _values(scores).items() if name not in choices.metadata}
    if "scores" in values:
        values["scores"] = {**(metadata.get("scores") or {}), **values["scores"]}
    change["metadata"] = {**values, "source": source}
    for name, value in _places(file, None, scores).items():
        if getattr(file.stored, name) is None:
            change[name] = value
    return change


def _stored_source(stored: Stored | None) -> dict[str, Any]:
    source = None if stored is None else stored.metadata.get("source")
    return source if isinstance(source, dict) else {}


def _kept(file: Loaded) -> dict[str, bytes]:
    return {each.name: each.data for each in file.beside if each.problem is None}


def _places(file: Loaded, told: Recognised | None, scores: Scores) -> dict[str, Any]:
    """job, seed, sample and rank: what the names say, else the files, else the name of a copy."""
    names = ("job", "seed", "sample", "rank")
    places = {name: getattr(told, name) for name in names if told is not None and getattr(told, name) is not None}
    for name, value in (("seed", scores.seed), ("rank", scores.rank)):
        if value is not None:
            places.setdefault(name, value)
    for copy in file.copies():
        rank = _rank_of_copy(copy.path.name)
        if rank is not None:
            places.setdefault("rank", rank)
    return places


def _rank_of_copy(name: str) -> int | None:
    """`ranked_3.pdb` -> 3."""
    digits = name.removeprefix("ranked_").partition(".")[0]
    return int(digits) if name.startswith("ranked_") and digits.isdigit() and len(digits) < 7 else None


def _values(scores: Scores) -> dict[str, Any]:
    return {**scores.values, **({"scores": scores.own} if scores.own else {})}


def _vouched(file: Loaded, scores: Scores) -> bool:
    """Whether a predictor that writes pLDDT is known, by the structure's name or a companion's, or one came along."""
    tool = file.bundle.tool
    tools = [tool] if tool is not None else [each.attached.tool for each in file.beside if each.problem is None]
    return any(each is not None and each.writes_plddt for each in tools) or bool(
        scores.arrays.keys() & {"plddt", "plddt_atom"}
    )


def _scale(structure: _core.Structure) -> Literal["auto", "1", "100"]:
    column = structure.b_factor()
    largest = float(column.max()) if column.size else 0.0
    # Flags and constants that fill the column are no pLDDT, whoever wrote them.
    if column.size == 0 or float(column.min()) < 0 or largest > 100 or np.isin(column, (0, 1, 100)).all():
        return "auto"
    return "1" if largest <= 1 else "100"


def _plddt(structure: _core.Structure, scores: Scores, choices: Choices, source: dict[str, Any]) -> dict[str, float]:
    """The mean pLDDT where a companion tells it, which is more exact than what was printed as B-factors."""
    for name in ("plddt", "plddt_atom"):
        if choices.plddt_scale != "auto" or name not in scores.arrays:
            continue
        found = residue_plddt(structure, name, scores.arrays[name])
        if found is not None and found[1] is not None:
            source["plddt_from"] = name
            return {"mean_plddt": found[1]}
    return {}


def _model(entry: Mapping[str, Any], file: Loaded) -> tuple[str | None, str | None]:
    """Name and version of the predictor: what the name of the file says, in the network's own words, else the file."""
    software = known_software(entry["software"])
    told = file.bundle.told
    tools = [each.attached.tool for each in file.beside if each.problem is None]
    known = told.model if told is not None else next((tool.name for tool in tools if tool is not None), None)
    if known is None:
        return (None, None) if software is None else software
    same = software is not None and known.lower().startswith(software[0].lower())
    return known, software[1] if software is not None and same else None


def _source(file: Loaded, entry: Mapping[str, Any]) -> dict[str, Any]:
    found = file.bundle.structure
    aliases = [copy.path.name for copy in file.copies()]
    source: dict[str, Any] = {
        "name": found.path.name,
        "path": found.relative or None,
        "mtime": datetime.fromtimestamp(found.mtime, UTC) if found.mtime else None,
        "sha256": file.sha256,
        "entry": entry["id"] or None,
        "title": entry["title"] or None,
        "predictor": None if file.bundle.tool is None else file.bundle.tool.name,
        "files": file.files() or None,
        "aliases": aliases or None,
        **({} if file.bundle.told is None else file.bundle.told.details),
    }
    return {name: value for name, value in source.items() if value is not None}
