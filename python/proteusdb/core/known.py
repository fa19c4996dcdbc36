"""What a writer finds in the store that makes the next records shorter.

::

    the files stored last        ->  exemplars: what is left of files like them is packed by those
    a sample of a draft's job    ->  its arrays: those of the next samples are coded beside them

Looked for when the first draft comes that could use it, once a session, and once a job. Nothing depends on it: records
that are written without are longer, and read alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from .._core import Settings, Stored
from ..backends.base import Backend
from ..errors import ProteusError

__all__ = ["Known", "reference_of"]

_FILES = 32
"""So many predictions are looked at for what their files are packed by."""


class Known:
    """Tells an encoder of what is stored.

    Parameters
    ----------
    backend : Backend
        Where it is stored; asked aside from what callers ask, so it must be none that counts calls.
    settings : Settings
        The encoder's.
    """

    def __init__(self, backend: Backend, settings: Settings) -> None:
        self._backend = backend
        self._settings = settings
        self._files = False

    def meet(self, drafts: Sequence[Mapping[str, Any]]) -> None:
        """Looks for what these drafts could use and no draft before them could."""
        with suppress(ProteusError):
            if not self._files and any(draft.keys() & {"file", "originals"} for draft in drafts):
                self._files = True
                self._know_files()
            jobs = [draft.get("job") for draft in drafts if draft.get("arrays") is not None]
            for job in dict.fromkeys(job for job in jobs if isinstance(job, str)):
                if not self._settings.meet_job(job):
                    self._know_arrays(job)

    def _find(self, criteria: Mapping[str, Any]) -> list[Stored]:
        found = self._backend.get_many(self._backend.query(criteria, None))
        return [stored for stored in found if stored is not None]

    def _know_files(self) -> None:
        for stored in reversed(self._find({"order_by": "-created_at", "limit": _FILES})):
            last: dict[str, int] = {}
            for kind, name, _ in stored.parts:
                if kind == "source":
                    file, _, place = name.rpartition("#")
                    last[file] = max(int(place), last.get(file, 0))
            for file, highest in last.items():
                source = f"{file}#{highest}"
                if reference_of(stored, "source", source) is None:
                    original = self._backend.part(stored, "original", file)
                    self._settings.know_file(original, self._backend.part(stored, "source", source))

    def _know_arrays(self, job: str) -> None:
        for stored in self._find({"job": job, "limit": 1}):
            for kind, name, _ in stored.parts:
                if kind == "array":
                    beside = reference_of(stored, kind, name)
                    part = (kind, name) if beside is None else ("reference", beside)
                    self._settings.know_array(job, name, self._backend.part(stored, *part))


def reference_of(stored: Stored, kind: str, name: str) -> str | None:
    """The name of the part that an array or a source was coded beside; None where it was coded alone."""
    wanted = f"{kind} {name}"
    there = any((of, called) == ("reference", wanted) for of, called, _ in stored.parts)
    return wanted if there else None
