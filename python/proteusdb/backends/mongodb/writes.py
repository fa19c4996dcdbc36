"""What one commit writes to a MongoDB store.

::

    purge, remove      gone = N                          the document stays until no reader can want it
    replace            replaced = N
    insert             born = N
    rewrite            gone = N, and a copy born = N that says otherwise

Invariants: nothing that was committed is changed in what it says; an update names what it expects to find, so that one
that arrives late finds nothing; blobs are there before a version names them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

from bson.int64 import Int64
from pymongo import UpdateOne

from ... import _core
from ...errors import CorruptionError, StorageError
from ..shared.rows import COLUMNS, Row, Version, starts_of, stored
from ..shared.standing import STANDING
from ..shared.tables import Aside, Changes, Record
from . import blobs
from .connections import Store
from .schema import FOREVER, INDEXES, NULLABLE, UPGRADES, Document, View, portions
from .tables import Reads, row_of
from .unit import Unit

__all__ = ["MongodbTables"]

_AT_ONCE = 1_000
_PARTS = COLUMNS.index("parts")
_TEXTS = [COLUMNS.index(name) for name in ("sequence", "metadata", "parts")]
_ROW = 100


class MongodbTables(Reads):
    """What one transaction sees and does; implements `shared.tables.Tables`.

    Parameters
    ----------
    store : Database
        The database.
    view : View
        What is committed by now.
    unit : Unit or None
        What is committed at once; `None` where only is read.
    """

    def __init__(self, store: Store, view: View, unit: Unit | None = None) -> None:
        super().__init__(store, view)
        self._writer = unit
        self._ids: Iterator[int] = count()

    @property
    def view(self) -> View:
        """What is seen: this writer's own changes too."""
        return self._view if self._writer is None else self._writer.view

    @property
    def _unit(self) -> Unit:
        if self._writer is None:
            raise StorageError("this transaction only reads")
        return self._writer

    def _within(self) -> dict[str, Any]:
        return {} if self._writer is None else self._writer.within

    # --- changes ------------------------------------------------------------------------------------------------------

    def write(self, changes: Changes) -> None:
        """See `Tables.write`."""
        self._begin(changes.now)
        self._put_blobs(changes)
        self._end("predictions", "prediction_id", changes.purged)
        self._replace(changes.replaced)
        self._close("gone", "dead", [(*key, self._unit.number) for key in changes.removed])
        self._insert(changes.versions)
        self._rewrite(changes.rewritten)
        self._put_models(changes.models)
        self._end("analyses", "analysis_id", list(changes.analyses))
        self._add("analyses", [_analysis(record) for record in changes.analyses.values() if record is not None])
        for kind, records in (("model", changes.models), ("analysis", changes.analyses)):
            self._add("gone", [{"kind": kind, "of": key} for key, record in records.items() if record is None])
        self._end("meta", "note", list(changes.notes))
        told = {name: text for name, text in changes.notes.items() if text is not None}
        self._add("meta", [{"kind": "note", "note": name, "text": text} for name, text in told.items()])

    def _begin(self, number: int) -> None:
        self._unit.begin(number)
        self._ids = count()

    def _add(self, name: str, documents: Sequence[Document]) -> None:
        """Inserts documents that are born with this commit."""
        number = Int64(self._unit.number)
        for portion in portions(documents, _AT_ONCE):
            for document in portion:
                document |= {"_id": f"{number:x}.{next(self._ids)}", "born": number, "gone": Int64(FOREVER)}
            self._store[name].insert_many(portion, ordered=False, **self._within())

    def _end(self, name: str, field: str, values: Sequence[str]) -> None:
        """Lets go what bears one of these values."""
        for portion in portions(values):
            wanted = {field: {"$in": portion}, **self.view.alive({"gone": self._unset})}
            self._store[name].update_many(wanted, {"$set": self._gone}, **self._within())

    def _close(self, field: str, mirror: str, keys: Sequence[tuple[str, int, int]]) -> None:
        """Says of versions when they were replaced, or went."""
        number = Int64(self._unit.number)
        for portion in portions(keys, _AT_ONCE):
            updates = [
                UpdateOne(
                    {"prediction_id": key, "version": version, **self._open, field: self._unset},
                    {"$set": {field: Int64(at), mirror: number}},
                )
                for key, version, at in portion
            ]
            done = self._store.predictions.bulk_write(updates, ordered=False, **self._within())
            if done.matched_count != len(portion):
                raise CorruptionError(f"of {len(portion)} versions that change, {done.matched_count} are there")

    def _replace(self, replaced: Sequence[tuple[str, int, int]]) -> None:
        """Says of versions when they were replaced. A time before this commit is said by a copy, which nobody sees
        before it."""
        now = [entry for entry in replaced if entry[2] == self._unit.number]
        self._close("replaced", "ended", now)
        for key, version, at in replaced:
            if at != self._unit.number:
                said = partial(_replaced_at, at)
                self._revise({"prediction_id": key, "version": version, **self._open}, said)

    @property
    def _gone(self) -> Document:
        number = Int64(self._unit.number)
        return {"gone": number, "dead": number}

    @property
    def _unset(self) -> Any:
        """What stands where nothing has ended, or where its end was undone."""
        return {"$in": [FOREVER, *self.view.undone]} if self.view.undone else FOREVER

    @property
    def _open(self) -> Document:
        """A filter: the document of a version that is not gone, for an index that names all three."""
        return (
            {"gone": self._unset, "born": {"$nin": list(self.view.undone)}} if self.view.undone else {"gone": FOREVER}
        )

    # --- versions -----------------------------------------------------------------------------------------------------

    def _insert(self, versions: Sequence[Version]) -> None:
        names = self._names() if versions else {}
        for portion in portions(versions, _AT_ONCE):
            self._add("predictions", [_document(version, names) for version in portion])

    def _rewrite(self, versions: Sequence[Version]) -> None:
        for version in versions:
            wanted = {"prediction_id": version.row[0], "version": version.row[1], **self._open}
            self._revise(wanted, partial(_with_parts, version.row))

    def _revise(self, wanted: Document, change: Callable[[Document], Document]) -> None:
        """Puts copies that say otherwise in the place of documents."""
        for portion in portions(list(self._store.predictions.find(wanted, **self._within())), _AT_ONCE):
            fresh = [UpdateOne({"_id": one["_id"]}, {"$set": change(one)}) for one in portion if self._mine(one)]
            before = [one for one in portion if not self._mine(one)]
            gone = [UpdateOne({"_id": one["_id"], "gone": self._unset}, {"$set": self._gone}) for one in before]
            if fresh or gone:
                self._store.predictions.bulk_write(fresh + gone, ordered=False, **self._within())
            copies = [{**one, **change(one)} for one in before]
            for copy in copies:
                copy.pop("dead", None)
            self._add("predictions", copies)

    def _mine(self, document: Document) -> bool:
        """Whether it was born with this commit, so that nobody has seen it."""
        return bool(document["born"] == self._unit.number)

    def _put_blobs(self, changes: Changes) -> None:
        named = {key for key, number in changes.uses.items() if number > 0}
        fresh = {key: data for key, data in changes.blobs.items() if key in named}
        blobs.put(self._store, fresh, self._unit.number)
        old = sorted(named - fresh.keys())
        missing = len(old) - len(blobs.present(self._store, old)) if old else 0
        if missing:
            raise CorruptionError(f"of {len(old)} blobs that versions name, {missing} are not stored")

    # --- models -------------------------------------------------------------------------------------------------------

    def _put_models(self, models: Mapping[str, Record | None]) -> None:
        if not models:
            return
        wanted = {"model_id": {"$in": list(models)}, **self.view.alive()}
        before = {found["model_id"]: found for found in self._store.models.find(wanted, **self._within())}
        self._end("models", "model_id", list(models))
        fresh = []
        for place, (model_id, model) in enumerate(models.items()):
            if model is None:
                self._revise({"model_id": model_id, **self._open}, _without_model)
                continue
            old = before.get(model_id, {"first": Int64(self._unit.number), "place": place})
            fresh.append({**_model(model), "first": old["first"], "place": old["place"]})
        self._add("models", fresh)

    # --- histories ----------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """See `Tables.clear`."""
        self._begin(max(_core.now(), self.last_commit() + 1))
        self._empty(("predictions", "models", "analyses", "gone", "quarantine"))

    def _empty(self, names: Iterable[str]) -> None:
        for name in names:
            there = self._store[name].find(self.view.alive(), {"_id": 1}, **self._within())
            for portion in portions(there):
                ids = {"_id": {"$in": [one["_id"] for one in portion]}, "gone": self._unset}
                self._store[name].update_many(ids, {"$set": self._gone}, **self._within())

    def alter(self, schema: int) -> None:
        """See `Tables.alter`: indexes are made beforehand and stay, since one more does no harm."""
        now = self.schema()
        for name, indexes in UPGRADES[schema].items() if schema > now else ():
            self._store[name].create_indexes(indexes)
        self._begin(max(_core.now(), self.last_commit() + 1))
        if schema < now:
            self._empty([name for name in UPGRADES[now] if name not in INDEXES])
            self._end("meta", "note", [STANDING])
        self._unit.move(schema)

    # --- repair -------------------------------------------------------------------------------------------------------

    def set_aside(self, entries: Sequence[Aside], at: int) -> None:
        """See `Tables.set_aside`."""
        documents = [{**entry._asdict(), "at": Int64(at)} for entry in entries]
        # One at a time, since each may be nearly as large as a message.
        for document in documents:
            self._add("quarantine", [document])

    def rederive(self) -> None:
        """See `Tables.rederive`: what questions look for stands in the documents of versions."""

    # --- declared indexes ---------------------------------------------------------------------------------------------

    def declare(self, field: str, number: int) -> None:
        """See `Tables.declare`; a key that is there before its index is declared says nothing."""
        self._begin(max(_core.now(), self.last_commit() + 1))
        name = f"{self._unit.number:x}"
        self._add("meta", [{"kind": "index", "field": field, "number": number, "name": name}])
        columns = dict.fromkeys(COLUMNS, 1)
        for portion in portions(self._store.predictions.find(self.view.alive(), columns), _AT_ONCE):
            keys = [(one["_id"], stored(row_of(one)).index_key(field)) for one in portion]
            updates = [
                UpdateOne({"_id": which}, {"$addToSet": {"keys": f"{name}:{key.hex()}"}})
                for which, key in keys
                if key is not None
            ]
            if updates:
                self._store.predictions.bulk_write(updates, ordered=False)

    def undeclare(self, field: str, number: int) -> None:
        """See `Tables.undeclare`; its keys go when no reader can ask for them any more."""
        self._begin(max(_core.now(), self.last_commit() + 1))
        self._end("meta", "field", [field])

    def _names(self) -> dict[str, str]:
        """Field of each declared index, and the name its keys stand under."""
        return {index["field"]: index["name"] for index in self._indexes()}


def _document(version: Version, names: Mapping[str, str]) -> Document:
    row = dict(zip(COLUMNS, version.row, strict=True))
    document: Document = {name: _whole(value) for name, value in row.items()}
    keys = ((name, version.stored.index_key(field)) for field, name in names.items())
    return document | {
        "deleted": bool(row["deleted"]),
        "replaced": Int64(FOREVER if version.replaced_at is None else version.replaced_at),
        **({} if version.came is None else {"came": Int64(version.came)}),
        "starts": list(dict.fromkeys(starts_of(row["sequence"]))),
        "keys": [f"{name}:{key.hex()}" for name, key in keys if key is not None],
        "blobs": _blobs_of(version.row),
        "none": {name: 1 for name in NULLABLE if row[name] is None},
        "size": _size(version.row),
    }


def _size(row: Row) -> int:
    """Bytes a version takes besides its blobs, about."""
    return _ROW + sum(len(row[place].encode()) for place in _TEXTS)


def _whole(value: Any) -> Any:
    return Int64(value) if isinstance(value, int) else value


def _blobs_of(row: Row) -> list[Document]:
    """Key and size of the blob of each part."""
    return [{"key": part[3], "size": part[2]} for part in json.loads(row[_PARTS])]


def _with_parts(row: Row, document: Document) -> Document:
    return {"parts": row[_PARTS], "blobs": _blobs_of(row), "size": _size(row)}


def _replaced_at(at: int, document: Document) -> Document:
    return {"replaced": Int64(at)}


def _without_model(document: Document) -> Document:
    return {"model_id": None, "none": {**document["none"], "model_id": 1}}


def _model(model: Record) -> Document:
    return {
        **model,
        "configuration": _core.to_document(model["configuration"]),
        "created_at": Int64(model["created_at"]),
    }


def _analysis(record: Record) -> Document:
    texts = {name: _core.to_document(record[name]) for name in ("results", "parameters")}
    return {**record, **texts, "created_at": Int64(record["created_at"])}
