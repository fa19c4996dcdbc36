"""Folders as predictors leave them, with every file that lies beside a structure, made from nothing.

::

    write_layout(path, "alphafold3")
        path/<job>/seed-1_sample-0/<job>_seed-1_sample-0_model.cif ..._confidences.json ..._summary_confidences.json
        path/<job>/<job>_model.cif ...
    -> [Made(structure=..., job=..., seed=1, sample=0, arrays={"pae": ...}, values={"ptm": ...}, aliases=...), ...]

Names, keys, decimals and the order of axes are those of the tools; the numbers are made up. The same seed gives the
same folder everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

from .alphafold import write_alphafold2, write_alphafold_db, write_colabfold, write_old_colabfold
from .diffusion import (
    write_alphafold3,
    write_alphafold3_0,
    write_alphafold3_server,
    write_boltz,
    write_chai,
    write_helixfold,
    write_openfold3,
    write_protenix,
)
from .made import Made

__all__ = ["LAYOUTS", "Made", "write_layout"]

LAYOUTS: Mapping[str, Callable[[Path, int], list[Made]]] = {
    "alphafold_db": write_alphafold_db,
    "colabfold": write_colabfold,
    "colabfold_old": write_old_colabfold,
    "alphafold2": write_alphafold2,
    "alphafold3": write_alphafold3,
    "alphafold3_0": write_alphafold3_0,
    "alphafold3_server": write_alphafold3_server,
    "boltz": write_boltz,
    "chai": write_chai,
    "openfold3": write_openfold3,
    "protenix": write_protenix,
    "helixfold": write_helixfold,
}
"""By tool."""


def write_layout(path: str | PathLike[str], tool: str, seed: int = 0) -> list[Made]:
    """Writes a folder in a tool's layout.

    Parameters
    ----------
    path : path
        The folder; made if absent.
    tool : str
        One of `LAYOUTS`.
    seed : int
        What everything is made from.

    Returns
    -------
    list of Made
        What each of its predictions holds.

    Raises
    ------
    ValueError
        There is no such tool.
    """
    if tool not in LAYOUTS:
        raise ValueError(f"tool {tool!r}: allowed are {', '.join(LAYOUTS)}")
    return LAYOUTS[tool](Path(path), seed)
