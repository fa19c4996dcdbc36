"""Looking after the database: versions, statistics, integrity."""

from __future__ import annotations

import time
from typing import Any

from ..report import IntegrityReport, Version
from ..versions import history, revert
from .base import Verbs

__all__ = ["CareVerbs"]


class CareVerbs(Verbs):
    """Care of what is stored."""

    def history(self, prediction_id: str) -> list[Version]:
        """Every version of a prediction, oldest first, with its time and what it changed.

        Raises
        ------
        PredictionNotFoundError
            The id was never stored, or was purged.
        """
        return history(self._session, prediction_id)

    def revert(self, prediction_id: str, version: int) -> int:
        """Writes an earlier version again, as the next one; brings back what was deleted.

        Parameters
        ----------
        prediction_id : str
            The prediction.
        version : int
            The version to write again.

        Returns
        -------
        int
            The new version's number.

        Raises
        ------
        PredictionNotFoundError
            There is no such version.
        """
        return revert(self._session, prediction_id, version)

    def stats(self) -> dict[str, Any]:
        """Counts and sizes of what is stored."""
        return self._session.outside("stats").stats()

    def verify_integrity(self) -> IntegrityReport:
        """Walks every table and checks that all of it fits together.

        Returns
        -------
        IntegrityReport
            With `.ok` and one line a fault.
        """
        started = time.monotonic()
        faults = self._session.outside("verify_integrity").check()
        return IntegrityReport(tuple(faults), time.monotonic() - started)
