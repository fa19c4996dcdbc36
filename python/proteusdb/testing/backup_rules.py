"""Rules of the state machine about backups and archives, written at one time and restored at any other.

::

    x  <-  y  <-  z        `x` a full backup, or an archive; each of the others built on the one before, if it may be
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

if TYPE_CHECKING:
    from proteusdb import DatabaseManager

__all__ = ["BackupRules"]

_BASES = {"y": "x", "z": "y"}


class BackupRules:
    """Mixed into `machine.Twins`, whose two databases it uses."""

    folder: Path
    real: DatabaseManager
    oracle: DatabaseManager
    same: Callable[..., Any]

    @rule(kind=st.sampled_from(["backup", "archive"]))
    def restore_what_was_written(self, kind: str) -> None:
        """A backup or an archive of all there is takes the place of all there is: nothing changes."""

        def there_and_back(db: DatabaseManager, side: int) -> int:
            path = self.folder / f"{side}.{kind}"
            report = db.backup(path, overwrite=True) if kind == "backup" else db.export(path, overwrite=True)
            db.restore(report.path, overwrite=True)
            return db.count()

        if self._can_be_told():
            self.same(there_and_back)

    @rule(name=st.sampled_from("xyz"), archive=st.booleans())
    def back_up(self, name: str, archive: bool) -> None:
        """For later; on a base that may be there, may be of a store that is no more, or may lack what was purged."""

        def write(db: DatabaseManager, side: int) -> str:
            path, base = self._file(side, name), _BASES.get(name)
            if base is None and archive:
                db.export(path, overwrite=True)
                return "archive"
            return db.backup(path, incremental_from=base and self._file(side, base), overwrite=True).kind

        if self._can_be_told():
            self.same(write)

    @rule(name=st.sampled_from("xyz"))
    def restore(self, name: str) -> None:
        """What was written some time ago; its base may be another by now."""

        def run(db: DatabaseManager, side: int) -> Any:
            report = db.restore(self._file(side, name), overwrite=True)
            return len(report.files), report.predictions, db.verify_integrity().faults

        if self._can_be_told():
            self.same(run)

    @rule(name=st.sampled_from("xyz"))
    def load(self, name: str) -> None:
        """Adds what is not here; where an embedded store wrote it, it may be no archive."""
        archives = [self._file(side, name) for side in (0, 1)]
        if self._can_be_told() and name != "x" and all(path.exists() for path in archives):
            self.same(lambda db, side: (db.load_archive(archives[side]).imported, db.count()))

    def _file(self, side: int, name: str) -> Path:
        return self.folder / f"{side}-{name}.backup"

    def _can_be_told(self) -> bool:
        """Whether records say all there is: that something between two versions was cleaned up, they do not."""
        backend: Any = self.oracle._session.backend
        return not backend.has_gaps() and self.real._session.backend.capabilities.histories
