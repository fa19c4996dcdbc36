"""The embedded back end: one LMDB file, kept by the compiled core.

A thin name for `_core.Store`: every call goes straight through. After a fork the core reopens the file in the child by
itself; the hooks are registered at the end of this module.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import _core
from .._core import Operation, Stored
from ..errors import PredictionNotFoundError, ProteusError
from .base import Capabilities, Outcome

__all__ = ["LmdbBackend"]


class LmdbBackend:
    """Predictions in one LMDB file and its lock file.

    Parameters
    ----------
    path : str
        The file; made absolute, so that a change of the working directory changes nothing.
    read_only, durability, mode, timeout, allow_network_fs
        As in `DatabaseManager`.
    map_size : int or None
        First size of the memory map in bytes; `None` takes a large address space.

    Raises
    ------
    ConnectionError
        The file cannot be opened or is none of ours; the message says what it is and what to do.
    """

    def __init__(
        self,
        path: str,
        *,
        read_only: bool,
        durability: str,
        mode: int,
        timeout: float,
        allow_network_fs: bool,
        map_size: int | None,
    ) -> None:
        self.capabilities = Capabilities(name="lmdb", durable=True, processes=True)
        self.path = os.path.abspath(path)
        self.url = "lmdb://" + Path(self.path).as_uri().removeprefix("file://")
        self._store = _core.Store.open(
            self.path,
            read_only=read_only,
            durability="relaxed" if durability == "relaxed" else "full",
            mode=mode,
            timeout=timeout,
            allow_network_fs=allow_network_fs,
            map_size=map_size,
        )

    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[Outcome | ProteusError]:
        """See `Backend.apply`."""
        return self._store.apply(operations, each_alone=each_alone)

    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None:
        """See `Backend.get`."""
        return self._store.get(prediction_id, version=version, as_of=as_of)

    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]:
        """See `Backend.get_many`."""
        return self._store.get_many(keys)

    def history(self, prediction_id: str) -> list[Stored]:
        """See `Backend.history`."""
        try:
            return self._store.history(prediction_id)
        except PredictionNotFoundError:
            return []

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """See `Backend.part`."""
        return self._store.part(stored, kind, name)

    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]:
        """See `Backend.parts`."""
        return self._store.parts(stored, kind, name)

    def ids(self, after: str | None, limit: int) -> list[str]:
        """See `Backend.ids`."""
        return self._store.ids(after, limit)

    def query(self, criteria: Mapping[str, Any], timeout: float | None) -> list[tuple[str, int]]:
        """See `Backend.query`."""
        return self._store.query(criteria, timeout)

    def count(self, criteria: Mapping[str, Any], timeout: float | None) -> int:
        """See `Backend.count`."""
        return self._store.count(criteria, timeout)

    def explain(self, criteria: Mapping[str, Any], timeout: float | None) -> dict[str, Any]:
        """See `Backend.explain`."""
        return self._store.explain(criteria, timeout)

    def best(self, criteria: Mapping[str, Any], by: str, per: str, timeout: float | None) -> list[tuple[str, int]]:
        """See `Backend.best`."""
        return self._store.best(criteria, by, per, timeout)

    def get_model(self, model_id: str) -> dict[str, Any] | None:
        """See `Backend.get_model`."""
        return self._store.get_model(model_id)

    def list_models(self) -> list[dict[str, Any]]:
        """See `Backend.list_models`."""
        return self._store.list_models()

    def get_analysis(self, analysis_id: str) -> dict[str, Any] | None:
        """See `Backend.get_analysis`."""
        return self._store.get_analysis(analysis_id)

    def list_analyses(self, prediction_id: str | None) -> list[str]:
        """See `Backend.list_analyses`."""
        try:
            return self._store.list_analyses(prediction_id)
        except PredictionNotFoundError:
            return []

    def stats(self) -> dict[str, Any]:
        """See `Backend.stats`."""
        return self._store.stats()

    def check(self) -> list[str]:
        """See `Backend.check`."""
        return self._store.check()

    def close(self) -> None:
        """See `Backend.close`."""
        self._store.close()


# Once a process; a child inherits the registration. Here, because whoever opens a store has imported this module.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_core.before_fork,
        after_in_parent=_core.after_fork_in_parent,
        after_in_child=_core.after_fork_in_child,
    )
