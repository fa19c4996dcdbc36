"""The embedded back end: one LMDB file, kept by the compiled core.

A thin name for `_core.Store`: every call goes straight through. After a fork the core reopens the file in the child by
itself; the hooks are registered at the end of this module.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import _core
from .._core import Operation, Stored, Structure
from ..errors import CorruptionError, PredictionNotFoundError, ProteusError
from .base import Capabilities, Change, Outcome, Standing
from .lmdb_keeping import LmdbKeeping
from .settings import apply_settings, settings_of

__all__ = ["LmdbBackend"]

_CHUNK = 256
"""Versions that are read in one transaction."""


class LmdbBackend(LmdbKeeping):
    """Predictions in one LMDB file and its lock file.

    Parameters
    ----------
    path : str
        The file; made absolute, so that a change of the working directory changes nothing.
    read_only, durability, mode, timeout, allow_network_fs
        As in `DatabaseManager`.
    map_size : int or None
        First size of the memory map in bytes; `None` takes a large address space.
    cache_size : int
        Bytes of decoded structures that are remembered, and, a quarter of it, of answers until the next write.

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
        any_schema: bool = False,
        cache_size: int = 64 << 20,
    ) -> None:
        self.latest_schema = int(_core.LATEST_SCHEMA)
        self.capabilities = Capabilities(
            name="lmdb",
            durable=True,
            processes=True,
            past=True,
            quota=True,
            schema=True,
            histories=True,
            images=True,
            schemas=True,
            decodes=True,
            readers=True,
        )
        self.path = os.path.abspath(path)
        self._options: dict[str, Any] = {
            "read_only": read_only,
            "durability": durability,
            "mode": mode,
            "timeout": timeout,
            "allow_network_fs": allow_network_fs,
            "map_size": map_size,
            "cache_size": cache_size,
        }
        self.url = "lmdb://" + Path(self.path).as_uri().removeprefix("file://")
        self._store = _core.Store.open(
            self.path,
            read_only=read_only,
            durability="relaxed" if durability == "relaxed" else "full",
            mode=mode,
            timeout=timeout,
            allow_network_fs=allow_network_fs,
            map_size=map_size,
            any_schema=any_schema,
            cache_bytes=cache_size,
        )
        self.keeper = _core.Keeper(self._store)
        self._care = _core.Care(self._store)

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

    def structures(self, stored: Sequence[Stored], keep: bool) -> list[Structure | None]:
        """See `Decoder.structures`."""
        return self._store.structures(stored, keep)

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

    def create_index(self, field: str) -> bool:
        """See `Backend.create_index`."""
        return self._store.create_index(field)

    def drop_index(self, field: str) -> None:
        """See `Backend.drop_index`."""
        self._store.drop_index(field)

    def list_indexes(self) -> list[tuple[str, int]]:
        """See `Backend.list_indexes`."""
        return self._store.list_indexes()

    def stats(self) -> dict[str, Any]:
        """See `Backend.stats`."""
        return self._store.stats()

    def compact(self, compression: str | None) -> None:
        """See `Backend.compact`."""
        if compression is not None:
            self._store.recompress(compression)
        self.shrink()

    def shrink(self) -> None:
        """Gives the room of what was purged, cleaned up or rewritten back to the file system.

        Readers and writers of all processes go on; writers wait while the file is written anew. That takes as much
        free disk as what is stored.

        Raises
        ------
        StorageError
            There is no room for the new file, or the store is open to read; it is as it was.
        """
        self._store.shrink()

    def check(self) -> list[str]:
        """See `Backend.check`."""
        return self._store.check()

    def verify(self, watch: Callable[[int, int], Any] | None) -> dict[str, Any]:
        """See `Backend.verify`."""
        return self.keeper.verify(watch)

    def repair(self, watch: Callable[[int, int], Any] | None) -> tuple[list[tuple[str, str]], str | None]:
        """See `Backend.repair`."""
        quarantined, kept = self.keeper.repair(watch)
        return quarantined, None if kept is None else os.fspath(kept)

    def copy_into(self, path: str, offset: int, watch: Callable[[int, int], Any] | None) -> dict[str, Any]:
        """See `Backend.copy_into`."""
        return self.keeper.copy_into(path, offset, watch)

    def publish(self, path: str, overwrite: bool, watch: Callable[[int, int], Any] | None) -> dict[str, Any]:
        """Writes one consistent state into a sealed file: `length`, `digest`, `published_at` (µs)."""
        return self.keeper.publish(path, overwrite, watch)

    def standing(self) -> Standing:
        """See `Backend.standing`."""
        return Standing(*self.keeper.standing())

    def commits(self, after: int | None, until: int) -> Iterator[Change]:
        """See `Backend.commits`."""
        models, analyses = self.keeper.touched(after, until)
        gone: list[Change] = []
        for model_id in models:
            model = self.get_model(model_id)
            if model is not None:
                yield Change("model", model)
            elif after is not None:
                gone.append(Change("no model", model_id))
        start: bytes | None = None
        while True:
            versions, start = self.keeper.versions_after(after, until, start, _CHUNK)
            yield from (Change("version", stored) for stored in versions)
            if start is None:
                break
        for analysis_id in analyses:
            analysis = self.get_analysis(analysis_id)
            if analysis is not None:
                yield Change("analysis", analysis)
            elif after is not None:
                gone.insert(0, Change("no analysis", analysis_id))
        yield from gone
        yield Change("settings", settings_of(self))

    def take(self, changes: Sequence[Change], *, fresh: bool) -> list[bool]:
        """See `Backend.take`."""
        items = [change for change in changes if change.kind != "settings"]
        new = iter(self.keeper.import_items(items, fresh=fresh))
        return [
            apply_settings(self, change.item, fresh) if change.kind == "settings" else next(new) for change in changes
        ]

    def replaced(self, fill: Callable[["LmdbBackend"], None], image: tuple[str, int, int] | None) -> None:
        """See `Backend.replaced`."""
        staged = f"{self.path}-restoring"
        _remove(staged)
        try:
            if image is not None:
                _core.extract_file(*image, staged)
            other = LmdbBackend(staged, **{**self._options, "read_only": False, "any_schema": image is not None})
            try:
                if image is None:
                    # Who holds a version of this store must not find other bytes under its numbers.
                    with contextlib.suppress(CorruptionError):
                        other.keeper.skip_blobs(self.keeper.last_blob())
                fill(other)
            finally:
                other.close()
            _remove(f"{staged}-lock")
            self.keeper.adopt(staged)
        finally:
            _remove(staged)

    def plan(self, target: int) -> list[dict[str, Any]]:
        """The steps to a schema, with what each does, costs and loses."""
        return self.keeper.plan(target)

    def moves(self) -> list[dict[str, Any]]:
        """Every move between schemas that was made."""
        return self.keeper.moves()

    def migrate(self, target: int, *, allow_loss: bool, by: str) -> list[dict[str, Any]]:
        """Moves to a schema, step by step."""
        return self.keeper.migrate(target, allow_loss=allow_loss, by=by)

    def close(self) -> None:
        """See `Backend.close`."""
        self._store.close()


def _remove(path: str) -> None:
    """A store that nobody has open, and its lock file."""
    for each in (path, f"{path}-lock"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(each)


# Once a process; a child inherits the registration. Here, because whoever opens a store has imported this module.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_core.before_fork,
        after_in_parent=_core.after_fork_in_parent,
        after_in_child=_core.after_fork_in_child,
    )
