"""Batches, epoch after epoch: an iterable data set that can be left and taken up again.

::

    for batch in batches:                      one epoch; the next loop is the next epoch
        step(batch["coords"], batch["mask"])
        state = batches.state_dict()           {"epoch": 0, "batch": 17, ...}

    batches.load_state_dict(state)             the next loop goes on with batch 17

    all batches of an epoch   0  1  2  3  4  5  6  7 ...
    shard (0, 2)              0     2     4     6
    its worker 1 of 2               2           6          PyTorch takes from its workers in turn: 0 2 4 6 again

Invariant: which records a batch has depends on data, seed, epoch and sizes alone, not on workers or threads.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..core.ahead import Ahead
from ..core.config import default_workers
from ..errors import ValidationError
from .order import batches_of, bounds_of, mixed

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["Batches"]


class Batches:
    """Batches of a data set; `Dataset.batches` makes it and says what the parameters are."""

    def __init__(
        self,
        data: Dataset,
        size: int,
        *,
        buckets: int | Sequence[int],
        max_residues: int | None,
        drop_last: bool,
        shard: tuple[int, int],
        threads: int | None,
    ) -> None:
        self._data = data
        self._size = _whole("size", size)
        self._most = None if max_residues is None else _whole("max_residues", max_residues)
        self._threads = None if threads is None else _whole("threads", threads)
        self._buckets = _buckets(buckets)
        self._drop_last = bool(drop_last)
        self._shard = _shard(shard)
        self._plan: tuple[int, list[NDArray[np.int64]]] | None = None
        self.set_epoch(0)

    def __repr__(self) -> str:
        return f"<Batches of {self._size}, epoch {self._epoch}, of {self._data!r}>"

    def __len__(self) -> int:
        """Batches of this shard in this epoch."""
        return len(self._batches())

    @property
    def epoch(self) -> int:
        """The epoch that the next loop runs, or goes on with."""
        return self._epoch

    def set_epoch(self, epoch: int) -> None:
        """Begins another epoch; needed before each epoch where the workers of a `DataLoader` are made anew for it.

        Parameters
        ----------
        epoch : int
            0 is the first.
        """
        self._epoch, self._start, self._next = _whole("epoch", epoch, least=0), 0, 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """An epoch, or the rest of one that was taken up again. Each batch has the columns, `id`, `length`, and its own
        `epoch` and `batch`. After a loop that was left, the next one begins the same epoch again."""
        worker, workers = _worker()
        batches, epoch = self._batches(), self._epoch
        start, self._start = self._start, 0
        self._next = start
        # A loader begins with its first worker, wherever the epoch is taken up.
        numbers = range(start + worker, len(batches), workers)
        ahead = Ahead(self._read, self._threads or max(1, default_workers() // workers))
        room = (self._threads or default_workers()) + 1
        try:
            due = iter(numbers)
            for number in numbers:
                while len(ahead) < room and (following := next(due, None)) is not None:
                    ahead.add(batches[following])
                batch = ahead.next()
                self._next = number + 1
                yield {**batch, "epoch": epoch, "batch": number}
        finally:
            ahead.close()
        self.set_epoch(epoch + 1)

    def _read(self, numbers: NDArray[np.int64]) -> dict[str, Any]:
        return self._data.read(numbers.tolist())

    def _batches(self) -> list[NDArray[np.int64]]:
        """Those of this shard in this epoch."""
        if self._plan is None or self._plan[0] != self._epoch:
            count, seed = len(self._data), self._data.seed
            order = np.arange(count) if seed is None else mixed(count, seed, self._epoch)
            plain = self._buckets == 1 and self._most is None
            lengths = np.zeros(count, np.int64) if plain else self._data.lengths
            bounds = bounds_of(self._buckets, lengths)
            made = batches_of(order, lengths, bounds, self._size, most=self._most, drop_last=self._drop_last)
            rank, ranks = self._shard
            even = len(made) // ranks * ranks if self._drop_last else len(made)
            self._plan = self._epoch, made[rank:even:ranks]
        return self._plan[1]

    # --- leaving and taking up ----------------------------------------------------------------------------------------

    def state_dict(self, after: dict[str, Any] | None = None) -> dict[str, Any]:
        """Where the loop is, as plain JSON.

        Parameters
        ----------
        after : dict, optional
            The last batch that was used. Needed where workers of a `DataLoader` read ahead.

        Returns
        -------
        dict
        """
        epoch, following = self._epoch, self._next
        if after is not None:
            epoch, following = int(after["epoch"]), int(after["batch"]) + 1
        return {"epoch": epoch, "batch": following, "of": self._mark()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where another loop over the same batches was left.

        Parameters
        ----------
        state : dict
            As `state_dict` gave it.

        Raises
        ------
        ValidationError
            It is of other data, another seed, other sizes or another shard.
        """
        if state.get("of") != self._mark():
            raise ValidationError(
                "state: it is of other predictions, or of another seed, size, buckets or shard; make the same batches"
            )
        self.set_epoch(int(state["epoch"]))
        self._start = self._next = int(state["batch"])

    def _mark(self) -> str:
        """Tells these batches from others."""
        told = [self._data.seed, self._size, self._buckets, self._most, self._drop_last, self._shard, self._data._pins]
        return blake2b(json.dumps(told).encode(), digest_size=8).hexdigest()


def _worker() -> tuple[int, int]:
    """Which worker of a `DataLoader` this process is, of how many."""
    loading = sys.modules.get("torch.utils.data")
    told = None if loading is None else loading.get_worker_info()
    return (0, 1) if told is None else (told.id, told.num_workers)


def _whole(name: str, value: Any, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValidationError(f"{name} {value!r:.80}: allowed is an int from {least} on")
    return value


def _buckets(buckets: Any) -> int | list[int]:
    if isinstance(buckets, int):
        return _whole("buckets", buckets)
    bounds = [_whole("buckets", bound) for bound in buckets]
    if not bounds or bounds != sorted(set(bounds)):
        raise ValidationError(
            f"buckets {buckets!r:.80}: lengths in ascending order are needed, such as (128, 256, 512)"
        )
    return bounds


def _shard(shard: Any) -> tuple[int, int]:
    pair = tuple(shard) if isinstance(shard, tuple | list) else ()
    if len(pair) != 2 or not all(type(number) is int for number in pair) or not 0 <= pair[0] < pair[1]:
        raise ValidationError(f"shard {shard!r:.80}: allowed is (rank, ranks) with 0 <= rank < ranks, such as (0, 4)")
    return pair
