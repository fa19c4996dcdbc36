"""AlphaFold 3 and the predictors built like it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .made import Made, Numbers, invent, write_json, write_structure

__all__ = [
    "write_alphafold3",
    "write_alphafold3_0",
    "write_alphafold3_server",
    "write_boltz",
    "write_chai",
    "write_helixfold",
    "write_openfold3",
    "write_protenix",
]


def write_alphafold3(path: Path, seed: int) -> list[Made]:
    """Version 3.0.1: names with job, seed and sample; the best once more at the top."""
    return _local(path, seed, named=True)


def write_alphafold3_0(path: Path, seed: int) -> list[Made]:
    """Version 3.0.0: `model.cif` in the folder of each sample."""
    return _local(path, seed, named=False)


def _local(path: Path, seed: int, *, named: bool) -> list[Made]:
    job, top = f"af3job{seed}", path / f"af3job{seed}"
    made = []
    scores = []
    for sample in (0, 1):
        numbers = invent(seed * 100 + sample)
        folder = top / f"seed-{seed}_sample-{sample}"
        stem = f"{job}_seed-{seed}_sample-{sample}_" if named else ""
        structure = write_structure(folder / f"{stem}model.cif", numbers.structure)
        companions = [
            write_json(folder / f"{stem}confidences.json", _full(numbers)),
            write_json(folder / f"{stem}summary_confidences.json", _summary(numbers), indent=1),
        ]
        scores.append(numbers.score)
        made.append(_made(structure, numbers, job, seed, sample, companions))
    table = top / (f"{job}_ranking_scores.csv" if named else "ranking_scores.csv")
    rows = "".join(f"{seed},{sample},{score}\r\n" for sample, score in enumerate(scores))
    table.write_bytes(f"seed,sample,ranking_score\r\n{rows}".encode())
    best = made[int(np.argmax(scores))]
    for file, ending in zip([best.structure, *best.companions], _ENDINGS, strict=True):
        shutil.copy(file, top / f"{job}_{ending}")
    best.aliases.append(top / f"{job}_model.cif")
    for one in made:
        one.companions.append(table)
    return made


_ENDINGS = ("model.cif", "confidences.json", "summary_confidences.json")


def write_alphafold3_server(path: Path, seed: int) -> list[Made]:
    """What the server's archive holds: `fold_<job>_model_0.cif`, the best first."""
    made = []
    job = f"server_{seed}"
    request = write_json(path / f"fold_{job}_job_request.json", [{"name": job, "modelSeeds": [str(seed)]}])
    for rank in (0, 1):
        numbers = invent(seed * 100 + rank)
        structure = write_structure(path / f"fold_{job}_model_{rank}.cif", numbers.structure)
        companions = [
            write_json(path / f"fold_{job}_full_data_{rank}.json", _full(numbers)),
            write_json(path / f"fold_{job}_summary_confidences_{rank}.json", _summary(numbers), indent=1),
            request,
        ]
        made.append(_made(structure, numbers, job, seed, None, companions, rank=rank))
    return made


def write_boltz(path: Path, seed: int) -> list[Made]:
    """Two samples: NPZ by token, pLDDT on 0-1 there and on 0-100 in the B-factors, rounded."""
    made = []
    job = f"binder{seed}"
    folder = path / f"boltz_results_{job}" / "predictions" / job
    affinity = write_json(folder / f"affinity_{job}.json", {"affinity_pred_value": -1.5})
    for rank in (0, 1):
        numbers = invent(seed * 100 + rank)
        name = f"{job}_model_{rank}"
        structure = write_structure(folder / f"{name}.cif", numbers.structure)
        arrays = {
            "pae": numbers.pae,
            "pde": numbers.pde,
            # More digits than the B-factors have.
            "plddt": ((numbers.plddt + np.float32(0.0012)) / 100).astype(np.float32),
        }
        companions = [write_json(folder / f"confidence_{name}.json", _boltz_summary(numbers), indent=4), affinity]
        for key, array in arrays.items():
            companions.append(folder / f"{key}_{name}.npz")
            _save(companions[-1], {key: array}, np.savez_compressed)
        values = {"ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_score": numbers.score}
        arrays["chain_pair_iptm"] = numbers.pair_iptm
        made.append(Made(structure, "Boltz", job, None, None, rank, arrays, values, companions))
    return made


def write_chai(path: Path, seed: int) -> list[Made]:
    """Two samples: scores in NPZ with a batch axis."""
    made = []
    job, folder = f"chai{seed}", path / f"chai{seed}"
    for sample in (0, 1):
        numbers = invent(seed * 100 + sample)
        structure = write_structure(folder / f"pred.model_idx_{sample}.cif", numbers.structure)
        scores = folder / f"scores.model_idx_{sample}.npz"
        single = {"aggregate_score": numbers.score, "ptm": numbers.ptm, "iptm": numbers.iptm}
        batch: dict[str, Any] = {name: np.array([value], np.float32) for name, value in single.items()}
        batch.update(per_chain_ptm=numbers.pair_iptm[:1], per_chain_pair_iptm=numbers.pair_iptm[None])
        batch.update(has_inter_chain_clashes=np.array([False]), chain_chain_clashes=np.zeros((1, 2, 2), np.int64))
        _save(scores, batch, np.savez)
        values = {"ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_score": numbers.score}
        arrays = {"chain_pair_iptm": numbers.pair_iptm, "chain_ptm": numbers.pair_iptm[0]}
        made.append(Made(structure, "Chai-1", job, None, sample, None, arrays, values, [scores]))
    return made


def write_openfold3(path: Path, seed: int) -> list[Made]:
    """One sample with JSON, one with NPZ."""
    made = []
    job = f"query{seed}"
    folder = path / job / f"seed_{seed}"
    for sample in (1, 2):
        numbers = invent(seed * 100 + sample)
        stem = f"{job}_seed_{seed}_sample_{sample}"
        structure = write_structure(folder / f"{stem}_model.cif", numbers.structure)
        full = {"plddt": numbers.plddt_atom, "pde": numbers.pde}
        if sample == 1:
            file = write_json(folder / f"{stem}_confidences.json", full, indent=4)
        else:
            file = folder / f"{stem}_confidences.npz"
            np.savez_compressed(file, plddt=numbers.plddt_atom, pde=numbers.pde)
        single = {"avg_plddt": 80.5, "ptm": numbers.ptm, "iptm": numbers.iptm, "sample_ranking_score": numbers.score}
        pairs = {"chain_pair_iptm": {"(A, B)": float(str(numbers.pair_iptm[0, 1]))}}
        total = write_json(folder / f"{stem}_confidences_aggregated.json", {**single, **pairs}, indent=4)
        arrays = {"plddt_atom": numbers.plddt_atom, "pde": numbers.pde}
        values = {"ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_score": numbers.score}
        made.append(Made(structure, "OpenFold3", job, seed, sample, None, arrays, values, [file, total]))
    return made


def write_protenix(path: Path, seed: int) -> list[Made]:
    """Two samples of one seed, with atom confidences."""
    made = []
    job = f"px{seed}"
    folder = path / job / f"seed_{seed}" / "predictions"
    for sample in (0, 1):
        numbers = invent(seed * 100 + sample)
        structure = write_structure(folder / f"{job}_sample_{sample}.cif", numbers.structure)
        atoms = np.round(numbers.plddt_atom / 100, 2).astype(np.float32)
        full = {
            "atom_plddt": atoms,
            "token_pair_pae": numbers.pae,
            "token_pair_pde": numbers.pde,
            "contact_probs": numbers.contact_probs,
        }
        summary = {"plddt": 80.5, "ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_score": numbers.score}
        companions = [
            write_json(folder / f"{job}_full_data_sample_{sample}.json", full),
            write_json(
                folder / f"{job}_summary_confidence_sample_{sample}.json",
                {**summary, "chain_pair_iptm": numbers.pair_iptm},
                indent=4,
            ),
        ]
        values = {"ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_score": numbers.score}
        arrays = {"plddt_atom": atoms, "pae": numbers.pae, "pde": numbers.pde, "contact_probs": numbers.contact_probs}
        arrays["chain_pair_iptm"] = numbers.pair_iptm
        made.append(Made(structure, "Protenix", job, seed, sample, None, arrays, values, companions))
    return made


def write_helixfold(path: Path, seed: int) -> list[Made]:
    """Two samples, and the folder of the best, which is a copy."""
    made = []
    job, top = f"hf{seed}", path / f"hf{seed}"
    for sample in (1, 2):
        numbers = invent(seed * 100 + sample)
        folder = top / f"{job}-pred-1-{sample}"
        structure = write_structure(folder / "predicted_structure.cif", numbers.structure)
        single = {"ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_confidence": numbers.score}
        arrays = {"pae": numbers.pae, "atom_plddts": numbers.plddt_atom}
        file = write_json(folder / "all_results.json", {**single, **arrays}, indent=4)
        values = {"ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_score": numbers.score}
        named = {"pae": numbers.pae, "plddt_atom": numbers.plddt_atom}
        made.append(Made(structure, "HelixFold3", job, None, sample, None, named, values, [file]))
    shutil.copytree(made[1].structure.parent, top / f"{job}-rank1")
    made[1].aliases.append(top / f"{job}-rank1" / "predicted_structure.cif")
    return made


def _save(file: Path, arrays: dict[str, Any], save: Any) -> None:
    save(file, **arrays)


def _made(
    structure: Path,
    numbers: Numbers,
    job: str,
    seed: int,
    sample: int | None,
    companions: list[Path],
    rank: int | None = None,
) -> Made:
    arrays: dict[str, Any] = {
        "pae": numbers.pae,
        "contact_probs": numbers.contact_probs,
        "plddt_atom": numbers.plddt_atom,
        "chain_pair_iptm": numbers.pair_iptm,
        "token_chain_id": np.array(numbers.chain_ids),
        "token_residue_number": np.array(numbers.residue_numbers),
    }
    values = {"ptm": numbers.ptm, "iptm": numbers.iptm, "ranking_score": numbers.score}
    return Made(structure, "AlphaFold3", job, seed, sample, rank, arrays, values, companions)


def _full(numbers: Numbers) -> dict[str, Any]:
    return {
        "atom_chain_ids": list(numbers.structure.chain_id),
        "atom_plddts": numbers.plddt_atom,
        "contact_probs": numbers.contact_probs,
        "pae": numbers.pae,
        "token_chain_ids": numbers.chain_ids,
        "token_res_ids": numbers.residue_numbers,
    }


def _summary(numbers: Numbers) -> dict[str, Any]:
    return {
        "chain_pair_iptm": numbers.pair_iptm,
        "fraction_disordered": 0.1,
        "has_clash": 0.0,
        "iptm": numbers.iptm,
        "num_recycles": 10.0,
        "ptm": numbers.ptm,
        "ranking_score": numbers.score,
    }


def _boltz_summary(numbers: Numbers) -> dict[str, Any]:
    table = numbers.pair_iptm
    return {
        "confidence_score": numbers.score,
        "ptm": numbers.ptm,
        "iptm": numbers.iptm,
        "chains_ptm": {str(i): table[i, i] for i in range(len(table))},
        "pair_chains_iptm": {str(i): {str(j): table[i, j] for j in range(len(table))} for i in range(len(table))},
    }
