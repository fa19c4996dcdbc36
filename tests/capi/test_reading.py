"""What the C interface reads is what the package reads."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capi.conftest import IDS
from capi.reader import Failed, Reader
from proteusdb import DatabaseManager

COLUMNS = (
    "coords b_factor occupancy plddt_atom atom_name element altloc hetero charge residue_name chain_id residue_number "
    "insertion_code segment_id label_asym_id label_entity_id label_seq_id residue_starts"
).split()


def test_every_column_of_every_structure(reader: Reader, store: Any, read: dict[str, Any]) -> None:
    with_structure = {name: told for name, told in read.items() if told["structure"] is not None}
    assert len(with_structure) >= 9
    for name, told in with_structure.items():
        found = reader.get(store, name)
        for column in COLUMNS:
            expected = getattr(told["structure"], column)
            if expected is None:
                with pytest.raises(Failed, match=f"NOT_FOUND.*{column}: its B-factors are no pLDDT"):
                    reader.column(found, column)
            else:
                column_read = reader.column(found, column)
                assert column_read.dtype.kind == expected.dtype.kind
                np.testing.assert_array_equal(column_read, expected, err_msg=f"{name}: {column}")
        np.testing.assert_array_equal(reader.column(found, "model_coords"), told["structure"].coords_all)
        if told["plddt"] is not None:
            np.testing.assert_array_equal(reader.column(found, "plddt"), told["plddt"])
    assert any(told["plddt"] is not None for told in with_structure.values())


def test_every_array_of_every_kind(reader: Reader, store: Any, read: dict[str, Any]) -> None:
    for name, told in read.items():
        found = reader.get(store, name)
        names = reader.text(found, "arrays")
        assert sorted(names.split("\n") if names else []) == sorted(told["arrays"])
        for array, expected in told["arrays"].items():
            # Samples of a job are coded beside each other; this is read here too.
            array_read = reader.array(found, array)
            assert array_read.dtype == expected.dtype.newbyteorder("<")
            assert array_read.tobytes() == expected.astype(array_read.dtype).tobytes(), (name, array)
    kinds = {array.dtype.kind for told in read.values() for array in told["arrays"].values()}
    assert kinds >= set("fiucUSb")


def test_numbers_and_texts_of_the_header(reader: Reader, store: Any, read: dict[str, Any]) -> None:
    for name, told in read.items():
        found = reader.get(store, name)
        info = reader.info(found)
        assert info.version == told["version"]
        assert info.length == len(told["sequence"].replace(":", ""))
        for moment in ("created_at", "updated_at"):
            assert getattr(info, moment) == round(told[moment].timestamp() * 1e6)
        for bit, field in enumerate(("seed", "sample", "rank", "structure")):
            assert bool(info.present >> bit & 1) == (told[field] is not None)
        assert (info.seed, info.sample, info.rank) == tuple(told[key] or 0 for key in ("seed", "sample", "rank"))
        for score in ("confidence", "ranking_score"):
            np.testing.assert_array_equal(getattr(info, score), np.nan if told[score] is None else told[score])
        assert json.loads(reader.text(found, "metadata")) == json.loads(
            json.dumps(told["metadata"], default=datetime.isoformat)
        )
        assert reader.text(found, "chain_types") == ":".join(told["chain_types"])
        for text in ("prediction_id", "sequence", "job", "model_id", "model", "model_version"):
            if told[text] is None:
                with pytest.raises(Failed, match=f"NOT_FOUND.*has no {text}"):
                    reader.text(found, text)
            else:
                assert reader.text(found, text) == told[text]


def test_ids_come_in_order_over_pages(reader: Reader, store: Any, read: dict[str, Any]) -> None:
    expected = sorted([*IDS, *read], key=str.encode)
    assert reader.ids(store) == expected
    assert reader.made("count", "uint64_t", store) == len(expected)


def test_versions_and_what_is_gone(reader: Reader, store: Any) -> None:
    assert json.loads(reader.text(reader.get(store, "ä whole", 1), "metadata")) == {"ö": [1, {"x": None}]}
    assert json.loads(reader.text(reader.get(store, "ä whole"), "metadata")) == {"ö": 2}
    for name, version in (("gone", 0), ("gone", 2), ("nobody", 0), ("ä whole", 9), ("", 0)):
        with pytest.raises(Failed, match=f"NOT_FOUND: no prediction has the id {json.dumps(name)}"):
            reader.get(store, name, version)


def test_a_prediction_outlives_its_store(reader: Reader, source: Path, read: dict[str, Any]) -> None:
    name, told = next((name, told) for name, told in read.items() if told["structure"] is not None)
    store = reader.open(str(source))
    found = reader.get(store, name)
    reader.lib.proteusdb_close(store)
    np.testing.assert_array_equal(reader.column(found, "coords"), told["structure"].coords)


def test_what_another_process_writes_is_seen(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with DatabaseManager(database_path=path) as db:
        db.store_prediction("MKV", None, prediction_id="first")
    store = reader.open(str(path))
    assert reader.ids(store) == ["first"]
    run = (
        "import sys; from proteusdb import DatabaseManager\n"
        "with DatabaseManager(database_path=sys.argv[1]) as db: db.store_prediction('GG', None, prediction_id='second')"
    )
    subprocess.run([sys.executable, "-c", run, str(path)], check=True, timeout=120)
    assert reader.ids(store) == ["first", "second"]
    assert reader.text(reader.get(store, "second"), "sequence") == "GG"
    reader.lib.proteusdb_close(store)
