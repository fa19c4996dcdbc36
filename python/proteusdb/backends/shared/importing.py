"""Versions, models and analyses as another store had them, to changes of rows.

::

    archive, incremental backup ── changes ──> Importing.run ──> whether each was new, Changes

What is here already is passed over, so what was stopped is begun again. A version that would have to stand between
others, or in the place of another, is a conflict.

Invariants: versions keep their numbers and times, so two of one transaction share a time; in a store that is being
filled (`fresh`) each stands under its own commit, in one that goes on under the commit that brought it, so that no
incremental backup misses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ... import _core
from ..._core import Stored
from ...errors import ConflictError, ValidationError
from ..base import Change
from .rows import Version, stored
from .tables import Changes, Record, Tables

__all__ = ["Importing"]


class Importing:
    """What one transaction imports.

    Parameters
    ----------
    tables : Tables
        A transaction that writes.
    items : sequence of Change
        In order; settings are not among them.
    fresh : bool
        Whether the store is being filled.
    """

    def __init__(self, tables: Tables, items: Sequence[Change], *, fresh: bool) -> None:
        self._tables = tables
        self._items = items
        self._fresh = fresh
        last = tables.last_commit()
        self._came = last + 1 if fresh else max(_core.now(), last + 1)
        versions = [change.item for change in items if change.kind == "version"]
        self._changes = Changes(max([self._came, *(version.updated_at for version in versions)]))
        about = {change.item["prediction_id"] for change in items if change.kind == "analysis"}
        ids = {version.prediction_id for version in versions} | about
        self._newest = {key: stored(row) for key, row in tables.newest(ids).items()} if ids else {}
        known = tables.numbered({(version.prediction_id, version.version) for version in versions}) if versions else {}
        self._times = {key: stored(row).updated_at for key, row in known.items()}
        self._models = {model["model_id"]: model for model in tables.models()}
        self._mine: dict[str, list[Version]] = {}

    def run(self) -> tuple[list[bool], Changes]:
        """Whether each was new, and what is to be written.

        Raises
        ------
        ConflictError
            A prediction has another history here.
        ValidationError
            What an item refers to is not here.
        """
        new = [self._take(change) for change in self._items]
        changes = self._changes
        for version in (version for mine in self._mine.values() for version in mine):
            changes.versions.append(version)
            changes.blobs.update(version.blobs)
            changes.uses.update(version.keys)
        return new, changes

    def _take(self, change: Change) -> bool:
        kind, item = change
        if kind == "version":
            return self._take_version(item)
        if kind == "model":
            return self._take_model(item)
        if kind == "analysis":
            return self._take_analysis(item)
        return self._drop_model(item) if kind == "no model" else self._drop_analysis(item)

    # --- versions -----------------------------------------------------------------------------------------------------

    def _take_version(self, item: Stored) -> bool:
        key, newest = item.prediction_id, self._newest.get(item.prediction_id)
        if newest is not None and (item.version <= newest.version or item.updated_at < newest.updated_at):
            return self._passed(item, newest)
        if item.model_id is not None and item.model_id not in self._models:
            raise ValidationError(f"prediction {key!r}: its model {item.model_id!r} is not here")
        if item.deleted:
            self._changes.analyses.update(dict.fromkeys(self._analyses_of(key)))
        mine = self._mine.setdefault(key, [])
        if mine:
            mine[-1].replaced_at = item.updated_at
        elif newest is not None:
            self._changes.replaced.append((key, newest.version, item.updated_at))
        version = Version.of(item)
        version.came = None if self._fresh else self._came
        mine.append(version)
        self._newest[key] = item
        self._times[key, item.version] = item.updated_at
        return True

    def _passed(self, item: Stored, newest: Stored) -> bool:
        """A version that the history here has gone past: it is the same, or was cleaned up, or this is another one."""
        here = self._times.get((item.prediction_id, item.version))
        if here == item.updated_at or (here is None and item.version < newest.version):
            return False
        raise ConflictError(
            f"prediction {item.prediction_id!r}: version {item.version} has another history here, whose newest version "
            f"is {newest.version}; import it into a store of its own"
        )

    # --- models and analyses ------------------------------------------------------------------------------------------

    def _take_model(self, item: Record) -> bool:
        known = self._models.get(item["model_id"])
        if known is not None and _said(known) == _said(item):
            return False
        self._models[item["model_id"]] = item
        self._changes.models[item["model_id"]] = dict(item)
        return True

    def _drop_model(self, model_id: str) -> bool:
        if self._models.pop(model_id, None) is None:
            return False
        self._changes.models[model_id] = None
        return True

    def _take_analysis(self, item: Record) -> bool:
        key, about = item["analysis_id"], item["prediction_id"]
        newest = self._newest.get(about)
        if newest is None or newest.deleted:
            raise ValidationError(f"analysis of prediction {about!r}: no such prediction is stored")
        known = self._analysis(key)
        if known is not None and _said(known) == _said(item):
            return False
        self._changes.analyses[key] = dict(item)
        return True

    def _drop_analysis(self, analysis_id: str) -> bool:
        if self._analysis(analysis_id) is None:
            return False
        self._changes.analyses[analysis_id] = None
        return True

    def _analysis(self, analysis_id: str) -> Record | None:
        mine = self._changes.analyses
        return mine[analysis_id] if analysis_id in mine else self._tables.analysis(analysis_id)

    def _analyses_of(self, prediction_id: str) -> list[str]:
        mine = self._changes.analyses
        before = [key for key in self._tables.analyses_of(prediction_id) if key not in mine]
        added = [key for key, record in mine.items() if record and record["prediction_id"] == prediction_id]
        return before + added


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a model or an analysis says, in a form that can be compared: arrays and times are texts in it."""
    return {name: _core.to_document(value) if isinstance(value, dict) else value for name, value in record.items()}
