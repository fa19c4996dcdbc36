"""pLDDT and PAE, drawn by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ValidationError
from ..formats.extras import need
from .colours import BANDS, PAE_COLOURS, PAE_LIMIT
from .matrix import tokens_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..core.prediction import Prediction

__all__ = ["plot_pae", "plot_plddt"]


def plot_plddt(prediction: Prediction, ax: Axes | None = None) -> Axes:
    """See `Prediction.plot_plddt`."""
    axes = _axes(ax, "plot_plddt()", (9, 3))
    structure = prediction.structure
    plddt = None if structure is None else structure.plddt
    if structure is None or plddt is None:
        raise ValidationError(f"prediction {prediction.prediction_id!r} tells no pLDDT")
    values = plddt[structure.sequence_residues]
    top = 100.0
    for limit, colour, name in BANDS:
        low = max(0.0, limit)
        axes.axhspan(low, top, color=colour, alpha=0.25, linewidth=0, label=name)
        top = low
    at = np.arange(1, len(values) + 1)
    axes.plot(at, values, color="#1f2933", linewidth=1.2)
    for boundary in np.cumsum([len(chain) for chain in prediction.sequence.split(":")])[:-1]:
        axes.axvline(boundary + 0.5, color="#1f2933", linewidth=0.8, linestyle=":")
    axes.set(xlim=(0.5, len(values) + 0.5), ylim=(0, 100), xlabel="residue", ylabel="pLDDT")
    axes.set_title(prediction.prediction_id)
    return axes


def plot_pae(prediction: Prediction, ax: Axes | None = None, *, name: str = "pae") -> Axes:
    """See `Prediction.plot_pae`."""
    axes = _axes(ax, "plot_pae()", (5.5, 4.5))
    pae = prediction.arrays.get(name)
    if pae is None or pae.ndim != 2:
        there = ", ".join(array for array, each in prediction.arrays.items() if each.ndim == 2) or "none"
        raise ValidationError(f"prediction {prediction.prediction_id!r} has no matrix {name!r}; its matrices: {there}")
    colours = need("matplotlib.colors", extra="plots", purpose="plot_pae()")
    colour_map = colours.LinearSegmentedColormap.from_list("pae", PAE_COLOURS)
    size = len(pae)
    image = axes.imshow(
        pae.astype(np.float32),
        cmap=colour_map,
        vmin=0,
        vmax=PAE_LIMIT,
        extent=(0.5, size + 0.5, size + 0.5, 0.5),
        interpolation="nearest",
    )
    axes.figure.colorbar(image, ax=axes, label="expected error (Å)")
    chains, _ = tokens_of(prediction, size)
    for token in range(1, size):
        if chains[token] != chains[token - 1]:
            axes.axvline(token + 0.5, color="#1f2933", linewidth=0.8)
            axes.axhline(token + 0.5, color="#1f2933", linewidth=0.8)
    axes.set(xlabel="scored residue", ylabel="aligned on", title=prediction.prediction_id)
    return axes


def _axes(ax: Axes | None, purpose: str, size: tuple[float, float]) -> Axes:
    """The caller's axes, or those of a new figure."""
    pyplot = need("matplotlib.pyplot", extra="plots", purpose=purpose)
    axes: Axes = pyplot.subplots(figsize=size, layout="constrained")[1] if ax is None else ax
    return axes
