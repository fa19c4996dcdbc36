"""What each predictor's names tell, and that no other predictor's are taken for them."""

from pathlib import PurePath
from typing import Any

import pytest

from proteusdb.core.recognise import TOOLS, recognise, tool_of_companion

# path, files beside it, model, and what else is told
STRUCTURES: list[tuple[str, tuple[str, ...], str, dict[str, Any]]] = [
    ("AF-P12345-F1-model_v4.cif.gz", (), "AlphaFold", {"accession": "P12345", "fragment": 1, "release": 4}),
    ("x__AF-A0A0B7P3V8-2-F13-model_v6.pdb", (), "AlphaFold", {"accession": "A0A0B7P3V8-2", "fragment": 13}),
    (
        "out/7eb38_unrelaxed_rank_001_alphafold2_multimer_v3_model_4_seed_012.pdb",
        (),
        "alphafold2_multimer_v3",
        {"job": "7eb38", "rank": 1, "sample": 4, "seed": 12, "relaxed": False},
    ),
    ("a_b_relaxed_rank_2_model_5.pdb", (), "ColabFold", {"job": "a_b", "rank": 2, "sample": 5, "relaxed": True}),
    (
        "j_unrelaxed_rank_001_alphafold2_ptm_model_1_seed_000.r3.pdb",
        (),
        "alphafold2_ptm",
        {"job": "j", "recycle": 3, "rank": 1, "sample": 1, "seed": 0},
    ),
    (
        "T1050/relaxed_model_1_multimer_v3_pred_2.pdb",
        (),
        "alphafold2_multimer_v3",
        {"job": "T1050", "sample": 1, "prediction": 2, "relaxed": True},
    ),
    ("T1050/unrelaxed_model_4.pdb", (), "alphafold2", {"job": "T1050", "sample": 4, "relaxed": False}),
    ("T1050/unrelaxed_model_4_ptm_pred_0.cif", (), "alphafold2_ptm", {"job": "T1050", "sample": 4}),
    ("T1050/ranked_3.pdb.gz", (), "AlphaFold2", {"job": "T1050", "rank": 3}),
    ("fold_my_job_model_2.cif", (), "AlphaFold3", {"job": "my_job", "rank": 2}),
    ("my_job_model_2.cif", ("my_job_full_data_2.json",), "AlphaFold3", {"job": "my_job", "rank": 2}),
    (
        "j/seed-7_sample-3/j_seed-7_sample-3_model.cif.zst",
        (),
        "AlphaFold3",
        {"job": "j", "seed": 7, "sample": 3},
    ),
    ("j/seed-7_sample-3/model.cif", (), "AlphaFold3", {"job": "j", "seed": 7, "sample": 3}),
    ("j/j_model.cif", ("j_summary_confidences.json",), "AlphaFold3", {"job": "j"}),
    ("boltz_results_x/predictions/b/b_model_0.cif", (), "Boltz", {"job": "b", "rank": 0}),
    ("elsewhere/b_model_1.pdb", ("confidence_b_model_1.json",), "Boltz", {"job": "b", "rank": 1}),
    ("c/pred.model_idx_4.cif", (), "Chai-1", {"job": "c", "sample": 4}),
    ("c/pred.rank_2.model_idx_4.cif", (), "Chai-1", {"job": "c", "sample": 4, "rank": 2}),
    ("q/seed_42/q_x_seed_42_sample_5_model.cif", (), "OpenFold3", {"job": "q_x", "seed": 42, "sample": 5}),
    ("p/seed_101/predictions/p_sample_1.cif", (), "Protenix", {"job": "p", "seed": 101, "sample": 1}),
    (
        "p_seed_5_sample_1.cif",
        ("p_seed_5_summary_confidence_sample_1.json",),
        "Protenix",
        {"job": "p", "seed": 5, "sample": 1},
    ),
    ("h/h-pred-2-1/predicted_structure.cif", (), "HelixFold3", {"job": "h", "inference": 2, "sample": 1}),
    ("h/h-rank1/predicted_structure.cif", (), "HelixFold3", {"job": "h", "rank": 1}),
    ("predictions_simplefold_3B/s_sampled_2.cif", (), "simplefold_3B", {"job": "s", "sample": 2}),
    ("r/models/model_00.pdb", ("model_00.npz",), "RoseTTAFold2NA", {"job": "r", "sample": 0}),
    ("o_model_1_ptm_unrelaxed.pdb", (), "OpenFold", {"job": "o", "sample": 1, "relaxed": False}),
    ("design.ef.pdb", (), "ESMFold", {"job": "design"}),
    ("MGYP000123456789.pdb", (), "ESMFold", {"job": "MGYP000123456789"}),
]

PLAIN = [
    "model.cif",
    "1abc.pdb",
    "x_model.cif",
    "x_model_0.cif",
    "predictions/x_model_0.cif",
    "model_00.pdb",
    "models/model_00.pdb",
    "x_sample_1.cif",
    "predicted_structure.cif",
    "x_sampled_0.cif",
    "ef.pdb",
    "rank_1.pdb",
    "AF-P12345.pdb",
]


@pytest.mark.parametrize(("path", "beside", "model", "told"), STRUCTURES, ids=lambda value: str(value)[:50])
def test_a_name_tells(path: str, beside: tuple[str, ...], model: str, told: dict[str, Any]) -> None:
    found = recognise(PurePath("/data") / path, beside.__contains__)
    assert found is not None
    said = found[1]
    assert said.model == model
    for name, value in told.items():
        stands = said.details[name] if name in said.details else getattr(said, name)
        assert (stands, type(stands)) == (value, type(value)), name
    for name in {"job", "seed", "sample", "rank"} - told.keys():
        assert getattr(said, name) is None, name


@pytest.mark.parametrize("path", PLAIN)
def test_a_plain_name_tells_nothing(path: str) -> None:
    assert recognise(PurePath("/data") / path) is None


COMPANIONS = [
    (".confidences.json", "AlphaFold3"),
    (".summary_confidences.json", "AlphaFold3"),
    (".job_summary_confidences_0.json", "AlphaFold3"),
    (".q_seed_42_sample_1_confidences_aggregated.json", "OpenFold3"),
    (".q_seed_42_sample_1_confidences.npz", "OpenFold3"),
    (".j_predicted_aligned_error_v1.json", "ColabFold"),
    (".AF-P12345-F1-predicted_aligned_error_v4.json", "AlphaFold"),
    (".scores.model_idx_0.npz", "Chai-1"),
    (".pae_j_model_0.npz", "Boltz"),
    (".all_results.json", "HelixFold3"),
    ("_pae.npy", None),
    (".json", None),
    (".npz", None),
    ("-scores.json", None),
]


@pytest.mark.parametrize(("rest", "tool"), COMPANIONS)
def test_what_follows_a_structures_name_tells_how_it_is_read(rest: str, tool: str | None) -> None:
    kind = tool_of_companion(rest, None)
    assert kind is not None
    assert (None if kind[1] is None else kind[1].name) == tool


@pytest.mark.parametrize("rest", [".input.json", "_notes.json", "_model_2.json", ".log.json"])
def test_other_files_are_nobodys(rest: str) -> None:
    assert tool_of_companion(rest, None) is None


def test_every_tool_is_in_the_tables() -> None:
    seen = set()
    for path, beside, _, _ in STRUCTURES:
        found = recognise(PurePath("/data") / path, beside.__contains__)
        assert found is not None
        seen.add(found[0].name)
    assert seen == {tool.name for tool in TOOLS}
