"""`Batches` as PyTorch's own class, and numpy arrays as tensors over the same memory.

Only this module imports PyTorch, and nothing imports this one unless PyTorch is imported already.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils.data import IterableDataset

from .batches import Batches

__all__ = ["TorchBatches", "tensors"]


class TorchBatches(Batches, IterableDataset):  # type: ignore[misc]
    """Batches that a `DataLoader` takes with `batch_size=None`."""


def tensors(batch: dict[str, Any]) -> dict[str, Any]:
    """The same batch with tensors in the place of arrays."""
    return {
        name: torch.from_numpy(np.ascontiguousarray(value)) if isinstance(value, np.ndarray) else value
        for name, value in batch.items()
    }
