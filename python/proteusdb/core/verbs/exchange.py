"""Predictions to other databases and to formats of other programs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .base import Verbs

if TYPE_CHECKING:
    from ..copying import CopyReport
    from ..exporting import ExportReport
    from ..keeping.backup import BackupReport
    from ..progress import Callback

__all__ = ["ExchangeVerbs"]


class ExchangeVerbs(Verbs):
    """Copying and exporting."""

    def copy_to(
        self,
        url: str | os.PathLike[str],
        *,
        where: str | Mapping[str, Any] | None = None,
        progress: bool | Callback | None = None,
    ) -> CopyReport:
        """Copies predictions into another database, of any back end.

        What is copied are current versions with their arrays, files, models and analyses, as they are encoded; in the
        target each is a new version with the target's own number and time of commit. What the target has already with
        the same content is passed over, so a copy that was stopped is repeated; what it has otherwise gets a new
        version. Everything written is read back and compared.

        Parameters
        ----------
        url : str or path
            As `from_url` takes it; a database that is not there is made.
        where : str or dict, optional
            Only predictions that match: an expression, or criteria as in `query_predictions`.
        progress : None, True or callable
            As in `store_predictions`.

        Returns
        -------
        CopyReport
            How many were copied and passed over, and a digest of their content.

        Raises
        ------
        ValidationError
            The target is this database.
        ConnectionError
            The target cannot be opened.
        CorruptionError
            A prediction reads otherwise than it was written.

        Examples
        --------
        >>> db.copy_to("sqlite:good.db", where="confidence >= 0.9").copied
        1
        """
        from ..copying import copy_to
        from ..manager import DatabaseManager

        with DatabaseManager.from_url(url) as target:
            return copy_to(self._session, target._session, where, progress)

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        format: str = "archive",
        where: str | Mapping[str, Any] | None = None,
        overwrite: bool = False,
        progress: bool | Callback | None = None,
    ) -> ExportReport | BackupReport:
        """Writes predictions in a format of other programs.

        Parameters
        ----------
        path : path
            The file. For `pdb`, `mmcif` and `original` a new or empty folder, or a tar by its suffix (`.tar`,
            `.tar.gz`, `.tar.xz`).
        format : {"archive", "parquet", "csv", "jsonl", "fasta", "sql", "pdb", "mmcif", "original"}
            "archive": a tar of msgpack records and blobs with every version, model and analysis; any back end restores
            or loads it, and other programs read it by ARCHIVE.md. Rows without structures (`parquet` needs pyarrow);
            sequences; statements that fill any SQL database, with models and analyses; a file a structure; or the
            files that were loaded, byte for byte and in their folders.
        where : str or dict, optional
            Only predictions that match: an expression, or criteria as in `query_predictions`.
        overwrite : bool
            Replace a file that is there.
        progress : None, True or callable
            As in `store_predictions`.

        Returns
        -------
        ExportReport or BackupReport
            The latter of an archive.

        Raises
        ------
        ValidationError
            There is no such format.
        StorageError
            The place is taken or cannot be written; nothing half-written stays.

        Examples
        --------
        >>> report = db.export("good.fasta", format="fasta", where="confidence >= 0.9")
        """
        if format == "archive":
            from ..keeping.backup import archive

            return archive(self._session, path, where, overwrite, progress)
        from ..exporting import export

        return export(self._session, path, format, where, overwrite, progress)
