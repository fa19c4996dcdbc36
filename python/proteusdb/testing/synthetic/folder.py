"""A folder of made-up prediction files, named as predictors name theirs.

::

    folder/AF-P00001-F1-model_v4.pdb                                   AlphaFold database: pLDDT on 0-100
    folder/job00001_unrelaxed_rank_002_alphafold2_ptm_model_3_seed_001.cif      ColabFold: one of five of a job
    folder/design00002.ef.pdb                                          ESMFold: pLDDT on 0-1, two decimals
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .prediction import synthetic_prediction

if TYPE_CHECKING:
    from proteusdb import Structure

__all__ = ["write_folder"]

_FORMATS = ("pdb", "cif")


def write_folder(
    path: str | PathLike[str],
    n: int,
    seed: int = 0,
    formats: Sequence[str] = ("pdb", "cif"),
    *,
    length: tuple[int, int] = (40, 250),
) -> list[Path]:
    """Writes `n` structure files of three predictors in turn, deterministic by seed.

    Parameters
    ----------
    path : path
        The folder; made if absent.
    n : int
        Number of files.
    seed : int
        What the files are made from.
    formats : sequence of {"pdb", "cif"}
        Used in turn.
    length : (int, int)
        Fewest and most residues of a file.

    Returns
    -------
    list of Path
        The files in the order written.

    Raises
    ------
    ValueError
        For a format that is neither.
    """
    wrong = [name for name in formats if name not in _FORMATS]
    if wrong or not formats:
        raise ValueError(f"formats {list(formats)!r}: allowed are {', '.join(_FORMATS)}")
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    # Predictor and format run at different rhythms, so that every pair of them occurs.
    return [_write(folder, i, random, formats[i // 3 % len(formats)], length) for i in range(n)]


def _write(folder: Path, index: int, random: np.random.Generator, suffix: str, length: tuple[int, int]) -> Path:
    residues = int(random.integers(length[0], length[1], endpoint=True))
    chains = 2 if index % 3 == 1 and random.random() < 0.3 else 1
    record = synthetic_prediction(residues // chains or 1, int(random.integers(1 << 31)), chains=chains)
    structure: Structure = record["structure"]
    job = index // 15
    place = index // 3 % 5
    name = (
        f"AF-P{index:05d}-F1-model_v4",
        f"job{job:05d}_unrelaxed_rank_{place + 1:03d}_alphafold2_ptm_model_{place + 1}_seed_{job:03d}",
        f"design{index:05d}.ef",
    )[index % 3]
    if index % 3 == 2:
        structure = _on_unit_scale(structure)
    file = folder / f"{name}.{suffix}"
    file.write_text(structure.to_pdb() if suffix == "pdb" else structure.to_mmcif(), encoding="utf-8", newline="\n")
    return file


def _on_unit_scale(structure: Structure) -> Structure:
    from proteusdb import Structure

    return Structure.from_arrays(
        coords=structure.coords,
        atom_name=structure.atom_name,
        element=structure.element,
        residue_name=structure.residue_name,
        chain_id=structure.chain_id,
        residue_number=structure.residue_number,
        b_factor=np.round(structure.b_factor / 100, 2),
        plddt_scale=1,
    )
