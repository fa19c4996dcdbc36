"""`Batches` as PyTorch's own class, and numpy arrays as tensors over the same memory.

PyTorch is imported when the first of them is made, which is where it is imported already.

Invariant: what makes a class late is no hindrance to pickling it: an object is made anew by the function that made it.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .batches import Batches

__all__ = ["batches_class", "tensors"]


@functools.cache
def batches_class() -> type[Batches]:
    """Batches that a `DataLoader` takes with `batch_size=None`."""
    from torch.utils.data import IterableDataset

    class TorchBatches(Batches, IterableDataset):  # type: ignore[misc]
        """Batches, and an `IterableDataset`."""

        def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
            return _again, (self.__dict__,)

    return TorchBatches


def _again(state: dict[str, Any]) -> Batches:
    """A copy in the process of a worker."""
    kind = batches_class()
    made = kind.__new__(kind)
    made.__dict__.update(state)
    return made


def tensors(batch: dict[str, Any]) -> dict[str, Any]:
    """The same batch with tensors in the place of arrays."""
    import torch

    return {
        name: torch.from_numpy(np.ascontiguousarray(value)) if isinstance(value, np.ndarray) else value
        for name, value in batch.items()
    }
