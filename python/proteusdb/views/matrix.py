"""A matrix of errors as the bytes a page draws it from: one an element, eighths of Å.

Invariants: at most `LIMIT` rows and columns; of larger ones, means over blocks. 255 says that there is no value.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..core.prediction import Prediction

__all__ = ["LIMIT", "matrix_of", "tokens_of"]

LIMIT = 1200
_STEPS = 8
_NONE = 255


def matrix_of(prediction: Prediction) -> dict[str, Any] | None:
    """The prediction's PAE for `page.js`, ready for JSON.

    Returns
    -------
    dict or None
        `size` in tokens, `step` tokens an element, `data` as base64, and of each token `chain` and `number`; None
        where there is no square PAE.
    """
    pae = prediction.arrays.get("pae")
    if pae is None or pae.ndim != 2 or pae.shape[0] != pae.shape[1] or not len(pae) or pae.dtype.kind not in "fiu":
        return None
    step = -(-len(pae) // LIMIT)
    coarse = _means(pae.astype(np.float32), step)
    levels = np.where(np.isfinite(coarse), np.clip(np.rint(coarse * _STEPS), 0, _NONE - 1), _NONE).astype(np.uint8)
    chains, numbers = tokens_of(prediction, len(pae))
    return {
        "size": len(pae),
        "step": step,
        "side": len(levels),
        "data": base64.b64encode(levels.tobytes()).decode("ascii"),
        "chain": chains,
        "number": numbers,
    }


def tokens_of(prediction: Prediction, size: int) -> tuple[list[str], list[str]]:
    """Chain and residue number of each token, as told with the matrix, else as the sequence has them."""
    chains, numbers = (prediction.arrays.get(f"token_{name}") for name in ("chain_id", "residue_number"))
    if chains is not None and numbers is not None and len(chains) == len(numbers) == size:
        return [str(chain) for chain in chains], [str(number) for number in numbers]
    structure = prediction.structure
    if structure is not None and len(structure.sequence_residues) == size:
        first = structure.residue_starts[structure.sequence_residues].astype(np.int64)
        return structure.chain_id[first].tolist(), structure.residue_number[first].astype(np.str_).tolist()
    lengths = [len(chain) for chain in prediction.sequence.split(":")]
    if sum(lengths) == size:
        names = [chr(65 + number % 26) for number, length in enumerate(lengths) for _ in range(length)]
        return names, [str(number) for length in lengths for number in range(1, length + 1)]
    return [""] * size, [str(number) for number in range(1, size + 1)]


def _means(matrix: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    if step == 1:
        return matrix
    edges = np.arange(0, len(matrix), step)
    sums = np.add.reduceat(np.add.reduceat(matrix, edges, axis=0), edges, axis=1)
    counts = np.diff(np.append(edges, len(matrix))).astype(np.float32)
    means: NDArray[np.float32] = sums / (counts[:, None] * counts[None, :])
    return means
