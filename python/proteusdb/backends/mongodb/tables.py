"""The reads of one transaction on a MongoDB store.

Half of `shared.tables.Tables`, where it stands what the calls are for; what changes something is in `writes`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import OperationFailure

from ... import _core
from ..shared.question import Question
from ..shared.rows import COLUMNS, Blobs, Row
from ..shared.tables import Declared, Life, Place, Record
from . import blobs
from .connections import Store
from .questions import Sort, filter_of, sort_of
from .schema import FOREVER, Document, View, portions

__all__ = ["ANALYSIS", "MODEL", "Reads", "row_of"]

MODEL = ("model_id", "name", "version", "configuration", "created_at")
ANALYSIS = ("analysis_id", "prediction_id", "results", "parameters", "created_at")

_FIRST_BATCH, _BATCH = 100, 2_000
_ROW = dict.fromkeys(COLUMNS, 1) | {"_id": 0}
_IN_ORDER: Sort = [("prediction_id", ASCENDING), ("version", ASCENDING)]
_MODELS = {"model": "name", "model_version": "version"}


class Reads:
    """What is committed by one moment.

    Parameters
    ----------
    store : Database
        The database.
    view : View
        The moment.
    """

    def __init__(self, store: Store, view: View) -> None:
        self._store = store
        self._view = view

    @property
    def view(self) -> View:
        """What is seen."""
        return self._view

    def _within(self) -> dict[str, Any]:
        """Arguments that put a call into a transaction of the server."""
        return {}

    # --- rows ---------------------------------------------------------------------------------------------------------

    def newest(self, ids: Collection[str]) -> dict[str, Row]:
        """See `Tables.newest`."""
        found = self._of(ids, self.view.newest())
        return {document["prediction_id"]: row_of(document) for document in found}

    def numbered(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], Row]:
        """See `Tables.numbered`."""
        wanted = set(keys)
        # Few versions of a prediction are asked for by number, so a filter of both is narrow enough.
        versions = sorted({version for _, version in wanted if 0 <= version <= FOREVER})
        found = self._of({key for key, _ in wanted}, {"version": {"$in": versions}, **self.view.alive()})
        rows = (row_of(document) for document in found)
        return {(row[0], row[1]): row for row in rows if (row[0], row[1]) in wanted}

    def at(self, prediction_id: str, moment: int) -> Row | None:
        """See `Tables.at`."""
        found = self._store.predictions.find_one({"prediction_id": prediction_id, **self.view.before(moment)}, _ROW)
        return None if found is None else row_of(found)

    def versions(self, prediction_id: str) -> list[Row]:
        """See `Tables.versions`."""
        found = self._find({"prediction_id": prediction_id, **self.view.alive()}, _ROW, _IN_ORDER)
        return [row_of(document) for document in found]

    def every_version(self) -> Iterator[Sequence[Row]]:
        """See `Tables.every_version`."""
        for batch in portions(self._find(self.view.alive(), _ROW, _IN_ORDER), _BATCH):
            yield [row_of(document) for document in batch]

    def ids(self, after: str | None, limit: int) -> list[str]:
        """See `Tables.ids`."""
        beyond = {} if after is None else {"prediction_id": {"$gt": after}}
        if limit <= 0:
            return []
        found = self._find({**beyond, **self.view.newest({"deleted": False})}, {"prediction_id": 1}, _IN_ORDER[:1])
        return [document["prediction_id"] for document in found.limit(limit)]

    def lives(self, ids: Collection[str] | None) -> Iterator[Sequence[Life]]:
        """See `Tables.lives`."""
        columns = dict.fromkeys(("prediction_id", "version", "updated_at", "replaced", "deleted"), 1)
        for portion in [None] if ids is None else portions(sorted(ids)):
            some = {} if portion is None else {"prediction_id": {"$in": portion}}
            for batch in portions(self._find({**some, **self.view.alive()}, columns, _IN_ORDER), _BATCH):
                yield [self._life(document) for document in batch]

    def _life(self, document: Document) -> Life:
        replaced = int(document["replaced"])
        shown = replaced > self.view.at or replaced in self.view.undone
        return Life(
            document["prediction_id"],
            int(document["version"]),
            int(document["updated_at"]),
            None if shown else replaced,
            document["deleted"],
        )

    def _of(self, ids: Collection[str], seen: Document) -> Iterator[Document]:
        """Documents of these predictions."""
        for portion in portions(list(ids)):
            which = portion[0] if len(portion) == 1 else {"$in": portion}
            yield from self._find({"prediction_id": which, **seen}, _ROW)

    def _find(self, wanted: Document, columns: Mapping[str, int], order: Sort | None = None) -> Any:
        found = self._store.predictions.find(wanted, columns, batch_size=_BATCH, **self._within())
        return found.sort(order) if order else found

    # --- what versions name -------------------------------------------------------------------------------------------

    def blobs(self, keys: Collection[str]) -> Blobs:
        """See `Tables.blobs`."""
        return blobs.read(self._store, keys)

    def blob_uses(self, keys: Collection[str] | None = None) -> dict[str, int]:
        """See `Tables.blob_uses`: counted among the versions, so there is nothing that could be counted wrongly."""
        counts: dict[str, int] = {}
        for portion in [None] if keys is None else portions(list(keys)):
            some: list[Document] = [] if portion is None else [{"$match": {"blobs.key": {"$in": portion}}}]
            stages: list[Document] = [
                {"$match": self.view.alive(*(each["$match"] for each in some))},
                {"$unwind": "$blobs"},
                *some,
            ]
            group: Document = {"$group": {"_id": "$blobs.key", "uses": {"$sum": 1}}}
            found = self._store.predictions.aggregate([*stages, group], **self._within())
            counts |= {each["_id"]: int(each["uses"]) for each in found}
        there = blobs.present(self._store, list(counts))
        return {key: count for key, count in counts.items() if key in there}

    def models(self) -> list[Record]:
        """See `Tables.models`."""
        order = [("first", ASCENDING), ("place", ASCENDING)]
        found = self._store.models.find(self.view.alive(), **self._within()).sort(order)
        return [_record(MODEL, document) for document in found]

    def analysis(self, analysis_id: str) -> Record | None:
        """See `Tables.analysis`."""
        found = self._store.analyses.find_one({"analysis_id": analysis_id, **self.view.alive()}, **self._within())
        return None if found is None else _record(ANALYSIS, found)

    def analyses_of(self, prediction_id: str | None) -> list[str]:
        """See `Tables.analyses_of`."""
        some = {} if prediction_id is None else {"prediction_id": prediction_id}
        found = self._store.analyses.find({**some, **self.view.alive()}, {"analysis_id": 1}, **self._within())
        return [document["analysis_id"] for document in found.sort("analysis_id", ASCENDING)]

    def users_of(self, model_id: str) -> tuple[int, str | None]:
        """See `Tables.users_of`."""
        wanted = {"model_id": model_id, **self.view.newest({"deleted": False})}
        one = next(iter(self._find(wanted, {"prediction_id": 1}, _IN_ORDER[:1]).limit(1)), None)
        return (0, None) if one is None else (self._count("predictions", wanted), one["prediction_id"])

    # --- what the store keeps about itself ----------------------------------------------------------------------------

    def last_commit(self) -> int:
        """See `Tables.last_commit`; commits that were undone have had their number too."""
        return max(self.view.at, *self.view.undone, 0)

    def note(self, name: str) -> str | None:
        """See `Tables.note`."""
        wanted = {"kind": "note", "note": name, **self.view.alive()}
        found = self._store.meta.find_one(wanted, **self._within())
        return None if found is None else str(found["text"])

    def notes(self, names: Collection[str]) -> dict[str, str]:
        """See `Tables.notes`."""
        wanted = {"kind": "note", "note": {"$in": list(names)}, **self.view.alive()}
        return {found["note"]: str(found["text"]) for found in self._store.meta.find(wanted, **self._within())}

    def declared(self) -> Declared:
        """See `Tables.declared`."""
        return {document["field"]: int(document["number"]) for document in self._indexes()}

    def _indexes(self) -> list[Document]:
        found = self._store.meta.find({"kind": "index", **self.view.alive()}, **self._within())
        return list(found.sort("born", ASCENDING))

    # --- questions ----------------------------------------------------------------------------------------------------

    def scan(self, question: Question) -> Iterator[Sequence[Row]]:
        """See `Tables.scan`."""
        models = self.models()
        found = self._asked(question, models)
        if question.limit == 0:
            return
        if question.limit is not None:
            found = found.limit(question.limit)
        columns = ["prediction_id" if name == "id" else name for name in question.columns]
        named = {model["model_id"]: model for model in models}
        try:
            for batch in portions(found, _FIRST_BATCH if question.early else _BATCH):
                yield [_answer(document, columns, named) for document in batch]
        finally:
            found.close()

    def count(self, question: Question) -> int:
        """See `Tables.count`."""
        return self._count("predictions", self._filter(question, self.models()))

    def plan(self, question: Question) -> dict[str, Any]:
        """See `Tables.plan`."""
        found = self._asked(question, self.models())
        wanted = {"filter": self._filter(question, self.models()), "sort": sort_of(question)}
        try:
            stages = list(_stages(found.explain().get("queryPlanner", {}).get("winningPlan", {})))
        except OperationFailure:
            stages = []
        return {"access": "; ".join(stages) or "a filter, by a server that does not explain", "find": str(wanted)}

    def _asked(self, question: Question, models: Sequence[Record]) -> Any:
        fields = ("prediction_id", "version", *question.columns)
        columns = {_source(name): 1 for name in fields} | {"_id": 0}
        found = self._store.predictions.find(self._filter(question, models), columns, **self._within())
        found = found.batch_size(_FIRST_BATCH if question.early else _BATCH).skip(question.offset)
        order = sort_of(question)
        return found.sort(order) if order else found

    def _filter(self, question: Question, models: Sequence[Record]) -> Document:
        names = {int(index["number"]): index["name"] for index in self._indexes()} if question.spans else {}
        return filter_of(question, self.view, models, names)

    # --- histories ----------------------------------------------------------------------------------------------------

    def schema(self) -> int:
        """See `Tables.schema`."""
        return self.view.schema

    def committed(self, start: Place, until: int, limit: int) -> list[tuple[int, Row]]:
        """See `Tables.committed`: two lists in order, of those that came from elsewhere and those that did not."""
        found = [
            (int(document.get(field, 0)), row_of(document))
            for field in ("updated_at", "came")
            for document in self._committed(field, start, until).limit(limit)
        ]
        return sorted(found, key=lambda each: (each[0], *each[1][:2]))[:limit]

    def _committed(self, field: str, start: Place, until: int) -> Any:
        commit, prediction_id, version = start
        beyond: list[Document] = [
            {field: {"$gt": commit}},
            {field: commit, "prediction_id": {"$gt": prediction_id}},
            {field: commit, "prediction_id": prediction_id, "version": {"$gt": version}},
        ]
        terms: list[Document] = [{field: {"$gte": commit, "$lte": until}}, {"$or": beyond}]
        if field == "updated_at":
            terms.append({"came": None})
        order: Sort = [(field, ASCENDING), *_IN_ORDER]
        return self._find(self.view.alive(*terms), {**_ROW, "came": 1}, order)

    def touched(self, after: int, until: int) -> tuple[list[str], list[str]]:
        """See `Tables.touched`: what is there was born when it was touched last."""
        within = {"$gt": after, "$lte": until}
        found: dict[str, list[str]] = {}
        for kind, name in (("model", "models"), ("analysis", "analyses")):
            field = f"{kind}_id"
            there = self._store[name].find(self.view.alive({"born": within}), {field: 1}, **self._within())
            deleted = self.view.alive({"kind": kind, "born": within})
            gone = self._store["gone"].find(deleted, {"of": 1}, **self._within())
            ids = [one[field] for one in there] + [one["of"] for one in gone]
            found[kind] = list(dict.fromkeys(ids))
        return found["model"], found["analysis"]

    # --- care ---------------------------------------------------------------------------------------------------------

    def filled(self, number: int) -> int:
        """See `Tables.filled`."""
        names = [index["name"] for index in self._indexes() if index["number"] == number]
        has = [{"keys": {"$elemMatch": {"$gte": f"{name}:", "$lt": f"{name};"}}} for name in names]
        return self._count("predictions", self.view.newest({"deleted": False}, *has)) if has else 0

    def figures(self) -> dict[str, Any]:
        """See `Tables.figures`."""
        current, alive = self.view.newest({"deleted": False}), self.view.alive()
        kinds: list[Document] = [
            {"$unwind": "$blobs"},
            {"$group": {"_id": "$blobs.key", "size": {"$first": "$blobs.size"}}},
        ]
        blob_count, blob_bytes = self._sum(alive, "$size", *kinds)
        sizes = self._store.command("dbStats")
        return {
            "predictions": self._count("predictions", current),
            "residues": self._sum(current, "$length")[1],
            "versions": self._count("predictions", alive),
            "models": self._count("models", alive),
            "analyses": self._count("analyses", alive),
            "blobs": blob_count,
            "blob_bytes": blob_bytes,
            "quarantined": self._count("quarantine", alive),
            "stored_bytes": blob_bytes + self._sum(alive, "$size")[1],
            "file_bytes": int(sizes.get("storageSize", 0)) + int(sizes.get("indexSize", 0)),
        }

    def faults(self) -> Iterator[str]:
        """See `Tables.faults`: the server looks after its own pages."""
        return iter(())

    def _count(self, name: str, wanted: Document) -> int:
        return int(self._store[name].count_documents(wanted, **self._within()))

    def _sum(self, wanted: Document, value: str, *stages: Document) -> tuple[int, int]:
        """How many there are, and the sum of a value."""
        group = {"$group": {"_id": None, "count": {"$sum": 1}, "sum": {"$sum": value}}}
        found = self._store.predictions.aggregate([{"$match": wanted}, *stages, group], **self._within())
        for one in found:
            return int(one["count"]), int(one["sum"])
        return 0, 0


def row_of(document: Document) -> Row:
    """The row of a version."""
    return tuple(map(document.__getitem__, COLUMNS))


def _source(column: str) -> str:
    """The field of a document that a column is made of."""
    return "model_id" if column in _MODELS else "prediction_id" if column == "id" else column


def _answer(document: Document, columns: Sequence[str], models: Mapping[str, Record]) -> Row:
    values = []
    for name in columns:
        if name in _MODELS:
            model = models.get(document["model_id"])
            values.append(None if model is None else model[_MODELS[name]])
        else:
            values.append(document[name])
    return (document["prediction_id"], int(document["version"]), *values)


def _record(names: Sequence[str], document: Document) -> Record:
    record = {name: document[name] for name in names}
    for name in ("configuration", "results", "parameters"):
        if name in record:
            record[name] = _core.from_document(record[name])
    return record | {"created_at": int(record["created_at"])}


def _stages(plan: Mapping[str, Any]) -> Iterator[str]:
    """What the server does, from the first step on."""
    for inner in (plan.get("queryPlan"), plan.get("inputStage"), *plan.get("inputStages", ())):
        if inner:
            yield from _stages(inner)
    if "stage" in plan:
        yield f"{plan['stage']} {plan.get('indexName', '')}".strip()
