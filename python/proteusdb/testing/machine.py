"""Two databases told the same: a back end under test, and the oracle. They must never answer differently.

::

    rules      store, batch, update, delete, purge, models, analyses, transactions, reopen, query, get, history;
               revert, tags, differences, cleanup, keep_versions (`past_rules`)
    both       manager under test          memory oracle
               └───────── same answer, or an error of the same class ─────────┘

Ids of models are made by each back end, so a rule names a model by its place in the order of registration. Commit times
differ too; the past is asked by the times each side gave for the same step.

A test makes one class for its back end::

    TestLmdb = machine(lambda folder: DatabaseManager("lmdb", folder / "proteus.db")).TestCase
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ..errors import ProteusError
from . import strategies as draw
from .past_rules import PastRules
from .rows import rows

if TYPE_CHECKING:
    from proteusdb import DatabaseManager

__all__ = ["Twins", "machine"]

_FIELDS = "prediction_id sequence chain_types metadata job seed sample rank ranking_score confidence version".split()
#: Ids that are asked for and changed: mostly such as were stored.
_KEYS = st.one_of(draw.few_ids(), draw.few_ids(), draw.few_ids(), draw.ids())
_WHERE = st.sampled_from(
    [
        "length > 8 and not seed == 1",
        "metadata.organism is missing or job is null",
        "metadata.temperature > 0",
        "sequence glob '*K*' or model == 'esm2'",
        "confidence between 0.2 and 0.9",
        "created_at >= '2024-01-02'",
        "metadata.scores.ptm != 1 and version in [1, 2]",
    ]
)


class Twins(PastRules, RuleBasedStateMachine):
    """The rules; `machine` gives it a back end."""

    open_manager: Callable[[Path], DatabaseManager]
    persistent = True

    @initialize(n=st.integers(0, 12), seed=st.integers(0, 99))
    def begin(self, n: int, seed: int) -> None:
        """Two databases with the same few rows."""
        from . import memory_manager

        self.folder = Path(tempfile.mkdtemp(prefix="proteusdb-twins-"))
        self.real = type(self).open_manager(self.folder)
        self.oracle = memory_manager()
        self.models: list[tuple[str, str]] = []
        self.analyses: list[tuple[str, str]] = []
        self.moments: list[tuple[Any, Any]] = []
        for record in rows(n, seed):
            self.same(partial(_store, record))
            self.remember(record["prediction_id"])

    def teardown(self) -> None:
        """Closes both; a run that failed before `begin` has none."""
        if hasattr(self, "real"):
            self.real.close()
            self.oracle.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def both(self, call: Callable[[DatabaseManager, int], Any]) -> tuple[Any, Any]:
        """Calls both sides; raises where one fails and the other does not, or in another class."""
        answers = []
        for side, db in enumerate((self.real, self.oracle)):
            try:
                answers.append(call(db, side))
            except ProteusError as error:
                answers.append(_Failed(error))
        kinds = [answer.kind if isinstance(answer, _Failed) else None for answer in answers]
        assert kinds[0] == kinds[1], f"under test: {answers[0]!r}; oracle: {answers[1]!r}"
        return answers[0], answers[1]

    def same(self, call: Callable[[DatabaseManager, int], Any]) -> Any:
        """Both sides give this answer."""
        real, oracle = self.both(call)
        assert real == oracle, f"under test: {real!r}; oracle: {oracle!r}"
        return real

    # --- writing ------------------------------------------------------------------------------------------------------

    @rule(record=draw.records(), on_conflict=st.sampled_from(["error", "skip", "replace"]))
    def store(self, record: dict[str, Any], on_conflict: Literal["error", "skip", "replace"]) -> None:
        """One prediction, its id often taken."""
        self.same(lambda db, _: db.store_prediction(**record, on_conflict=on_conflict))
        self.remember(record["prediction_id"])

    @rule(record=draw.bad_records())
    def store_what_is_wrong(self, record: dict[str, Any]) -> None:
        """Refused by both."""
        self.both(lambda db, _: db.store_prediction(**record))

    @rule(kind=st.sampled_from(["backup", "archive"]))
    def restore_what_was_written(self, kind: str) -> None:
        """A backup or an archive of all there is takes the place of all there is: nothing changes."""

        def there_and_back(db: DatabaseManager, side: int) -> int:
            path = self.folder / f"{side}.{kind}"
            if not db._session.backend.capabilities.histories:
                return db.count()
            report = db.backup(path, overwrite=True) if kind == "backup" else db.export(path, overwrite=True)
            db.restore(report.path, overwrite=True)
            return db.count()

        self.same(there_and_back)

    @rule(records=st.lists(st.one_of(draw.records(with_structure=False), draw.bad_records()), max_size=6))
    def store_batch(self, records: list[dict[str, Any]]) -> None:
        """Good and bad records together; the bad ones are named and the good ones stored."""
        real, oracle = self.both(lambda db, _: db.store_predictions([dict(r) for r in records], on_error="skip"))
        assert (len(real.failed), list(real.ids)) == (len(oracle.failed), list(oracle.ids))

    @rule(key=_KEYS, change=draw.changes(), expected=st.sampled_from([None, None, None, 1, 2]))
    def update(self, key: str, change: dict[str, Any], expected: int | None) -> None:
        """A change, of what may be absent, at a version it may not have."""
        self.same(lambda db, _: db.update_prediction(key, change, expected_version=expected))
        self.remember(key)

    @rule(key=_KEYS, cascade=st.booleans(), purge=st.integers(0, 4).map(lambda n: n == 0))
    def delete(self, key: str, cascade: bool, purge: bool) -> None:
        """A delete, now and then for good."""
        self.both(lambda db, _: db.delete_prediction(key, cascade=cascade, purge=purge))

    @rule(
        steps=st.lists(st.tuples(_KEYS, st.sampled_from(["store", "update", "delete"])), max_size=5),
        fail=st.booleans(),
    )
    def transact(self, steps: list[tuple[str, str]], fail: bool) -> None:
        """Several steps as one, rolled back where `fail`; of one prediction where each is a unit of its own."""
        if not self.real._session.backend.capabilities.transactions:
            steps = [(steps[0][0], step) for _, step in steps]

        def run(db: DatabaseManager, _: int) -> list[Any]:
            seen: list[Any] = []
            try:
                with db.transaction():
                    for number, (key, step) in enumerate(steps):
                        seen.append(_attempt(db, key, step, number))
                    if fail:
                        raise _Stop
            except _Stop:
                seen.append("rolled back")
            return seen

        self.same(run)

    def remember(self, key: str) -> None:
        """A moment of both sides at which the past can be asked for."""
        real, oracle = self.both(lambda db, _: db.get_prediction(key).updated_at)
        if not isinstance(real, _Failed):
            self.moments.append((real, oracle))

    @rule(field=st.sampled_from(["metadata.temperature", "metadata.organism", "seed"]), declare=st.booleans())
    def index(self, field: str, declare: bool) -> None:
        """An index that comes or goes; no later answer may change."""
        self.same(lambda db, _: db.create_index(field) if declare else db.drop_index(field))
        self.same(lambda db, _: db.list_indexes())

    # --- models and analyses ------------------------------------------------------------------------------------------

    @rule(
        name=st.sampled_from(["esm2", "boltz2"]),
        version=st.sampled_from([None, "1.0", "2"]),
        setting=st.sampled_from([None, 1, 1.0, 2]),
    )
    def store_model(self, name: str, version: str | None, setting: Any) -> None:
        """A model, often one that is there."""
        configuration = None if setting is None else {"recycles": setting}
        pair = self.both(lambda db, _: db.store_model(name, version, configuration))
        if not isinstance(pair[0], _Failed):
            assert (pair[0] in [m[0] for m in self.models]) == (pair[1] in [m[1] for m in self.models])
            self.models.append(pair)

    @precondition(lambda self: self.models)
    @rule(
        place=st.integers(0, 99),
        name=st.sampled_from(["esm2", "boltz2", "renamed"]),
        setting=st.sampled_from([None, 5]),
    )
    def update_model(self, place: int, name: str, setting: Any) -> None:
        """Another name or setting; predictions follow."""
        pair = self.models[place % len(self.models)]
        self.both(lambda db, side: db.update_model(pair[side], {"name": name, "configuration": {"recycles": setting}}))

    @precondition(lambda self: self.models)
    @rule(place=st.integers(0, 99))
    def delete_model(self, place: int) -> None:
        """Refused while it is used."""
        pair = self.models[place % len(self.models)]
        if not isinstance(self.both(lambda db, side: db.delete_model(pair[side]))[0], _Failed):
            self.models = [other for other in self.models if other != pair]

    @precondition(lambda self: self.models)
    @rule(place=st.integers(0, 99), key=_KEYS)
    def store_with_model_id(self, place: int, key: str) -> None:
        """A prediction that names its model by id."""
        pair = self.models[place % len(self.models)]
        self.same(lambda db, side: db.store_prediction("MKT", None, prediction_id=key, model=pair[side]))

    @rule(key=_KEYS, results=draw.metadata())
    def store_analysis(self, key: str, results: dict[str, Any]) -> None:
        """An analysis of what may be absent."""
        pair = self.both(lambda db, _: db.store_analysis(key, {**results, "matrix": np.eye(2)}))
        if not isinstance(pair[0], _Failed):
            self.analyses.append(pair)

    @precondition(lambda self: self.analyses)
    @rule(place=st.integers(0, 99), delete=st.booleans())
    def touch_analysis(self, place: int, delete: bool) -> None:
        """Reads or deletes an analysis that a cascade may have taken."""
        pair = self.analyses[place % len(self.analyses)]
        if delete:
            self.both(lambda db, side: db.delete_analysis(pair[side]))
        else:
            real, oracle = self.both(lambda db, side: db.get_analysis(pair[side]))
            if not isinstance(real, _Failed):
                assert real["prediction_id"] == oracle["prediction_id"]
                np.testing.assert_equal(real["results"], oracle["results"])

    # --- asking -------------------------------------------------------------------------------------------------------

    @rule(criteria=draw.criteria())
    def query(self, criteria: dict[str, Any]) -> None:
        """Ids, order, page and count."""
        self.same(lambda db, _: db.query_ids(dict(criteria)))
        unpaged = {name: value for name, value in criteria.items() if name not in ("limit", "offset", "order_by")}
        self.same(lambda db, _: db.count(dict(unpaged)))

    @rule(criteria=draw.criteria(2), where=_WHERE)
    def query_where(self, criteria: dict[str, Any], where: str) -> None:
        """An expression beside other criteria."""
        self.same(lambda db, _: db.query_ids({**criteria, "where": where}))

    @precondition(lambda self: self.moments)
    @rule(criteria=draw.criteria(2), place=st.integers(0, 999), key=_KEYS)
    def ask_the_past(self, criteria: dict[str, Any], place: int, key: str) -> None:
        """`as_of` a moment both sides went through."""
        pair = self.moments[place % len(self.moments)]
        self.same(lambda db, side: db.query_ids({**criteria, "as_of": pair[side]}))
        self.same(lambda db, side: _content(db.get_prediction(key, as_of=pair[side])))

    @rule(criteria=draw.criteria(1), arguments=draw.best_arguments())
    def best(self, criteria: dict[str, Any], arguments: dict[str, Any]) -> None:
        """The best of each group."""
        kept = {name: value for name, value in criteria.items() if name not in ("limit", "offset", "order_by")}
        self.same(lambda db, _: sorted(p.prediction_id for p in db.best(arguments["by"], arguments["per"], kept)))

    @rule(key=_KEYS, version=st.sampled_from([None, None, 1, 2, 3]))
    def get(self, key: str, version: int | None) -> None:
        """Every column, structure and array of one version."""
        self.same(lambda db, _: _content(db.get_prediction(key, version=version)))

    @rule(key=_KEYS)
    def history(self, key: str) -> None:
        """The versions of one id."""
        self.same(lambda db, _: [(entry.version, sorted(entry.changed)) for entry in db.history(key)])

    @precondition(lambda self: self.persistent)
    @rule()
    def reopen(self) -> None:
        """Nothing is lost when the manager is."""
        self.real.close()
        self.real = type(self).open_manager(self.folder)

    @invariant()
    def both_hold_the_same(self) -> None:
        """The same ids after every step."""
        if hasattr(self, "real"):
            self.same(lambda db, _: db.query_ids())


class _Stop(Exception):
    """Rolls a transaction back."""


class _Failed:
    """An error as an answer."""

    def __init__(self, error: ProteusError) -> None:
        self.kind, self.text = type(error), str(error)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Failed) and self.kind is other.kind

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.kind.__name__}({self.text[:200]!r})"


def _store(record: dict[str, Any], db: DatabaseManager, _: int) -> str:
    return db.store_prediction(**record)


def _attempt(db: DatabaseManager, key: str, step: str, number: int) -> Any:
    """One step of a transaction and what can be read at once, or the class of its error."""
    try:
        if step == "store":
            db.store_prediction("MKT", None, {"n": number}, prediction_id=key)
        elif step == "update":
            db.update_prediction(key, {"metadata": {"n": number}, "seed": number})
        else:
            db.delete_prediction(key)
            return "deleted"
        return _content(db.get_prediction(key))
    except ProteusError as error:
        return type(error).__name__


def _content(found: Any) -> dict[str, Any]:
    """Everything of a prediction that both sides must agree on, comparable with `==`."""
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in found.arrays.items()}
    return {
        **{name: _exact(getattr(found, name)) for name in _FIELDS},
        "model": (found.model, found.model_version),
        "structure": found.structure,
        "arrays": arrays,
        "originals": dict(found.originals),
    }


def _exact(value: Any) -> Any:
    """Values that `==` alone would not tell apart: 1 and 1.0 and True, 0.0 and -0.0."""
    if isinstance(value, dict):
        return [(key, _exact(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    return (type(value).__name__, repr(value))


def machine(
    open_manager: Callable[[Path], DatabaseManager], *, persistent: bool = True, name: str = "Twins"
) -> type[Twins]:
    """A state machine for one back end.

    Parameters
    ----------
    open_manager : callable
        Takes an empty folder, or one it was given before, and returns a manager on the database there.
    persistent : bool
        Whether a new manager sees what an earlier one stored.
    name : str
        Of the class, as tests report it.

    Returns
    -------
    type
        A `RuleBasedStateMachine`; its `TestCase` is what pytest collects.
    """
    return type(name, (Twins,), {"open_manager": staticmethod(open_manager), "persistent": persistent})
