"""Keeping the database safe: backups, restoring, archives."""

from __future__ import annotations

import os

from ..keeping.backup import BackupReport, backup
from ..keeping.publish import PublishReport, publish
from ..keeping.restore import RestoreReport, load_archive, restore
from ..keeping.salvage import SalvageReport, salvage, salvage_file
from ..progress import Callback
from .base import Verbs

__all__ = ["KeepVerbs"]


class KeepVerbs(Verbs):
    """Backups and archives."""

    def backup(
        self,
        path: str | os.PathLike[str],
        *,
        incremental_from: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        progress: bool | Callback | None = None,
    ) -> BackupReport:
        """Writes one consistent state into one file that proves itself, while others read and write.

        Parameters
        ----------
        path : path
            The file. It has its name only once it is complete and on the disk.
        incremental_from : path, optional
            An earlier backup, full or incremental: only what commits after it left is written. To restore, the files of
            the chain must lie in one folder.
        overwrite : bool
            Replace a file that is there.
        progress : bool or callable, optional
            As in `store_predictions`.

        Returns
        -------
        BackupReport

        Raises
        ------
        StorageError
            The path is taken, is the store itself or a file this one is built on, or cannot be written; or a full
            backup is needed, because versions were purged, trimmed or cleaned up, or the store was restored, after the
            earlier one.
        ValidationError, CorruptionError
            `incremental_from` is no backup, or a damaged one.

        Examples
        --------
        >>> monday = db.backup("monday.backup")
        >>> prediction_id = db.store_prediction("MKV", None)
        >>> tuesday = db.backup("tuesday.backup", incremental_from="monday.backup")
        """
        return backup(self._session, path, incremental_from, overwrite, progress)

    def publish(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | Callback | None = None
    ) -> PublishReport:
        """Writes one consistent state into a sealed, checksummed file, while others read and write.

        The file is compact and never written again. `DatabaseManager(database_path=path, read_only=True)` opens it
        without a lock file and without permission to write, on any file system and from any number of hosts;
        `verify_integrity` checks every byte. Who wants to go on writing copies it to another database.

        Parameters
        ----------
        path : path
            The file. It has its name, and the permissions 0444, only once it is complete and on the disk.
        overwrite : bool
            Replace a file that was published before; those who read it see the new one from their next call on.
        progress : bool or callable, optional
            As in `store_predictions`.

        Returns
        -------
        PublishReport

        Raises
        ------
        StorageError
            The path is taken, is no published file, is the database itself or cannot be written; or the database is no
            LMDB file. Nothing is left then.

        Examples
        --------
        >>> report = db.publish("release.db")
        >>> from proteusdb import DatabaseManager
        >>> with DatabaseManager(database_path="release.db", read_only=True) as release:
        ...     release.count() == db.count()
        True
        """
        return publish(self._session, path, overwrite, progress)

    def restore(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | Callback | None = None
    ) -> RestoreReport:
        """Makes this database what a backup or archive holds.

        Every byte of the file, and of those an incremental one was built on, is verified before anything is replaced.
        The database is replaced in one piece: other processes find the old one or the new one.

        Parameters
        ----------
        path : path
            The backup; the last of a chain restores the whole chain. Or an archive.
        overwrite : bool
            Replace what this database holds.
        progress : bool or callable, optional
            As in `store_predictions`.

        Returns
        -------
        RestoreReport

        Raises
        ------
        StorageError
            The database is not empty, the base of an incremental backup is missing, or the disk is full.
        CorruptionError
            A file is cut short or was changed.
        ValidationError
            It is no backup, or one of another kind of store.
        ConnectionError
            Its schema is another than this program writes.
        """
        return restore(self._session, path, overwrite, progress)

    def load_archive(self, path: str | os.PathLike[str], *, progress: bool | Callback | None = None) -> RestoreReport:
        """Adds what an archive holds to this database, with ids, versions and times as they were.

        What is here already is passed over, so a load that was stopped is repeated.

        Parameters
        ----------
        path : path
            An archive, or an incremental backup.
        progress : bool or callable, optional
            As in `store_predictions`.

        Returns
        -------
        RestoreReport

        Raises
        ------
        ConflictError
            A prediction has another history here; what stood before it in the archive is kept.
        CorruptionError
            The file is cut short or was changed; nothing was loaded.
        ValidationError
            It is no archive.
        """
        return load_archive(self._session, path, progress)

    def salvage(self, path: str | os.PathLike[str], *, progress: bool | Callback | None = None) -> SalvageReport:
        """Writes all that can be read of this database's file into a new one, whatever is damaged.

        Pages are read one by one, by a reader that believes none of them; what no tree leads to any more is found as
        well. Every record in the new file is verified: models, analyses, every version that still opens, with arrays,
        files and metadata. What was found and is damaged lies in its quarantine. This file is only read.

        Parameters
        ----------
        path : path
            The new file.
        progress : bool or callable, optional
            As in `store_predictions`.

        Returns
        -------
        SalvageReport
            With what was saved, and what was lost and why.

        Raises
        ------
        StorageError
            The path is taken, the disk is full, or the database is no embedded file.
        CorruptionError
            Nothing of a database was found.

        See Also
        --------
        salvage_file : the same of a file that cannot be opened.
        """
        return salvage(self._session, path, progress)

    @staticmethod
    def salvage_file(
        source: str | os.PathLike[str], path: str | os.PathLike[str], *, progress: bool | Callback | None = None
    ) -> SalvageReport:
        """As `salvage`, of a file that may be too damaged to be opened.

        Parameters
        ----------
        source : path
            The damaged file.
        path, progress
            As in `salvage`.

        Returns
        -------
        SalvageReport

        Raises
        ------
        StorageError, CorruptionError
            As `salvage`.
        """
        return salvage_file(source, path, progress)
