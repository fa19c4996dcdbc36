"""The id of a loaded file, and whether it is stored already.

::

    ids="uuid"     UUIDv5 of (SHA-256 of the plain bytes, job, seed, sample)    the same file is the same id, anywhere
    ids="stem"     ranked_0.pdb.gz -> "ranked_0"
    ids=callable   callable(path) -> id

So a load can be repeated or resumed without a scan: the id says where to look, and the hash in `metadata.source.sha256`
whether what is found there is the same file.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Literal

from .._core import Stored
from ..backends.base import Backend
from ..errors import ConflictError, ValidationError
from .loaded import Loaded
from .names import stem_of

__all__ = ["Ids", "Known", "make_namer"]

Ids = Literal["uuid", "stem"] | Callable[[str], str]

_NAMESPACE = uuid.UUID("5b0c7a52-3d0e-5d0b-9a53-0d1f6f3c2e41")
"""Of ids made from content; fixed for ever, as changing it would store every file again."""


def make_namer(ids: Any) -> Callable[[Loaded], str]:
    """What gives a loaded file its id.

    Raises
    ------
    ValidationError
        `ids` is not allowed.
    """
    if ids == "uuid":
        return _from_content
    if ids == "stem":
        return lambda file: stem_of(file.bundle.structure.path)
    if not callable(ids):
        raise ValidationError(f"ids {ids!r}: allowed are 'uuid', 'stem', a callable that gets the path as a str")

    def ask(file: Loaded) -> str:
        name = ids(file.name)
        if not isinstance(name, str):
            raise ValidationError(f"ids gave {name!r} for {file.name}: a str is needed")
        return name

    return ask


def _from_content(file: Loaded) -> str:
    told = file.bundle.told
    identity = (None, None, None) if told is None else (told.job, told.seed, told.sample)
    # repr keeps None and "None" apart, and quotes what separates.
    return str(uuid.uuid5(_NAMESPACE, repr((file.sha256, *identity))))


class Known:
    """What is stored or on its way to the store, by id.

    What was prepared is stored some pieces later, so the latest `room` ids are remembered until
    the store answers for them.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._recent: dict[str, tuple[str, str, dict[str, str]]] = {}

    def settle(self, backend: Backend, files: Sequence[Loaded]) -> list[Loaded]:
        """Sets `stored` in the files whose structure is stored already, and `problem` in those that cannot be.

        Returns
        -------
        list of Loaded
            Those whose record is on its way to the store and has not all of their companions: they are to be settled
            again when it is there.
        """
        stored = backend.get_many([(file.prediction_id, None) for file in files])
        later: list[Loaded] = []
        for file, there in zip(files, stored, strict=True):
            if there is not None:
                self._meet_stored(file, there)
            elif file.prediction_id in self._recent:
                sha256, name, known = self._recent[file.prediction_id]
                self._meet(file, sha256, name)
                if sha256 == file.sha256 and not file.files().items() <= known.items():
                    later.append(file)
            else:
                self._remember(file)
        return later

    def forget(self, file: Loaded) -> None:
        """A file turned out to be none, so its like is not to be taken for stored."""
        self._recent.pop(file.prediction_id, None)

    def _remember(self, file: Loaded) -> None:
        self._recent[file.prediction_id] = (file.sha256, file.name, file.files())
        while len(self._recent) > self._room:
            del self._recent[next(iter(self._recent))]

    def _meet_stored(self, file: Loaded, stored: Stored) -> None:
        source = stored.metadata.get("source")
        named = source if isinstance(source, dict) else {}
        if named.get("sha256") == file.sha256:
            file.stored = stored
        else:
            self._meet(file, named.get("sha256"), named.get("name") or "another record")

    def _meet(self, file: Loaded, sha256: Any, name: Any) -> None:
        if sha256 == file.sha256:
            file.problem = ("skipped", f"the same bytes as {name}, whose id is {file.prediction_id!r}")
        else:
            file.problem = ConflictError(
                f"{file.name}: the id {file.prediction_id!r} is taken by {name}, whose bytes differ; give other "
                "ids, or load with ids='uuid'"
            )
