"""`DatabaseMigrator`: the schema of a store, and moving it to another.

::

    schema 1 ──> 2 ──> 3        each step one transaction; what going back would lose is said first

The steps themselves are the back end's. Nothing is upgraded by opening it.
"""

from __future__ import annotations

import getpass
import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from ..backends.base import Backend
from ..errors import ConflictError, ValidationError
from .config import Config, open_backend
from .keeping.backup import BackupReport, backup
from .keeping.restore import RestoreReport, restore
from .keeping.verify import verify
from .manager import DatabaseManager
from .report import IntegrityReport
from .session import Session
from .times import from_micros
from .url import place_of

__all__ = ["DatabaseMigrator", "SchemaMove", "SchemaStep", "latest_schema"]


@dataclass(frozen=True, slots=True)
class SchemaStep:
    """A step that would be taken.

    Attributes
    ----------
    from_version, to_version : int
        Schemas before and after.
    description, cost : str
        What the step does, and what it takes.
    loses : tuple of str
        What it would lose, one line each.
    """

    from_version: int
    to_version: int
    description: str
    cost: str
    loses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaMove:
    """A step that was taken.

    Attributes
    ----------
    from_version, to_version : int
        Schemas before and after.
    at : datetime
        When, UTC.
    by : str
        Who, as `user@host`.
    program : str
        Version of proteusdb.
    backup : str or None
        The backup that was made before it, where this call made one.
    """

    from_version: int
    to_version: int
    at: datetime
    by: str
    program: str
    backup: str | None = None


def latest_schema(backend: Any) -> int:
    """The schema this program writes to such a store."""
    return int(backend.latest_schema) if backend.capabilities.schemas else 1


class DatabaseMigrator:
    """Tells the schema of a database and moves it to another; a context manager.

    Parameters
    ----------
    database : DatabaseManager, path or URL, optional
        What to look after; as `DatabaseManager()` where nothing is given. A store of an older schema is opened as it
        is.

    Raises
    ------
    ConnectionError
        It cannot be opened; of a schema from the future the message names the program that reads it.

    Examples
    --------
    >>> from proteusdb import DatabaseMigrator
    >>> with DatabaseMigrator("old.db") as migrator:
    ...     migrator.current_version == migrator.latest_version
    True
    """

    def __init__(self, database: DatabaseManager | str | os.PathLike[str] | None = None) -> None:
        if isinstance(database, DatabaseManager):
            given: Session | None = database._session
            config = database._session.config
        else:
            given = None
            config = Config.from_arguments({} if database is None else place_of(database))
        if given is None or given.backend.capabilities.schemas:
            self._session = Session(config, open_backend(config, any_schema=True))
        else:
            self._session = given
        self._owned = self._session is not given

    @property
    def _backend(self) -> Backend:
        return self._session.outside("a migration")

    @property
    def current_version(self) -> int:
        """The schema the store has."""
        backend: Any = self._backend
        return int(backend.standing().schema) if backend.capabilities.schemas else 1

    @property
    def latest_version(self) -> int:
        """The schema this program writes."""
        return latest_schema(self._backend)

    def history(self) -> list[SchemaMove]:
        """Every move between schemas that was made with this store, in order."""
        backend: Any = self._backend
        return [_move(made) for made in backend.moves()] if backend.capabilities.schemas else []

    def plan(self, target: int | None = None) -> list[SchemaStep]:
        """What moving to a schema would do; nothing is changed.

        Parameters
        ----------
        target : int, optional
            The schema; the latest unless given.

        Raises
        ------
        ValidationError
            There is no such schema.
        """
        backend: Any = self._backend
        wanted = self._target(target)
        steps = backend.plan(wanted) if backend.capabilities.schemas else []
        return [
            SchemaStep(step["from"], step["to"], step["description"], step["cost"], tuple(step["loses"]))
            for step in steps
        ]

    def upgrade_schema(self, target: int | None = None) -> list[SchemaMove]:
        """Moves up to a schema, step by step; other processes reopen the store.

        Parameters
        ----------
        target : int, optional
            The schema; the latest unless given. The present one: nothing is done.

        Returns
        -------
        list of SchemaMove
            The steps that were taken.

        Raises
        ------
        ValidationError
            There is no such schema, or it is below the present one.
        StorageError
            A step failed; the store has the schema before it.
        """
        wanted = self._target(target)
        if wanted < self.current_version:
            raise ValidationError(
                f"schema {wanted} is below the present {self.current_version}; downgrade_schema({wanted}) goes down"
            )
        return self._go(wanted, allow_loss=False, backup=None)

    def downgrade_schema(self, version: int, *, allow_loss: bool = False) -> list[SchemaMove]:
        """Moves down to a schema, so that an earlier program can write the store; a backup is made before.

        Parameters
        ----------
        version : int
            The schema.
        allow_loss : bool
            Go on where something would be lost.

        Returns
        -------
        list of SchemaMove
            The steps that were taken; `backup` names the file that was made before.

        Raises
        ------
        ValidationError
            There is no such schema, or it is above the present one.
        ConflictError
            Something would be lost; the message says what. Nothing was changed.
        """
        wanted = self._target(version)
        if wanted > self.current_version:
            raise ValidationError(
                f"schema {wanted} is above the present {self.current_version}; upgrade_schema({wanted}) goes up"
            )
        steps = self.plan(wanted)
        lost = [line for step in steps for line in step.loses]
        if lost and not allow_loss:
            raise ConflictError(
                f"going back to schema {wanted} would lose {'; '.join(lost)}; allow_loss=True goes all the same, "
                "nothing was changed"
            )
        if not steps:
            return []
        self._session.check_writable()
        kept = self.backup(self._backup_path()).path
        return self._go(wanted, allow_loss=allow_loss, backup=kept)

    def _backup_path(self) -> str:
        own = getattr(self._backend, "path", self._session.config.database)
        stem = f"{own}-schema-{self.current_version}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
        path, number = f"{stem}.backup", 1
        while os.path.exists(path):
            path, number = f"{stem}-{number}.backup", number + 1
        return path

    def _go(self, target: int, *, allow_loss: bool, backup: str | None) -> list[SchemaMove]:
        self._session.check_writable()
        backend: Any = self._backend
        if not backend.capabilities.schemas:
            return []
        return [_move(made, backup) for made in backend.migrate(target, allow_loss=allow_loss, by=_whoami())]

    def _target(self, target: int | None) -> int:
        latest = self.latest_version
        if target is None:
            return latest
        if not isinstance(target, int) or isinstance(target, bool) or not 1 <= target <= latest:
            raise ValidationError(f"schema {target!r}: allowed are 1 to {latest}")
        return target

    def backup(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> BackupReport:
        """As `DatabaseManager.backup`, of a store of any schema.

        Parameters
        ----------
        path : path
            The backup's file.
        overwrite : bool
            Whether a file that is there may be replaced.

        Returns
        -------
        BackupReport

        Raises
        ------
        StorageError, ValidationError
            As `DatabaseManager.backup`.
        """
        return backup(self._session, path, None, overwrite, None)

    def restore(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> RestoreReport:
        """As `DatabaseManager.restore`; a backup of an older schema stays at it.

        Parameters
        ----------
        path : path
            The backup, or the last of a chain of them.
        overwrite : bool
            Whether what the database holds may be replaced.

        Returns
        -------
        RestoreReport

        Raises
        ------
        StorageError, ValidationError
            As `DatabaseManager.restore`.
        """
        return restore(self._session, path, overwrite, None, any_schema=True)

    def verify_integrity(self) -> IntegrityReport:
        """As `DatabaseManager.verify_integrity`, of a store of any schema."""
        return verify(self._session, False, None)

    def close(self) -> None:
        """Lets go of the database; a manager that was given stays open."""
        if self._owned:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<DatabaseMigrator {self._session.url}>"


def _move(made: dict[str, Any], backup: str | None = None) -> SchemaMove:
    return SchemaMove(made["from"], made["to"], from_micros(made["at"]), made["by"], made["program"], backup)


def _whoami() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A process of a user that the system does not know.
        user = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return f"{user}@{socket.gethostname()}"
