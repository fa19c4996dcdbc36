"""What one commit writes to a Cassandra store.

::

    blobs        put before anything names them
    claim        head = N if head is what was read: the versions of one prediction, whole or not at all
    follow       current, ordered, indexed = N in one logged batch
    leave        blobs that no version names any more, analyses, models

Each prediction is a commit of its own, many at a time. One that another writer was faster with is lost, and its
operations are gone through again; the others stay. Who dies between claim and follow leaves a prediction that is found
by id and by no question: the next write to it, or `verify_integrity(repair=True)`, lets the rest follow.

Invariants: a claim that is sent twice takes place once, since who finds its own name in the head has won.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cassandra.query import UNSET_VALUE

from ... import _core
from ...errors import ConflictError
from ..layers.retry import harmless
from ..shared.rows import COLUMNS, Row, Version, stored
from ..shared.tables import Changes, Record
from .client import Client, Params
from .schema import CHUNK, COLUMN_LIST, KINDS, bucket_of, place_of, terms
from .tables import Head, Reads, Settled

__all__ = ["CassandraTables"]

_Statement = tuple[str, Params]
_PLACES = {name: COLUMNS.index(name) for name in COLUMNS}
_SMALL = 24 << 10
"""Bytes a row may have in a batch of several partitions, of which Cassandra takes 50 KiB."""
_MARKS = ", ".join("?" * len(COLUMNS))
_INSERT = f"INSERT INTO predictions ({COLUMN_LIST}, replaced_at) VALUES ({_MARKS}, ?)"
_SHOW = f"INSERT INTO current (bucket, {COLUMN_LIST}, terms) VALUES (?, {_MARKS}, ?) USING TIMESTAMP ?"
_HIDE = "DELETE FROM current USING TIMESTAMP ? WHERE bucket = ? AND prediction_id = ?"
_POINT = "INSERT INTO ordered (kind, bucket, value, prediction_id, version) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?"
_UNPOINT = "DELETE FROM ordered USING TIMESTAMP ? WHERE kind = ? AND bucket = ? AND value = ? AND prediction_id = ?"
_FOLLOWED = "UPDATE predictions USING TIMESTAMP ? SET indexed = ? WHERE prediction_id = ?"
_PUT = "INSERT INTO blobs (prediction_id, key, chunk, data) VALUES (?, ?, ?, ?) USING TIMESTAMP ?"
_DROP = "DELETE FROM blobs USING TIMESTAMP ? WHERE prediction_id = ? AND key = ?"
_CLAIM = "UPDATE predictions SET head = ?, head_at = ? WHERE prediction_id = ? IF head = ?"


@dataclass(slots=True)
class _One:
    """What becomes of one prediction."""

    key: str
    versions: list[Version] = field(default_factory=list)
    replaced: list[tuple[int, int]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    rewritten: list[Version] = field(default_factory=list)
    modelless: list[int] = field(default_factory=list)
    purged: bool = False


class CassandraTables(Reads):
    """What one call sees and does; implements `shared.tables.Tables`."""

    def __init__(self, client: Client, settled: Settled, last: int = 0) -> None:
        super().__init__(client, settled, last)
        self.name = _core.fresh_id()
        """That of the commit."""

    def write(self, changes: Changes) -> None:
        """See `Tables.write`.

        Raises
        ------
        ConflictError
            Another writer was faster with a prediction; the others are written.
        """
        lost = self.commit(changes)
        if lost:
            raise harmless(ConflictError(f"prediction {min(lost)!r} was changed meanwhile; run it again"))

    def commit(self, changes: Changes) -> set[str]:
        """Writes what one commit changes; the predictions that another writer was faster with."""
        self._put_notes(changes)
        self._put_models({key: model for key, model in changes.models.items() if model is not None}, changes.now)
        gone = [key for key, model in changes.models.items() if model is None]
        touched = self._touched(changes)
        self._leave_models(gone, touched)
        unknown = [key for key in touched if key not in self._heads]
        if unknown:
            self.newest(unknown)
        lost = self._claim_all(touched, changes.now)
        self._put_analyses(changes, lost)
        if gone:
            self._client.many("DELETE FROM small WHERE kind = 'model' AND key = ?", [[key] for key in gone])
        return lost

    # --- predictions --------------------------------------------------------------------------------------------------

    def _touched(self, changes: Changes) -> dict[str, _One]:
        ones: dict[str, _One] = {}

        def of(key: str) -> _One:
            return ones.setdefault(key, _One(key))

        for key in changes.purged:
            of(key).purged = True
        for version in changes.versions:
            of(version.stored.prediction_id).versions.append(version)
        for key, number, at in changes.replaced:
            of(key).replaced.append((number, at))
        for key, number in changes.removed:
            of(key).removed.append(number)
        for version in changes.rewritten:
            of(version.stored.prediction_id).rewritten.append(version)
        return ones

    def _leave_models(self, gone: Collection[str], ones: dict[str, _One]) -> None:
        """With a model goes its id in every version."""
        text = "SELECT prediction_id, version FROM predictions WHERE model_id = ? ALLOW FILTERING"
        for model_id in gone:
            for rows in self._client.pages(text, [model_id], size=2_000):
                for key, version in rows:
                    ones.setdefault(key, _One(key)).modelless.append(version)

    def _claim_all(self, ones: Mapping[str, _One], now: int) -> set[str]:
        """Commits each prediction; those that were lost."""
        late = {key for key in ones if self._heads[key].at >= now}
        mine = [one for key, one in ones.items() if key not in late]
        whole = {one.key: self.versions(one.key) for one in mine if one.purged or one.removed or one.rewritten}
        self._put_blobs([version for one in mine for version in (*one.versions, *one.rewritten)], now)
        token = self.name
        said = self._client.batches([self._claim(one, whole.get(one.key, []), token, now) for one in mine])
        failed = {one.key for one, rows in zip(mine, said, strict=True) if not rows[0][0]}
        # A claim that was sent twice finds its own name there.
        text = "SELECT head FROM predictions WHERE prediction_id = ? LIMIT 1"
        heads = self._client.many(text, [[key] for key in failed], serial=True)
        failed -= {key for key, rows in zip(failed, heads, strict=True) if rows and rows[0][0] == token}
        won = [one for one in mine if one.key not in failed]
        self._follow([(one, self._latest.get(one.key)) for one in won], token, now)
        for one in won:
            self._heads[one.key] = Head(token, now, token)
            self._drop_blobs(one, whole.get(one.key, []), now)
        return late | failed

    def _claim(self, one: _One, before: Sequence[Row], token: str, now: int) -> list[_Statement]:
        statements: list[_Statement] = [(_CLAIM, [token, now, one.key, self._heads[one.key].name])]
        written = {version.stored.version for version in one.versions}
        removed = {row[1] for row in before} if one.purged else set(one.removed)
        # Of one batch, what is deleted outweighs what is written.
        for number in removed - written:
            statements.append(("DELETE FROM predictions WHERE prediction_id = ? AND version = ?", [one.key, number]))
        for version in one.versions:
            values = [*version.row, version.replaced_at]
            statements.append((_INSERT, values if version.stored.version in removed else _told(values)))
        for number, at in one.replaced:
            text = "UPDATE predictions SET replaced_at = ? WHERE prediction_id = ? AND version = ?"
            statements.append((text, [at, one.key, number]))
        for version in one.rewritten:
            text = "UPDATE predictions SET parts = ? WHERE prediction_id = ? AND version = ?"
            statements.append((text, [version.row[_PLACES["parts"]], one.key, version.row[1]]))
        for number in one.modelless:
            text = "UPDATE predictions SET model_id = null WHERE prediction_id = ? AND version = ?"
            statements.append((text, [one.key, number]))
        return statements

    # --- what follows -------------------------------------------------------------------------------------------------

    def _follow(self, ones: Iterable[tuple[_One, Row | None]], token: str, now: int) -> None:
        """Makes what is derived say the same as the versions."""
        names: dict[str, str] | None = None
        large: list[Params] = []
        batches = []
        for one, before in ones:
            batch: list[_Statement] = [(_FOLLOWED, [now, token, one.key])]
            after = one.versions[-1] if one.versions else None
            if after is not None and after.current:
                names = self.names() if names is None else names
                show = self._shown(after, names, now)
                # Where nothing was before, nothing has to be said of what is missing.
                show = _told(show) if before is None else show
                if _size(after.row) > _SMALL:
                    large.append(show)
                else:
                    batch.append((_SHOW, show))
            elif one.purged or after is not None:
                batch.append((_HIDE, [now, self._bucket(one.key), one.key]))
            batch += self._renamed(one, before, now)
            batch += self._pointed(before, after, one.purged, now)
            batches.append(batch)
        if large:
            self._client.many(_SHOW, large)
        self._client.batches(batches)

    def _renamed(self, one: _One, before: Row | None, now: int) -> list[_Statement]:
        """Where the newest version names other blobs from now on, questions see that too."""
        if before is None or before[_PLACES["deleted"]] or one.versions:
            return []
        text = "UPDATE current USING TIMESTAMP ? SET parts = ? WHERE bucket = ? AND prediction_id = ?"
        parts = [version.row[_PLACES["parts"]] for version in one.rewritten if version.row[1] == before[1]]
        return [(text, [now, told, self._bucket(one.key), one.key]) for told in parts]

    def follow_again(self, key: str) -> None:
        """Lets the index rows of a prediction follow of which a commit was not followed."""
        rows = self.versions(key)
        self.newest([key])
        head = self.head(key)
        if head.name is None or not rows:
            return
        one = _One(key, versions=[Version.of(stored(rows[-1]))])
        # What the versions before pointed to goes too: nobody knows how far the index rows had come.
        olds: list[Row | None] = [row for row in rows[:-1] if not row[_PLACES["deleted"]]]
        for old in olds or [None]:
            self._follow([(one, old)], head.name, head.at)

    def _shown(self, version: Version, names: Mapping[str, str], now: int) -> Params:
        key = version.stored.prediction_id
        return [self._bucket(key), *version.row, terms(version.stored, dict(names)) or None, now]

    def _pointed(self, before: Row | None, after: Version | None, purged: bool, now: int) -> list[_Statement]:
        """Pointers of the newest version in the place of those of the one before."""
        if after is None and not purged:
            return []
        old = set() if before is None or before[_PLACES["deleted"]] else _pointers(before)
        new = _pointers(after.row) if after is not None and after.current else set()
        key = after.stored.prediction_id if after is not None else before[0] if before is not None else ""
        bucket = self._bucket(key)
        statements: list[_Statement] = [(_UNPOINT, [now, kind, bucket, value, key]) for kind, value in old - new]
        if after is not None:
            number = after.stored.version
            statements += [(_POINT, [kind, bucket, value, key, number, now]) for kind, value in new]
        return statements

    def _bucket(self, key: str) -> int:
        return bucket_of(key, self._settled.buckets)

    # --- blobs --------------------------------------------------------------------------------------------------------

    def _put_blobs(self, versions: Iterable[Version], now: int) -> None:
        values: list[Params] = []
        for version in versions:
            owner = version.stored.prediction_id
            for key, data in version.blobs.items():
                pieces = range(0, max(1, len(data)), CHUNK)
                values += [[owner, key, start // CHUNK, data[start : start + CHUNK], now] for start in pieces]
        self._client.many(_PUT, values)

    def _drop_blobs(self, one: _One, before: Sequence[Row], now: int) -> None:
        """Lets go what no version of the prediction names any more."""
        if not before:
            return
        gone = {row[1] for row in before} if one.purged else set(one.removed)
        rewritten = {version.row[1]: version.row for version in one.rewritten}
        staying = [rewritten.get(row[1], row) for row in before if row[1] not in gone]
        staying += [version.row for version in one.versions]
        loose = _keys(before) - _keys(staying)
        # Whoever brings one of them again does so at a later time.
        self._client.many(_DROP, [[now - 1, one.key, key] for key in loose])

    # --- models, analyses, notes --------------------------------------------------------------------------------------

    def _put_models(self, models: Mapping[str, Record], now: int) -> None:
        known = self._small("model") if models else {}
        insert = "INSERT INTO small (kind, key, value, number) VALUES ('model', ?, ?, ?)"
        values: list[Params] = []
        for number, (model_id, model) in enumerate(models.items()):
            text, first = known.get(model_id, (None, now))
            place = number if text is None else json.loads(text)["place"]
            record = {name: model[name] for name in ("name", "version", "created_at")}
            told = {**record, "configuration": _core.to_document(model["configuration"]), "place": place}
            values.append([model_id, json.dumps(told), first])
        self._client.many(insert, values)

    def _put_analyses(self, changes: Changes, lost: set[str]) -> None:
        batches = []
        for analysis_id, record in changes.analyses.items():
            there = record or self.analysis(analysis_id)
            if there is None or there["prediction_id"] in lost:
                continue
            pair = [there["prediction_id"], analysis_id]
            if record is None:
                batches.append(
                    [
                        ("DELETE FROM analyses_of WHERE prediction_id = ? AND analysis_id = ?", pair),
                        ("DELETE FROM analyses WHERE analysis_id = ?", pair[1:]),
                    ]
                )
            else:
                self._client.run(_ANALYSIS, _analysis(record))
                batches.append([("INSERT INTO analyses_of (prediction_id, analysis_id) VALUES (?, ?)", pair)])
        self._client.batches(batches)

    def _put_notes(self, changes: Changes) -> None:
        """Each note where it is still what was read."""
        for name, text in changes.notes.items():
            before = self._noted[name] if name in self._noted else self.note(name)
            rows = self._client.run(
                "UPDATE small SET value = ? WHERE kind = 'note' AND key = ? IF value = ?", [text, name, before]
            )
            if not rows[0][0] and self.note(name) != text:
                raise harmless(ConflictError(f"{name} were changed meanwhile; run it again"))

    # --- declared indexes ---------------------------------------------------------------------------------------------

    def declare(self, field: str, number: int) -> None:
        """See `Tables.declare`; a word that is there before its index is declared says nothing."""
        name = f"{_core.now():x}"
        self._client.run(
            "INSERT INTO small (kind, key, value, number) VALUES ('index', ?, ?, ?)", [field, name, number]
        )
        text = "UPDATE current USING TIMESTAMP ? SET terms = terms + ? WHERE bucket = ? AND prediction_id = ?"
        for rows in self._client.pages(f"SELECT {COLUMN_LIST} FROM current", size=200):
            values: list[Params] = []
            for version in map(stored, rows):
                words = terms(version, {field: name}) - terms(version, {})
                if words:
                    key = version.prediction_id
                    values.append([version.updated_at, words, self._bucket(key), key])
            self._client.many(text, values)

    def undeclare(self, field: str, number: int) -> None:
        """See `Tables.undeclare`; its words stay until their prediction is written again, and say nothing."""
        self._client.run("DELETE FROM small WHERE kind = 'index' AND key = ?", [field])


_ANALYSIS = "INSERT INTO analyses (analysis_id, prediction_id, results, parameters, created_at) VALUES (?, ?, ?, ?, ?)"


def _analysis(record: Record) -> Params:
    documents = (_core.to_document(record[name]) for name in ("results", "parameters"))
    return [record["analysis_id"], record["prediction_id"], *documents, record["created_at"]]


def _told(values: Params) -> Params:
    """The values; for those that are missing nothing is written, not even that they are."""
    return [UNSET_VALUE if value is None else value for value in values]


def _pointers(row: Row) -> set[tuple[str, int]]:
    return {place_of(kind, row[_PLACES[kind]]) for kind in KINDS}


def _keys(rows: Iterable[Row]) -> set[str]:
    return {part[3] for row in rows for part in json.loads(row[_PLACES["parts"]])}


def _size(row: Row) -> int:
    return sum(len(value) for value in row if isinstance(value, str))
