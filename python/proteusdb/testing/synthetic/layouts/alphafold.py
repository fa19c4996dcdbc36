"""AlphaFold 2 and what runs it: AlphaFold DB, ColabFold."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .made import Made, Numbers, invent, write_json, write_structure

__all__ = ["write_alphafold2", "write_alphafold_db", "write_colabfold", "write_old_colabfold"]


def write_alphafold_db(path: Path, seed: int) -> list[Made]:
    """`AF-P00001-F1-model_v4.cif` with PAE in whole Å, and pLDDT with categories."""
    made = []
    for index in range(2):
        numbers = invent(seed * 100 + index, chains=1)
        entry = f"AF-P{seed:02d}{index:03d}-F1"
        structure = write_structure(path / f"{entry}-model_v4.cif", numbers.structure)
        pae = np.round(numbers.pae).astype(np.int64)
        files = [
            write_json(
                path / f"{entry}-predicted_aligned_error_v4.json",
                [{"predicted_aligned_error": pae, "max_predicted_aligned_error": 31.75}],
            ),
            write_json(path / f"{entry}-confidence_v4.json", _confidence(numbers)),
        ]
        arrays = {"pae": pae.astype(np.float32), "plddt": numbers.plddt}
        made.append(Made(structure, "AlphaFold", arrays=arrays, companions=files))
    return made


def write_colabfold(path: Path, seed: int) -> list[Made]:
    """Version 1.5, multimer: the best of two relaxed, both unrelaxed, scores of each, PAE of the best again."""
    made = []
    job, path = f"complex{seed}", path / f"complex{seed}"
    config = write_json(path / "config.json", {"model_type": "alphafold2_multimer_v3", "version": "1.5.5"})
    for rank in (1, 2):
        numbers = invent(seed * 100 + rank)
        tag = f"rank_{rank:03d}_alphafold2_multimer_v3_model_{rank + 2}_seed_{seed:03d}"
        companions = [write_json(path / f"{job}_scores_{tag}.json", {**_scores(numbers), "iptm": numbers.iptm})]
        arrays = {"pae": numbers.pae, "plddt": numbers.plddt}
        values = {"ptm": numbers.ptm, "iptm": numbers.iptm}
        if rank == 1:
            again = {"predicted_aligned_error": numbers.pae, "max_predicted_aligned_error": float(numbers.pae.max())}
            companions.append(write_json(path / f"{job}_predicted_aligned_error_v1.json", again))
        for relaxed in ("unrelaxed", "relaxed") if rank == 1 else ("unrelaxed",):
            file = write_structure(path / f"{job}_{relaxed}_{tag}.pdb", numbers.structure, relaxed)
            place: dict[str, Any] = {"seed": seed, "sample": rank + 2, "rank": rank}
            model = "alphafold2_multimer_v3"
            made.append(Made(file, model, job, **place, arrays=arrays, values=values, companions=[*companions, config]))
    return made


def write_old_colabfold(path: Path, seed: int) -> list[Made]:
    """Before version 1.5: no seed, and the PAE of the best as columns with one decimal."""
    made = []
    job = f"fold_{seed}"
    for rank in (1, 2):
        numbers = invent(seed * 100 + rank, chains=1)
        tag = f"unrelaxed_rank_{rank}_model_{rank}"
        companions = [write_json(path / f"{job}_{tag}_scores.json", _scores(numbers))]
        arrays = {"pae": numbers.pae, "plddt": numbers.plddt}
        if rank == 1:
            companions.append(write_json(path / f"{job}_predicted_aligned_error_v1.json", [_columns(numbers)]))
        file = write_structure(path / f"{job}_{tag}.pdb", numbers.structure)
        values = {"ptm": numbers.ptm}
        made.append(Made(file, "ColabFold", job, None, rank, rank, arrays, values, companions))
    return made


def write_alphafold2(path: Path, seed: int) -> list[Made]:
    """Version 2.3.2: two models, the first relaxed, ranked copies, a pickle."""
    job, path = f"target{seed}", path / f"target{seed}"
    runs = {f"model_{number}_ptm_pred_0": invent(seed * 100 + number, chains=1) for number in (1, 2)}
    order = ["model_2_ptm_pred_0", "model_1_ptm_pred_0"]
    scores = {run: float(numbers.plddt.mean(dtype=np.float64)) for run, numbers in runs.items()}
    shared = [
        write_json(path / "ranking_debug.json", {"plddts": scores, "order": order}, indent=4),
        write_json(path / "timings.json", {"features": 3.5}, indent=4),
    ]
    made = []
    for run, numbers in runs.items():
        pae = write_json(path / f"pae_{run}.json", [_pae(numbers)])
        companions = [pae, write_json(path / f"confidence_{run}.json", _confidence(numbers)), *shared]
        rank = order.index(run)
        kinds = ["unrelaxed", "relaxed"] if rank == 0 else ["unrelaxed"]
        for kind in kinds:
            file = write_structure(path / f"{kind}_{run}.pdb", numbers.structure, kind)
            one = Made(file, "alphafold2_ptm", job, None, int(run[6]), rank, companions=companions)
            one.arrays, one.values = {"pae": numbers.pae, "plddt": numbers.plddt}, {"ranking_score": scores[run]}
            made.append(one)
        made[-1].aliases.append(Path(shutil.copy(file, path / f"ranked_{rank}.pdb")))
        (path / f"result_{run}.pkl").write_bytes(b"\x80\x04N.")
    return made


def _scores(numbers: Numbers) -> dict[str, Any]:
    return {"plddt": numbers.plddt, "max_pae": float(numbers.pae.max()), "pae": numbers.pae, "ptm": numbers.ptm}


def _pae(numbers: Numbers) -> dict[str, Any]:
    return {"predicted_aligned_error": numbers.pae, "max_predicted_aligned_error": 31.75}


def _columns(numbers: Numbers) -> dict[str, Any]:
    length = len(numbers.pae)
    return {
        "residue1": np.repeat(np.arange(1, length + 1), length),
        "residue2": np.tile(np.arange(1, length + 1), length),
        "distance": np.round(numbers.pae, 1).ravel(),
        "max_predicted_aligned_error": 31.75,
    }


def _confidence(numbers: Numbers) -> dict[str, Any]:
    return {
        "residueNumber": list(range(1, len(numbers.plddt) + 1)),
        "confidenceScore": numbers.plddt,
        "confidenceCategory": ["H" if value > 90 else "M" if value > 70 else "L" for value in numbers.plddt],
    }
