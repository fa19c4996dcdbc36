"""Predictions by number, as arrays: a map-style data set.

::

    data = db.dataset(where="confidence >= 0.7")
    data[0]                     {"id": "...", "length": 120, "coords": (120, 37, 3), "mask": (120, 37), ...}
    data.shuffle(7).batches(16) batch after batch, epoch after epoch

    torch.utils.data.DataLoader(data, batch_size=16, shuffle=True, collate_fn=data.collate, num_workers=2)

Invariant: it pins which versions were found, so it is the same after a write, in another process, and on another day.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ValidationError
from .dense import Pin, columns_of, read_batch
from .order import mixed

if TYPE_CHECKING:
    from ..core.verbs.base import Verbs
    from .batches import Batches

__all__ = ["Dataset"]

_HEADERS = 1024


class _Items(list[dict[str, Any]]):
    """Items that were read together, and the batch they are views of."""

    def __init__(self, batch: dict[str, Any], columns: Sequence[str]) -> None:
        super().__init__(_item(batch, columns, row) for row in range(len(batch["id"])))
        self.batch = batch


class Dataset:
    """Predictions by number, each as dense arrays; `DatabaseManager.dataset` makes it.

    It has what PyTorch asks of a map-style data set, and may be given to the processes of a `DataLoader` by fork or by
    spawn, where the database is then opened anew.

    Parameters
    ----------
    db : DatabaseManager
        The open database.
    pins : sequence of (str, int)
        Ids and versions.
    columns : sequence of str
        See `DatabaseManager.dataset`.
    """

    def __init__(self, db: Verbs, pins: Sequence[Pin], columns: Sequence[str]) -> None:
        self._db = db
        self._pins = pins
        self._lengths: NDArray[np.int64] | None = None
        self._order: NDArray[np.int64] | None = None
        self.columns = columns_of(columns)
        self.seed: int | None = None

    def __repr__(self) -> str:
        mixed = "" if self.seed is None else f", shuffled by {self.seed}"
        return f"<Dataset of {len(self):,} predictions: {', '.join(self.columns)}{mixed}>"

    def __len__(self) -> int:
        return len(self._pins)

    def __getitem__(self, number: int) -> dict[str, Any]:
        [item] = self.__getitems__([range(len(self))[number]])
        return item

    def __getitems__(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Several at once, which is how a `DataLoader` asks."""
        order = self._order
        return _Items(self.read([int(number if order is None else order[number]) for number in numbers]), self.columns)

    @property
    def ids(self) -> list[str]:
        """Ids of the predictions, in the order of their numbers."""
        order = range(len(self)) if self._order is None else self._order.tolist()
        return [self._pins[number][0] for number in order]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Residues of each sequence in the order in which they were found, whatever the order is now; headers are read
        for it when it is first asked for."""
        if self._lengths is None:
            self._lengths = self._read_lengths()
        return self._lengths

    def _read_lengths(self) -> NDArray[np.int64]:
        reader = self._db._session.reader
        found: list[int] = []
        for start in range(0, len(self), _HEADERS):
            some = reader.get_many(self._pins[start : start + _HEADERS])
            found += [0 if stored is None else stored.length for stored in some]
        return np.array(found, np.int64)

    def shuffle(self, seed: int) -> Dataset:
        """The same in an order that follows from the seed; `batches` of it mix anew in each epoch.

        Parameters
        ----------
        seed : int

        Returns
        -------
        Dataset
        """
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValidationError(f"seed {seed!r:.80}: an int is needed")
        other = copy.copy(self)
        other.seed, other._order = seed, mixed(len(self), seed, 0)
        return other

    def batches(
        self,
        size: int = 16,
        *,
        buckets: int | Sequence[int] = 1,
        max_residues: int | None = None,
        drop_last: bool = False,
        shard: tuple[int, int] = (0, 1),
        threads: int | None = None,
    ) -> Batches:
        """Batches of padded arrays, epoch after epoch, decoded ahead on threads.

        Where PyTorch is imported it is an `IterableDataset`, whose workers share the batches between them:
        `DataLoader(data.batches(16), batch_size=None, num_workers=2)`.

        Parameters
        ----------
        size : int
            Records a batch.
        buckets : int or sequence of int
            So many buckets of records of like length, or the longest length of each; batches are of one bucket, so
            there is less padding.
        max_residues : int, optional
            The most residues of a batch, padding included; what is longer comes alone.
        drop_last : bool
            Whether what did not fill a batch is left out, and what would give some shards one batch more than others.
        shard : (int, int)
            (rank, ranks): of all batches every `ranks`-th, from `rank` on.
        threads : int, optional
            That decode; all processors unless given, and their share in a worker of a `DataLoader`.

        Returns
        -------
        Batches

        Raises
        ------
        ValidationError
            An argument is not allowed.
        """
        from .batches import Batches

        kind = Batches
        if "torch" in sys.modules:
            from .torch import batches_class

            kind = batches_class()
        return kind(
            self,
            size,
            buckets=buckets,
            max_residues=max_residues,
            drop_last=drop_last,
            shard=shard,
            threads=threads,
        )

    def read(self, numbers: Sequence[int]) -> dict[str, Any]:
        """Records, by their numbers before any shuffling, as one padded batch.

        Parameters
        ----------
        numbers : sequence of int

        Returns
        -------
        dict of str to array
            The columns, padded to the longest, `id` (list of str) and `length` (int64).
        """
        return read_batch(self._db._session, [self._pins[number] for number in numbers], self.columns)

    def collate(self, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Items as one padded batch, of tensors where PyTorch is imported: the `collate_fn` of a `DataLoader`.

        Parameters
        ----------
        items : sequence of dict
            As indexing gives them.

        Returns
        -------
        dict of str to array
        """
        batch = items.batch if isinstance(items, _Items) else _padded(items, self.columns)
        if "torch" in sys.modules:
            from .torch import tensors

            return tensors(batch)
        return batch


def _item(batch: dict[str, Any], columns: Sequence[str], row: int) -> dict[str, Any]:
    length = int(batch["length"][row])
    return {"id": batch["id"][row], "length": length, **{name: batch[name][row, :length] for name in columns}}


def _padded(items: Sequence[dict[str, Any]], columns: Sequence[str]) -> dict[str, Any]:
    lengths = np.array([item["length"] for item in items], np.int64)
    empty = {"aatype": 20, "chain_index": -1}
    batch: dict[str, Any] = {"id": [item["id"] for item in items], "length": lengths}
    for name in columns:
        first = items[0][name]
        shape = (len(items), int(lengths.max()), *first.shape[1:])
        batch[name] = np.full(shape, empty.get(name, 0), first.dtype)
        for row, item in enumerate(items):
            batch[name][row, : item["length"]] = item[name]
    return batch
