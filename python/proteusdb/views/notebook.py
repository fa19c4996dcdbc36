"""The structure in three dimensions in a notebook, by py3Dmol."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ValidationError
from ..formats.extras import need
from .colours import BANDS, UNKNOWN, band_of

if TYPE_CHECKING:
    from ..core.prediction import Prediction
    from ..structure import Structure

__all__ = ["show"]


def show(prediction: Prediction, *, width: int = 640, height: int = 480) -> Any:
    """See `Prediction.show`."""
    library = need("py3Dmol", extra="notebook", purpose="show()")
    structure = prediction.structure
    if structure is None:
        raise ValidationError(f"prediction {prediction.prediction_id!r} has no structure to show")
    view = library.view(width=width, height=height)
    view.addModel(structure.to_mmcif(), "cif")
    view.setStyle({"hetflag": False}, {"cartoon": {"color": UNKNOWN}})
    view.addStyle({"hetflag": True}, {"stick": {}})
    if structure.plddt is None:
        view.setStyle({"hetflag": False}, {"cartoon": {"colorscheme": "chain"}})
    for chain, band, numbers in _coloured(structure):
        view.setStyle({"chain": chain, "resi": numbers, "hetflag": False}, {"cartoon": {"color": BANDS[band][1]}})
    view.zoomTo()
    return view


def _coloured(structure: Structure) -> list[tuple[str, int, list[str]]]:
    """Chain, band and ranges of residue numbers, as 3Dmol selects by them."""
    if structure.plddt is None:
        return []
    residues = structure.sequence_residues.astype(np.int64)
    first = structure.residue_starts[residues].astype(np.int64)
    bands = band_of(structure.plddt[residues]).tolist()
    chains, numbers = structure.chain_id[first].tolist(), structure.residue_number[first].tolist()
    ranges: dict[tuple[str, int], list[str]] = {}
    for (chain, band), run in groupby(zip(chains, bands, numbers, strict=True), key=lambda row: row[:2]):
        if band >= 0:
            told = [number for _, _, number in run]
            within = range(told[0], told[0] + len(told))
            # 3Dmol reads `1-9` as a range, and no negative number in one.
            text = [f"{told[0]}-{told[-1]}"] if told == list(within) and told[0] >= 0 else list(map(str, told))
            ranges.setdefault((chain, band), []).extend(text)
    return [(chain, band, numbers) for (chain, band), numbers in ranges.items()]
