"""Training on what is stored: batches of dense arrays, decoded on threads, in an order that can be repeated.

::

    dense.py      columns: coords (B, L, 37, 3), mask, plddt, aatype, ...     Filled by the core, without the GIL
    dataset.py    Dataset, predictions by number                              what a map-style DataLoader takes
    batches.py    Batches, an endless count of epochs of batches              what an iterable one takes
    order.py      which records make a batch, and which batch comes when
    torch.py      the same as PyTorch's own class; imported where PyTorch is

PyTorch is not needed: without it everything is numpy.
"""

from .batches import Batches
from .dataset import Dataset

__all__ = ["Batches", "Dataset"]
