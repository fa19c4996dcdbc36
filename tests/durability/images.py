"""What a disk may hold when the power goes: a log of writes, as `shim.c` makes it, to images.

::

    write A, write B, sync, write C (through), write D, truncate | power goes
    └──── on the disk ────┘ └ on the disk ───┘ └── any of their sectors of 512 bytes ──┘

Writes reach the disk whole and in order at the next sync; until then any subset of their sectors may have. What is
written through is on the disk when the call returns; while it is on its way, any subset of its sectors may be.
"""

import json
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512


@dataclass
class Event:
    """One record of the log: `w`rite, `s`ync, `t`runcate or `m`ark."""

    kind: str
    through: bool
    offset: int
    data: bytes


def events(log: Path) -> Iterator[Event]:
    """The records of a log."""
    data = log.read_bytes()
    at = 0
    while at < len(data):
        kind, through, offset, length = struct.unpack_from("<cBQQ", data, at)
        at += 18
        yield Event(kind.decode(), bool(through), offset, data[at : at + length])
        at += length


@dataclass
class Disk:
    """What is certainly on the disk, and what may be.

    Attributes
    ----------
    certain : bytearray
        The file as of the last sync, with what was written through since.
    perhaps : list of (offset, sector)
        Since then, in order.
    """

    certain: bytearray
    perhaps: list[tuple[int, bytes]] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """The event took place."""
        if event.kind == "w" and event.through:
            # What was there before it in the queue cannot overwrite it later.
            put(self.certain, event.offset, event.data)
            self.perhaps = [(at, part) for at, part in self.perhaps if not covers(event, at, part)]
        elif event.kind == "w":
            self.perhaps += sectors(event)
        elif event.kind == "s":
            for at, part in self.perhaps:
                put(self.certain, at, part)
            self.perhaps = []
        elif event.kind == "t":
            raise AssertionError("the store was cut, which this does not follow")

    def image(self, randomly: random.Random, on_its_way: Event | None) -> bytes:
        """The disk with some of what may be on it."""
        parts = self.perhaps + ([] if on_its_way is None else sectors(on_its_way))
        share = randomly.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        image = bytearray(self.certain)
        for at, part in parts:
            if randomly.random() < share:
                put(image, at, part)
        return bytes(image)


def put(image: bytearray, at: int, data: bytes) -> None:
    """Writes into an image, which grows by zeros where it must."""
    if len(image) < at + len(data):
        image.extend(bytes(at + len(data) - len(image)))
    image[at : at + len(data)] = data


def covers(event: Event, at: int, part: bytes) -> bool:
    """Whether a write is over all of a sector."""
    return event.offset <= at and at + len(part) <= event.offset + len(event.data)


def sectors(event: Event) -> list[tuple[int, bytes]]:
    """A write in the pieces that a disk writes at once."""
    parts, at, data = [], event.offset, event.data
    while data:
        size = SECTOR - at % SECTOR
        parts.append((at, data[:size]))
        at, data = at + size, data[size:]
    return parts


@dataclass
class Loss:
    """A loss of power.

    Attributes
    ----------
    image : bytes
        What the disk holds.
    states : list of dict
        The state before any commit, and after each that was acknowledged.
    following : dict or None
        That after the commit that was under way, if one was.
    """

    image: bytes
    states: list[dict[str, int]]
    following: dict[str, int] | None


def losses(base: bytes, log: list[Event], start: dict[str, int], count: int, seed: int) -> Iterator[Loss]:
    """Losses of power at moments all over the log."""
    randomly = random.Random(seed)
    moments = sorted(randomly.randrange(1, len(log)) for _ in range(count))
    marks = [json.loads(event.data) if event.kind == "m" else None for event in log]
    disk, states = Disk(bytearray(base)), [start]
    at = 0
    for moment in moments:
        for event in log[at:moment]:
            if event.kind == "m":
                states.append(json.loads(event.data))
            else:
                disk.apply(event)
        at = moment
        next_event = log[moment]
        image = disk.image(randomly, next_event if next_event.kind == "w" else None)
        following = next((mark for mark in marks[moment:] if mark is not None), None)
        yield Loss(image, list(states), following)
