"""The reads of one call on a Cassandra store.

Half of `shared.tables.Tables`, where it stands what the calls are for; what changes something is in `writes`. There are
no snapshots: each statement sees what was acknowledged before it, and perhaps what is being written.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from ... import _core
from ...errors import StorageError
from ..shared.question import Question
from ..shared.rows import COLUMNS, Blobs, Row
from ..shared.tables import Declared, Life, Place, Record
from .client import Client
from .scan import Scan
from .schema import COLUMN_LIST, TABLES, model_term
from .walk import merged

__all__ = ["LONGEST", "Head", "Reads", "Settled"]

LONGEST = 255
"""The most bytes of an id; Cassandra refuses an empty one, and one of 64 KiB, and no prediction has either."""
_BATCH, _WIDE = 2_000, 200
_PARTS = COLUMNS.index("parts")
_HEAD = "head, head_at, indexed"


class Head(NamedTuple):
    """Where a prediction stands: the name and time (µs) of its last commit, and that whose index rows are there."""

    name: str | None
    at: int
    indexed: str | None


class Settled(NamedTuple):
    """What was decided when the store was made."""

    keyspace: str
    buckets: int
    store: str


class Reads:
    """What is there.

    Parameters
    ----------
    client : Client
        To the cluster.
    settled : Settled
        What the store is.
    last : int
        Time of the last commit of this handle (µs).
    """

    def __init__(self, client: Client, settled: Settled, last: int = 0) -> None:
        self._client = client
        self._last = last
        self._settled = settled
        self._heads: dict[str, Head] = {}
        self._latest: dict[str, Row] = {}
        self._owners: dict[str, set[str]] = {}
        self._noted: dict[str, str | None] = {}

    @property
    def client(self) -> Client:
        """To the cluster."""
        return self._client

    @property
    def buckets(self) -> int:
        """Over how many `current` and each order are spread."""
        return self._settled.buckets

    def head(self, prediction_id: str) -> Head:
        """Where a prediction stood when it was read."""
        return self._heads.get(prediction_id, Head(None, 0, None))

    # --- rows ---------------------------------------------------------------------------------------------------------

    def newest(self, ids: Collection[str]) -> dict[str, Row]:
        """See `Tables.newest`."""
        wanted = list(dict.fromkeys(filter(_possible, ids)))
        text = f"SELECT {COLUMN_LIST}, {_HEAD} FROM predictions WHERE prediction_id = ? ORDER BY version DESC LIMIT 1"
        for key, rows in zip(wanted, self._client.many(text, [[key] for key in wanted]), strict=True):
            self._latest.pop(key, None)
            self._heads[key] = Head(*rows[0][-3:])._replace(at=rows[0][-2] or 0) if rows else Head(None, 0, None)
            # Of a prediction that was purged its head is left.
            if rows and rows[0][1] is not None:
                self._latest[key] = self._owned(rows[0][:-3])
        return {key: self._latest[key] for key in wanted if key in self._latest}

    def numbered(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], Row]:
        """See `Tables.numbered`."""
        wanted = [(key, version) for key, version in dict.fromkeys(keys) if _possible(key) and 0 < version < 1 << 63]
        text = f"SELECT {COLUMN_LIST} FROM predictions WHERE prediction_id = ? AND version = ?"
        found = zip(wanted, self._client.many(text, wanted), strict=True)
        return {key: self._owned(rows[0]) for key, rows in found if rows}

    def at(self, prediction_id: str, moment: int) -> Row | None:
        """See `Tables.at`."""
        for life in (life for lives in self.lives([prediction_id]) for life in lives):
            if life.updated_at <= moment and (life.replaced_at is None or life.replaced_at > moment):
                return self.numbered([(prediction_id, life.version)]).get((prediction_id, life.version))
        return None

    def versions(self, prediction_id: str) -> list[Row]:
        """See `Tables.versions`."""
        if not _possible(prediction_id):
            return []
        text = f"SELECT {COLUMN_LIST} FROM predictions WHERE prediction_id = ?"
        pages = self._client.pages(text, [prediction_id], size=_WIDE)
        return [self._owned(row) for rows in pages for row in rows if row[1] is not None]

    def every_version(self) -> Iterator[Sequence[Row]]:
        """See `Tables.every_version`; of one prediction in their order, predictions in that of the ring."""
        for rows in self._client.pages(f"SELECT {COLUMN_LIST} FROM predictions", size=_WIDE):
            yield [self._owned(row) for row in rows if row[1] is not None]

    def ids(self, after: str | None, limit: int) -> list[str]:
        """See `Tables.ids`."""
        if limit <= 0:
            return []
        head = "SELECT prediction_id FROM current WHERE bucket = ?"
        beyond = f"{head} AND prediction_id > ? LIMIT ?"
        # Cassandra compares with nothing as it does with any text.
        first = (f"{head} LIMIT ?", []) if after is None or after == "" else (beyond, [after])
        step = max(8, 2 * limit // self._settled.buckets)
        more = [(beyond, lambda row: [row[0]])]
        rows = merged(self._client, self._settled.buckets, first, more, lambda row: row[0].encode(), step)
        return [row[0] for row, _ in zip(rows, range(limit), strict=False)]

    def lives(self, ids: Collection[str] | None) -> Iterator[Sequence[Life]]:
        """See `Tables.lives`."""
        text = "SELECT prediction_id, version, updated_at, replaced_at, deleted FROM predictions"
        if ids is None:
            batches = self._client.pages(text, size=_BATCH)
        else:
            wanted = [[key] for key in dict.fromkeys(filter(_possible, ids))]
            batches = iter(self._client.many(f"{text} WHERE prediction_id = ?", wanted))
        for rows in batches:
            yield [Life(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows if row[1] is not None]

    def _owned(self, row: Row) -> Row:
        """The row; whose blobs it names is remembered, since they are kept by prediction."""
        for part in json.loads(row[_PARTS]):
            self._owners.setdefault(part[3], set()).add(row[0])
        return row

    # --- what versions name -------------------------------------------------------------------------------------------

    def blobs(self, keys: Collection[str]) -> Blobs:
        """See `Tables.blobs`: of predictions that were read here before."""
        wanted = [(min(self._owners[key]), key) for key in keys if key in self._owners]
        return {key: data for (_, key), data in self.blobs_of(wanted).items()}

    def blobs_of(self, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """The bytes of (prediction, key), as far as they are there."""
        text = "SELECT data FROM blobs WHERE prediction_id = ? AND key = ?"
        keys = list(dict.fromkeys(wanted))
        found = zip(keys, self._client.many(text, keys), strict=True)
        return {key: b"".join(row[0] for row in rows) for key, rows in found if rows}

    def blob_uses(self, keys: Collection[str] | None = None) -> dict[str, int]:
        """See `Tables.blob_uses`: counted among the versions, so there is nothing that could be counted wrongly."""
        counts: Counter[str] = Counter()
        if keys is None:
            for batch in self.every_version():
                counts.update(part[3] for row in batch for part in json.loads(row[_PARTS]))
            return dict(counts)
        for owner in {owner for key in keys for owner in self._owners.get(key, ())}:
            counts.update(part[3] for row in self.versions(owner) for part in json.loads(row[_PARTS]))
        return {key: counts[key] for key in keys if key in counts}

    def note(self, name: str) -> str | None:
        """See `Tables.note`."""
        text: str | None = self._small("note").get(name, (None, 0))[0]
        self._noted[name] = text
        return text

    def notes(self, names: Collection[str]) -> dict[str, str]:
        """See `Tables.notes`; those that are not the store's own, which may be many, lie in a partition of theirs."""
        text = "SELECT key, value FROM small WHERE kind = 'other' AND key IN ?"
        [rows] = self._client.many(text, [[list(names)]], serial=True) if names else [[]]
        return {key: value for key, value in rows if value is not None}

    def models(self) -> list[Record]:
        """See `Tables.models`."""
        found = []
        for model_id, (text, number) in self._small("model").items():
            record = json.loads(text)
            place = record.pop("place")
            record = {"model_id": model_id, **record, "configuration": _core.from_document(record["configuration"])}
            found.append(((number, place, model_id), record))
        return [record for _, record in sorted(found, key=lambda pair: pair[0])]

    def analysis(self, analysis_id: str) -> Record | None:
        """See `Tables.analysis`."""
        if not _possible(analysis_id):
            return None
        text = "SELECT prediction_id, results, parameters, created_at FROM analyses WHERE analysis_id = ?"
        for prediction_id, results, parameters, created_at in self._client.run(text, [analysis_id]):
            return {
                "analysis_id": analysis_id,
                "prediction_id": prediction_id,
                "results": _core.from_document(results),
                "parameters": _core.from_document(parameters),
                "created_at": created_at,
            }
        return None

    def analyses_of(self, prediction_id: str | None) -> list[str]:
        """See `Tables.analyses_of`."""
        if prediction_id is None:
            pages = self._client.pages("SELECT analysis_id FROM analyses", size=_BATCH)
        elif not _possible(prediction_id):
            return []
        else:
            text = "SELECT analysis_id FROM analyses_of WHERE prediction_id = ?"
            pages = self._client.pages(text, [prediction_id], size=_BATCH)
        return sorted((row[0] for rows in pages for row in rows), key=str.encode)

    def users_of(self, model_id: str) -> tuple[int, str | None]:
        """See `Tables.users_of`."""
        text = "SELECT prediction_id FROM current WHERE terms CONTAINS ?"
        count, one = 0, None
        for rows in self._client.pages(text, [model_term(model_id)], size=_BATCH):
            count += len(rows)
            one = rows[0][0] if one is None else one
        return count, one

    # --- what the store keeps about itself ----------------------------------------------------------------------------

    def last_commit(self) -> int:
        """See `Tables.last_commit`: of this handle, and of the predictions that were read here."""
        return max([self._last, *(head.at for head in self._heads.values())])

    def declared(self) -> Declared:
        """See `Tables.declared`."""
        return {field: number for field, (_, number) in self._indexes()}

    def names(self) -> dict[str, str]:
        """Field of each declared index, and the name its words bear."""
        return {field: name for field, (name, _) in self._indexes()}

    def _indexes(self) -> list[tuple[str, tuple[str, int]]]:
        return sorted(self._small("index").items(), key=lambda entry: int(entry[1][0], 16))

    def _small(self, kind: str) -> dict[str, tuple[Any, int]]:
        rows = self._client.run("SELECT key, value, number FROM small WHERE kind = ?", [kind])
        return {key: (value, number) for key, value, number in rows}

    # --- histories ----------------------------------------------------------------------------------------------------

    def schema(self) -> int:
        """See `Tables.schema`: there is one."""
        return 1

    def committed(self, start: Place, until: int, limit: int) -> list[tuple[int, Row]]:
        """See `Tables.committed`."""
        raise self._no_history()

    def touched(self, after: int, until: int) -> tuple[list[str], list[str]]:
        """See `Tables.touched`."""
        raise self._no_history()

    def alter(self, schema: int) -> None:
        """See `Tables.alter`."""
        raise self._no_history()

    def clear(self) -> None:
        """See `Tables.clear`; every node has to be there for it."""
        for table in TABLES:
            if table != "small":
                self._client.plain(f"TRUNCATE {self._settled.keyspace}.{table}")
        self._client.run("DELETE FROM small WHERE kind = 'model'")

    def _no_history(self) -> StorageError:
        return StorageError(
            f"{self._client.where}: the writers of a cluster have no clock in common that would order all commits"
        )

    # --- questions ----------------------------------------------------------------------------------------------------

    def scan(self, question: Question) -> Iterator[Sequence[Row]]:
        """See `Tables.scan`."""
        if question.limit == 0:
            return iter(())
        return self._scan(question).rows()

    def count(self, question: Question) -> int:
        """See `Tables.count`."""
        return sum(len(rows) for rows in self._scan(question).rows())

    def plan(self, question: Question) -> dict[str, Any]:
        """See `Tables.plan`."""
        scan = self._scan(question)
        return {"access": scan.access(), "cql": scan.statements()}

    def _scan(self, question: Question) -> Scan:
        indexes = {number: (field, name) for field, (name, number) in self._indexes()} if question.spans else {}
        return Scan(self._client, self._settled.buckets, question, self.models(), indexes)

    # --- care ---------------------------------------------------------------------------------------------------------

    def filled(self, number: int) -> int:
        """See `Tables.filled`."""
        marks = [f"x{name}:" for _, (name, of) in self._indexes() if of == number]
        pages = self._client.pages("SELECT terms FROM current", size=_BATCH)
        words = (row[0] or () for rows in pages for row in rows) if marks else iter(())
        return sum(any(word.startswith(marks[0]) for word in each) for each in words)

    def figures(self) -> dict[str, Any]:
        """See `Tables.figures`: counted anew each time, range by range."""
        predictions = residues = versions = size = 0
        blobs: dict[tuple[str, str], int] = {}
        for rows in self._client.pages("SELECT length FROM current", size=_BATCH):
            predictions += len(rows)
            residues += sum(row[0] for row in rows)
        for batch in self.every_version():
            versions += len(batch)
            for row in batch:
                size += 100 + sum(len(row[place].encode()) for place in _TEXTS)
                blobs |= {(row[0], part[3]): part[2] for part in json.loads(row[_PARTS])}
        return {
            "predictions": predictions,
            "residues": residues,
            "versions": versions,
            "models": len(self._small("model")),
            "analyses": len(self.analyses_of(None)),
            "blobs": len(blobs),
            "blob_bytes": sum(blobs.values()),
            "stored_bytes": sum(blobs.values()) + size,
        }

    def faults(self) -> Iterator[str]:
        """See `Tables.faults`: Cassandra checks its own files."""
        return iter(())


_TEXTS = [COLUMNS.index(name) for name in ("sequence", "metadata", "parts")]


def _possible(key: str) -> bool:
    """Whether something may have this id."""
    try:
        return 0 < len(key.encode()) <= LONGEST
    except UnicodeEncodeError:
        return False
