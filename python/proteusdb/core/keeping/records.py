"""Changes as records in a container: a history without an engine.

::

    000001/blobs     bytes of parts, one after the other
    000001/records   msgpack maps: {"kind": "version", ..., "parts": [{"kind", "name", "chunk": 1, "offset", "length"}]}
    000002/...

A part that was written already is named by its first place, however many versions share it. Models stand before the
versions that name them, analyses after their predictions, and what was deleted at the end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ... import _core
from ..._core import Stored
from ...backends.base import Change
from ...errors import CorruptionError
from .container import Container, ContainerWriter, Member

__all__ = ["RecordWriter", "read_changes", "record_of"]

_CHUNK = 16 << 20
"""Bytes of blobs, or of records, after which a chunk ends."""

_REMEMBERED = 1 << 18
"""Blobs whose place is remembered; what is shared over more of them is written again."""

_COLUMNS = (
    "prediction_id version updated_at created_at deleted sequence chain_types model_id job seed sample rank mean_plddt "
    "metadata"
).split()

Part = Callable[[Stored, str, str], bytes]


def record_of(stored: Stored) -> dict[str, Any]:
    """The columns of a version, as an archive names them."""
    return {name: getattr(stored, name) for name in _COLUMNS}


class RecordWriter:
    """Writes changes into a container.

    Parameters
    ----------
    container : ContainerWriter
        Where to.
    part : callable
        Gives the bytes of a version's part.
    """

    def __init__(self, container: ContainerWriter, part: Part) -> None:
        self._container = container
        self._part = part
        self._blobs = bytearray()
        self._records = bytearray()
        self._chunk = 1
        self._places: OrderedDict[str, tuple[int, int, int]] = OrderedDict()
        self.counts: dict[str, int] = {"model": 0, "version": 0, "analysis": 0, "blob": 0}

    def add(self, change: Change) -> None:
        """Writes one change."""
        kind, item = change
        if isinstance(item, Stored):
            parts = [self._place(item, part_kind, name) for part_kind, name, _ in item.parts]
            record = {"kind": kind, **record_of(item), "parts": parts}
        else:
            record = {"kind": kind, **(item if isinstance(item, dict) else {"id": item})}
        self._records += _core.pack(record)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if max(len(self._blobs), len(self._records)) >= _CHUNK:
            self._flush()

    def add_all(self, changes: Iterable[Change], told: Callable[[int], Any] | None = None) -> None:
        """Writes changes, and the last chunk."""
        for number, change in enumerate(changes, 1):
            self.add(change)
            if told is not None:
                told(number)
        self._flush()

    def _place(self, stored: Stored, kind: str, name: str) -> dict[str, Any]:
        data = self._part(stored, kind, name)
        digest = _core.digest(data)
        place = self._places.get(digest)
        if place is None:
            place = (self._chunk, len(self._blobs), len(data))
            self._blobs += data
            self.counts["blob"] += 1
        self._places[digest] = place
        self._places.move_to_end(digest)
        if len(self._places) > _REMEMBERED:
            self._places.popitem(last=False)
        chunk, offset, length = place
        return {"kind": kind, "name": name, "chunk": chunk, "offset": offset, "length": length}

    def _flush(self) -> None:
        if self._records:
            self._container.add(f"{self._chunk:06}/blobs", self._blobs)
            self._container.add(f"{self._chunk:06}/records", self._records)
            self._chunk += 1
            self._blobs, self._records = bytearray(), bytearray()


def read_changes(container: Container) -> Iterator[Change]:
    """The changes in a container, in its order.

    Raises
    ------
    CorruptionError
        A record is not as it should be.
    """
    for name, member in container.members.items():
        if not name.endswith("/records"):
            continue
        for record in _core.unpack(container.read(member)):
            kind = record.pop("kind", None)
            if kind == "version":
                places = record.pop("parts")
                parts = [(place["kind"], place["name"], _blob(container, place)) for place in places]
                yield Change("version", _core.stored_from(record, parts))
            elif kind in ("model", "analysis", "settings"):
                yield Change(kind, record)
            elif kind in ("no model", "no analysis"):
                yield Change(kind, record["id"])
            else:
                raise CorruptionError(f"{container.path}: {name}: a record of kind {kind!r}; use a later proteusdb")


def _blob(container: Container, place: dict[str, Any]) -> bytes:
    blobs = container.members.get(f"{place['chunk']:06}/blobs")
    start = (0 if blobs is None else blobs.start) + place["offset"]
    if blobs is None or start + place["length"] > blobs.stop:
        raise CorruptionError(f"{container.path}: the part {place['name']!r} is not where its record says")
    return container.read(Member(start, start + place["length"]))
