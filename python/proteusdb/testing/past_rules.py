"""Rules of the state machine about the past: tags, differences, reverts, cleanup, bounded writes, in any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from . import strategies as draw

if TYPE_CHECKING:
    from proteusdb import DatabaseManager

__all__ = ["PastRules"]

_KEYS = st.one_of(draw.few_ids(), draw.few_ids(), draw.ids())
_TAGS = st.sampled_from(["a", "b", "c"])
_PLACES = st.integers(0, 999)
_WHERE = st.sampled_from(
    [
        "length > 8",
        "seed == 1",
        "metadata.organism is missing",
        "version > 1",
        "job is null or length < 4",
        "length > 0",
    ]
)


class PastRules:
    """Mixed into `machine.Twins`, whose two databases it uses."""

    moments: list[tuple[Any, Any]]
    real: DatabaseManager
    oracle: DatabaseManager
    same: Callable[..., Any]
    both: Callable[..., tuple[Any, Any]]
    remember: Callable[[str], None]

    @rule(name=_TAGS, place=st.one_of(st.none(), _PLACES))
    def tag(self, name: str, place: int | None) -> None:
        """This moment, or one that both sides went through; the name may be taken."""
        pair = (None, None) if place is None or not self.moments else self.moments[place % len(self.moments)]
        self.both(lambda db, side: db.tag(name, as_of=pair[side]))
        self.same(lambda db, _: [tag.name for tag in db.tags()])

    @rule(name=_TAGS)
    def drop_tag(self, name: str) -> None:
        """A name that may not be there."""
        self.same(lambda db, _: db.drop_tag(name))

    @rule(name=_TAGS, criteria=draw.criteria(1), key=_KEYS)
    def ask_a_tag(self, name: str, criteria: dict[str, Any], key: str) -> None:
        """Queries and reads at a name."""
        self.same(lambda db, _: db.query_ids({**criteria, "as_of": name}))
        self.same(lambda db, _: _seen(db, key, name))

    @rule(a=st.one_of(_TAGS, _PLACES, st.none()), b=st.one_of(_TAGS, _PLACES, st.none()))
    def diff(self, a: str | int | None, b: str | int | None) -> None:
        """Between names, moments and now."""

        def moment(given: str | int | None, side: int) -> Any:
            if not isinstance(given, int):
                return given
            return self.moments[given % len(self.moments)][side] if self.moments else None

        self.same(lambda db, side: [_told(one) for one in db.diff(moment(a, side), moment(b, side))])

    @rule(key=_KEYS, version=st.integers(1, 4))
    def revert(self, key: str, version: int) -> None:
        """To a version that may be gone, or a deletion."""
        self.same(lambda db, _: db.revert(key, version))
        self.remember(key)

    @rule(
        place=st.one_of(st.none(), _PLACES),
        keep_versions=st.sampled_from([None, None, 1, 2]),
        min_confidence=st.sampled_from([None, None, 0.5]),
        where=st.one_of(st.none(), st.none(), _WHERE),
        max_bytes=st.sampled_from([None, None, None, 0, 1 << 40]),
        force=st.booleans(),
    )
    def cleanup(self, place: int | None, force: bool, **rules: Any) -> None:
        """Told first and done then, or refused by both."""
        pair = (None, None) if place is None or not self.moments else self.moments[place % len(self.moments)]

        def run(db: DatabaseManager, side: int) -> list[Any]:
            told = db.cleanup(older_than=pair[side], **rules, dry_run=True)
            done = db.cleanup(older_than=pair[side], **rules, force=force)
            assert _counts(told) == _counts(done)
            return [_counts(done), told.refused is None]

        self.same(run)
        for db in (self.real, self.oracle):
            assert db.verify_integrity().ok

    @rule(key=_KEYS, keep_versions=st.integers(1, 3), step=st.sampled_from(["store", "update", "delete"]))
    def write_bounded(self, key: str, keep_versions: int, step: str) -> None:
        """By a manager that keeps so many versions."""

        def run(db: DatabaseManager, _: int) -> Any:
            keeper = type(db)._on(db._session.backend, keep_versions=keep_versions)
            if step == "store":
                return keeper.store_prediction("MKT", None, {"n": 1}, prediction_id=key, on_conflict="replace")
            if step == "update":
                return keeper.update_prediction(key, {"metadata": {"n": keep_versions}})
            return keeper.delete_prediction(key)

        self.same(run)
        self.remember(key)

    @precondition(lambda self: self.moments)
    @rule(key=_KEYS)
    def ask_every_moment(self, key: str) -> None:
        """What one prediction was at each moment there was: as it was, or gone."""
        for pair in self.moments[-20:]:
            self.same(lambda db, side, pair=pair: _seen(db, key, pair[side]))


def _seen(db: DatabaseManager, key: str, moment: Any) -> tuple[Any, ...]:
    found = db.get_prediction(key, as_of=moment)
    return found.version, found.sequence, found.seed, repr(found.metadata)


def _told(one: Any) -> tuple[Any, ...]:
    return one.kind, one.prediction_id, one.before, one.after, sorted(one.changed)


def _counts(report: Any) -> list[Any]:
    return [report.versions, report.ids, report.deletions, report.analyses]
