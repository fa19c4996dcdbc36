"""A spool's archives on their way into a database: what is not stored yet becomes steps of the load.

::

    0199….spool ──verified──> records ──ids looked up──> new                               stored
                                                         there, the same content           skipped, in whatever version
                                                         there, older ones cleaned up      skipped if written since
                                                         there, another content            as `on_conflict` says

So archives can be merged again and again, by whomever, and each record is stored once. The order is that of their
names, which is that of their writing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

from ... import _core
from ..._core import Operation, Stored
from ...errors import CorruptionError, ProteusError
from ..batch import Found as Outcome
from ..batch import Step
from ..bundle import Bundle
from ..keeping.container import Container, is_container
from ..keeping.records import read_changes
from ..names import is_spooled
from ..session import Session
from ..trees import Found
from ..versions import changed
from .spool import KIND

__all__ = ["Archive", "Merge", "archive_of", "read_archive"]

_REMEMBERED = 1 << 16
"""Records whose fate is remembered while the store may not answer for them yet."""

OnConflict = Literal["error", "skip", "replace"]

Given = tuple[Stored, OnConflict]
"""A record and what becomes of it where its id is taken."""

Archive = list[Given] | ProteusError | tuple[Literal["skipped"], str]
"""The records of an archive; or why there are none."""


def archive_of(item: Bundle | Found) -> Found | None:
    """The file, where an item of a load is such an archive; who named it himself gave a bundle."""
    found = item.structure if isinstance(item, Bundle) else item
    return found if found.problem is None and is_spooled(found.name) else None


def read_archive(found: Found) -> Archive:
    """Reads and verifies an archive."""
    if not os.path.isfile(found.name):
        return ("skipped", "a spool's archive within another archive; unpack that first")
    if not is_container(found.name):
        return ("skipped", "no archive of a spool, though its name says so")
    try:
        container = Container(found.name)
        container.verify()
        if container.manifest["kind"] != KIND:
            return ("skipped", "a backup or archive of a database; load_archive() or restore() takes it")
        return list(_records(container))
    except ProteusError as error:
        return error


def _records(container: Container) -> Iterator[Given]:
    conflicts = container.manifest["on_conflict"]
    versions = [change.item for change in read_changes(container)]
    if len(conflicts) != len(versions):
        raise CorruptionError(f"{container.path}: it has {len(versions)} records and says {len(conflicts)}")
    for stored, on_conflict in zip(versions, conflicts, strict=True):
        if isinstance(stored, Stored):
            yield stored, on_conflict


class Merge:
    """Archives to steps, of one load.

    Parameters
    ----------
    session : Session
        Where to.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._recent: dict[str, Stored] = {}

    def steps(self, name: str, archive: Archive) -> list[Step]:
        """What becomes of each record of an archive, or of the archive."""
        if not isinstance(archive, list):
            return [Step(name, 0, archive)]
        return [self._step(name, *given) for given in archive]

    def _step(self, name: str, stored: Stored, on_conflict: OnConflict) -> Step:
        size = sum(length for _, _, length in stored.parts) + len(stored.sequence)
        called = f"{name} ({stored.prediction_id!r})"
        return Step(called, size, self._found(stored, on_conflict), stored.prediction_id)

    def _found(self, stored: Stored, on_conflict: OnConflict) -> Outcome:
        key = stored.prediction_id
        try:
            if self._is_known(stored):
                return ("skipped", f"stored already, with the id {key!r}")
            if key in self._recent and self._same(self._recent[key], stored):
                return ("skipped", f"the same record as one before it, with the id {key!r}")
        except ProteusError as error:
            return error
        self._remember(stored)
        return Operation.store(stored, model=stored.model_id, on_conflict=on_conflict)

    def _remember(self, stored: Stored) -> None:
        self._recent[stored.prediction_id] = stored
        while len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]

    def _is_known(self, stored: Stored) -> bool:
        # What was deleted is known too, and only a history tells of it.
        history = self._session.backend.history(stored.prediction_id)
        if any(not version.deleted and self._same(version, stored) for version in history):
            return True
        # It may be among those that were cleaned up.
        return bool(history) and history[0].version > 1 and stored.updated_at <= history[-1].updated_at

    def _same(self, version: Stored, stored: Stored) -> bool:
        session = self._session
        if not self._is_model(version.model_id, stored.model_id):
            return False
        differing = set(changed(session, version, stored)) - {"model"}
        if differing != {"structure"}:
            return not differing
        # It may have been written anew in another profile since.
        blobs = [one.fresh("structure", "") or session.part(one, "structure", "") for one in (version, stored)]
        return bool(_core.decode_structure(blobs[0]) == _core.decode_structure(blobs[1]))

    def _is_model(self, model_id: str | None, named: str | None) -> bool:
        if model_id is None or named is None or model_id == named:
            return model_id == named
        record = self._session.backend.get_model(model_id)
        return record is not None and record["name"] == named
