"""A task of a ledger: a sequence that a model is to predict with a seed.

::

    Task("MKTAYIAK", model="boltz-2", seed=7)      id "0-3-5f3a9c01d2e4b687": page 0, place 3, and the lease

Invariant: `prediction_id` depends on the task and on when it was added, and on nothing else: of two workers that store
under it, the second finds what the first stored.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from ... import _core
from ...errors import ValidationError

__all__ = ["Failure", "Place", "Task", "Wanted", "place_of", "wanted_of"]


class Wanted(NamedTuple):
    """What is to be predicted: `sequence` (str), `model` (its name or id, or None for any), `seed` (int, or None for
    any)."""

    sequence: str
    model: str | None = None
    seed: int | None = None

    def digest(self) -> bytes:
        """16 bytes that tell it from all others."""
        return hashlib.sha256(json.dumps(self).encode()).digest()[:16]

    def in_shard(self, shard: tuple[int, int] | None) -> bool:
        """Whether it belongs to shard i of n."""
        return shard is None or int.from_bytes(self.digest()[:8], "big") % shard[1] == shard[0]


class Place(NamedTuple):
    """Where a task stands in its ledger, and the lease it was handed out under."""

    page: int
    row: int
    lease: str


class Failure(NamedTuple):
    """A task that is not tried again, or was given back: what, how often it was handed out, and the last reason."""

    sequence: str
    model: str | None
    seed: int | None
    attempts: int
    reason: str
    retry: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A task that was handed out.

    Attributes
    ----------
    id : str
        Names the task and the lease; what the command line takes.
    sequence : str
        Upper case, chains joined by `:`.
    model : str or None
        Name or id of the model, as it was added.
    seed : int or None
    prediction_id : str
        The id to store the prediction under, so that two workers never store it twice.
    attempts : int
        How often it was handed out, this time included.
    until : datetime
        When the lease ends, by this host's wall clock; aware, UTC.
    """

    id: str
    sequence: str
    model: str | None
    seed: int | None
    prediction_id: str
    attempts: int
    until: datetime

    def record(self) -> dict[str, Any]:
        """Arguments of `store_prediction`: sequence, model, seed, prediction_id, and `on_conflict="skip"`."""
        named = {"sequence": self.sequence, "model": self.model, "seed": self.seed}
        return {**named, "prediction_id": self.prediction_id, "on_conflict": "skip"}


def prediction_id_of(wanted: Wanted, added: int) -> str:
    """A UUIDv7 of the time of adding (µs), whose random bits are those of the task: ids ascend as tasks were added."""
    bits = int.from_bytes(wanted.digest(), "big")
    high = (added // 1000 & (1 << 48) - 1) << 80 | 0x7 << 76 | (bits >> 68 & 0xFFF) << 64
    return str(uuid.UUID(int=high | 0b10 << 62 | bits & (1 << 62) - 1))


def place_of(task: Any) -> Place:
    """The place of a task, or of a task's id.

    Raises
    ------
    ValidationError
        It is neither.
    """
    text = task.id if isinstance(task, Task) else task
    page, _, rest = text.partition("-") if isinstance(text, str) else ("", "", "")
    row, _, lease = rest.partition("-")
    if not (page.isascii() and page.isdigit() and row.isascii() and row.isdigit() and lease):
        raise ValidationError(f"task {text!r:.80}: allowed are tasks that claim() gave, and their ids")
    return Place(int(page), int(row), lease)


def wanted_of(sequences: str | Iterable[str], model: str | None, seeds: Iterable[int | None]) -> Iterator[Wanted]:
    """Every sequence with every seed.

    Raises
    ------
    ValidationError
        A sequence, the model or a seed is not allowed.
    """
    if model is not None and not (isinstance(model, str) and model):
        raise ValidationError(f"model {model!r:.80}: allowed are a name, a model_id and None")
    if isinstance(seeds, str | int):
        raise ValidationError(f"seeds {seeds!r}: a sequence of int or None is needed, such as (1, 2, 3)")
    seeds = tuple(seeds)
    for seed in seeds:
        if seed is not None and (
            isinstance(seed, bool) or not isinstance(seed, int) or not -(1 << 63) <= seed < 1 << 63
        ):
            raise ValidationError(f"seed {seed!r:.80}: allowed are int of 64 bits and None")
    for given in [sequences] if isinstance(sequences, str) else sequences:
        if not isinstance(given, str):
            raise ValidationError(f"sequence {given!r:.60}: a str of one-letter codes is needed")
        sequence = _core.check_sequence(given)
        yield from (Wanted(sequence, model, seed) for seed in seeds)
