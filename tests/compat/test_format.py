"""FORMAT.md is true: a reader written from it alone finds what was stored."""

import datetime as dt
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compat.reader import TABLES, Store, metadata, open_store
from proteusdb import DatabaseManager
from proteusdb.testing.synthetic import synthetic_prediction

WHEN = dt.datetime(2024, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("format") / "proteus.db"
    record = synthetic_prediction(40, 2, chains=2, pae=True)
    raw = synthetic_prediction(15, 3, decimals=None)
    with DatabaseManager("lmdb", path) as db:
        db.store_prediction(**{**record, "metadata": {"when": WHEN, "deep": {"list": [1, None, True, "ä"]}}},
                            prediction_id="full", created_at=WHEN)  # fmt: skip
        db.update_prediction("full", {"metadata": {"confidence": 0.25, "ranking_score": -7.5}})
        db.store_prediction(raw["sequence"], raw["structure"].to_mmcif(), prediction_id="file")
        db.store_prediction("ACGX:MK", None, prediction_id="bare")
        db.delete_prediction("bare")
        db.store_analysis("full", {"matrix": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"method": "x"})
        # Enough to be folded from loose blobs into segments.
        db.store_predictions([synthetic_prediction(60, seed) for seed in range(20)])
    return path


@pytest.fixture
def store(path: Path) -> Any:
    with open_store(path) as opened:
        yield opened


def test_there_are_the_tables_of_the_document_and_no_others(store: Store) -> None:
    with store.environment.begin() as transaction:
        assert sorted(name.decode() for name, _ in transaction.cursor()) == sorted(TABLES)


def test_the_format_record_names_the_program_and_version_1(store: Store) -> None:
    record = store.open("meta", b"format")
    assert record.take(9) == b"proteusdb"
    assert record.unpack("I") == 1


def test_the_counters_count(store: Store) -> None:
    data = store.open("meta", b"counters")
    counters = [data.varint() for _ in range(13)]
    headers = [store.header(row, store.versions(row)[-1]) for row in store.ids().values()]
    current = [header for header in headers if not header["deleted"]]
    assert counters[7] == len(current)
    assert counters[8] == sum(header["length"] for header in current)


def test_every_column_of_a_header_is_where_the_document_says(store: Store) -> None:
    record = synthetic_prediction(40, 2, chains=2)
    row = store.ids()["full"]
    assert store.versions(row) == [1, 2]
    first, second = store.header(row, 1), store.header(row, 2)
    assert first["metadata"] == {"when": WHEN, "deep": {"list": [1, None, True, "ä"]}}
    assert (second["confidence"], second["ranking_score"]) == (0.25, -7.5)
    assert (first["ranking_score"], first["deleted"]) == (None, False)
    assert first["confidence"] == pytest.approx(first["mean_plddt"] / 100)
    for name in ("sequence", "job", "seed", "sample", "rank"):
        assert first[name] == second[name] == record[name]
    assert first["created_at"] == 1_709_294_400_000_005
    assert first["updated_at"] < second["updated_at"]
    assert first["chain_types"] == ["protein", "protein"]
    assert [(part["kind"], part["name"]) for part in first["parts"]] == [("structure", ""), ("array", "pae")]
    assert first["parts"] == second["parts"], "a metadata update shares the blobs"


def test_a_deletion_is_a_version_without_parts(store: Store) -> None:
    row = store.ids()["bare"]
    assert [store.header(row, version)["deleted"] for version in store.versions(row)] == [False, True]
    assert store.header(row, 2)["parts"] == []


def test_structures_and_arrays_decode_to_what_was_stored(store: Store, path: Path) -> None:
    for key, seed, length, options in (
        ("full", 2, 40, {"chains": 2, "pae": True}),
        ("file", 3, 15, {"decimals": None}),
    ):
        record = synthetic_prediction(length, seed, **options)
        header = store.header(store.ids()[key], 1)
        parts = {part["kind"]: store.part(part) for part in header["parts"]}
        found, given = parts["structure"], record["structure"]
        for column in ("coords", "b_factor", "occupancy", "atom_name", "residue_name", "chain_id", "residue_number"):
            np.testing.assert_array_equal(found[column], getattr(given, column), err_msg=f"{key} {column}")
        assert not np.any(found["hetero"])
        if "array" in parts:
            np.testing.assert_array_equal(parts["array"], record["arrays"]["pae"])


def test_blobs_lie_in_segments_of_at_most_65520_bytes(store: Store) -> None:
    sizes = [len(value) for _, value in store.entries("segments")]
    assert sizes
    assert max(sizes) <= 65_520


def test_models_and_analyses_are_msgpack(store: Store) -> None:
    number = store.header(store.ids()["full"], 1)["model"]
    model = metadata(store.open("models", struct.pack(">I", number)).data)
    name = synthetic_prediction(40, 2, chains=2)["model"]
    assert (model["name"], model["version"], model["configuration"]) == (name, None, {})
    assert store.open("model_ids", model["model_id"].encode()).data == struct.pack(">I", number)
    ((key, _),) = store.entries("analyses")
    data = store.open("analyses", key)
    assert data.unpack("Q") == store.ids()["full"]
    analysis = metadata(data.data[data.at :])
    assert (analysis["prediction_id"], analysis["parameters"]) == ("full", {"method": "x"})
    np.testing.assert_array_equal(analysis["results"]["matrix"], np.arange(6, dtype=np.float32).reshape(2, 3))


def test_index_keys_sort_as_their_values_do(store: Store) -> None:
    rows = {row: store.header(row, store.versions(row)[-1]) for row in store.ids().values()}
    live = {row: header for row, header in rows.items() if not header["deleted"]}
    for table, column in (("by_length", "length"), ("by_created", "created_at"), ("by_confidence", "confidence")):
        order = [struct.unpack(">Q", key[-8:])[0] for key, _ in store.entries(table)]
        expected = sorted((h[column], row) for row, h in live.items() if h[column] is not None)
        assert order == [row for _, row in expected], table
