"""Arrays: exact whatever they are, rounded when asked, read in blocks, stored once."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import corpus
from proteusdb import DatabaseManager
from proteusdb.testing.synthetic import synthetic_prediction


def errors(side: int, decimals: int = 1) -> Any:
    """Errors in Å that grow with the distance along the chain, on a grid of decimals."""
    generator = np.random.default_rng(side)
    apart = np.abs(np.subtract.outer(np.arange(side), np.arange(side)))
    matrix = 31 * (1 - np.exp(-apart / side)) + np.cumsum(generator.normal(0, 0.2, (side, side)), axis=1)
    return np.round(np.clip(matrix, 0.25, 31.75), decimals).astype(np.float32)


@pytest.mark.parametrize(
    "array",
    [
        np.array([True, False, True]),
        np.arange(-5, 5, dtype=np.int8),
        np.array(7),
        np.empty((0, 3), np.float16),
        np.array([[np.nan, -0.0], [np.inf, 1e-40]]),
        np.array([1 + 2j, -0.0j], np.complex64),
        np.arange(6, dtype=np.complex128).reshape(2, 3) / 3,
        np.array(["a", "Ω", ""]),
        np.array([b"ab", b"c"]),
        np.arange(12, dtype=">i4").reshape(3, 4).T,
        np.array([2**63, 0], np.uint64),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_an_array_comes_back_with_every_bit(db: DatabaseManager, array: Any) -> None:
    key = db.store_prediction("MKV", None, arrays={"x": array})
    found = db.get_prediction(key).arrays["x"]
    assert (found.dtype, found.shape) == (array.dtype.newbyteorder("="), array.shape)
    assert found.tobytes() == np.ascontiguousarray(array).astype(found.dtype).tobytes()


def test_objects_are_refused(db: DatabaseManager) -> None:
    with pytest.raises(ValueError, match="allowed are bool, integers"):
        db.store_prediction("MKV", None, arrays={"x": np.array([None, {}], object)})


def test_blocks_of_a_matrix_in_bands(db: DatabaseManager) -> None:
    pae = errors(600)
    key = db.store_prediction("MKV", None, arrays={"pae": pae})
    for rows, cols in (
        (slice(250, 300), None),
        (slice(590, 10, -7), (5, 9)),
        ([3, 599, -1, 256], slice(None, None, 50)),
        (-1, 0),
        (slice(9, 3), None),
        (np.arange(600) % 100 == 3, None),
        (slice(500, 10_000), [1, 1]),
    ):
        wanted = pae[rows] if rows is not None else pae
        columns = slice(*cols) if isinstance(cols, tuple) else cols
        wanted = wanted if cols is None else wanted[..., columns]
        np.testing.assert_array_equal(db.get_array(key, "pae", rows, cols), wanted, err_msg=f"{rows} {cols}")
    with pytest.raises(ValueError, match="shape"):
        db.get_array(key, "pae", [600])


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_errors_are_rounded_when_asked(tmp_path: Path, step: float) -> None:
    pae, other = errors(80, 2), errors(80, 2)
    with DatabaseManager("lmdb", tmp_path / "p.db", pae_precision=step) as db:
        key = db.store_prediction("MKV", None, arrays={"pae": pae, "pde": pae, "other": other})
        found = db.get_prediction(key).arrays
        for name in ("pae", "pde"):
            assert np.abs(found[name] - pae).max() <= step / 2 + 4e-6
            assert found[name].dtype == pae.dtype
            assert found[name].max() == pae.max(), "the greatest value stays"
            below = found[name][found[name] < pae.max()]
            np.testing.assert_allclose(below / step, np.round(below / step), atol=1e-4)
        np.testing.assert_array_equal(found["other"], other)
        db.update_prediction(key, {"arrays": {"pae": other}})
        assert np.abs(db.get_array(key, "pae") - other).max() <= step / 2 + 4e-6
        sizes = {name: size for kind, name, size in db._session.require(key).parts if kind == "array"}
        assert sizes["pae"] < 0.7 * sizes["other"]


def test_equal_arrays_are_stored_once(db: DatabaseManager) -> None:
    shared, own = errors(90), [errors(60 + sample) for sample in range(5)]
    keys = [
        db.store_prediction("MKV", None, sample=sample, arrays={"contact_probs": shared, "pae": own[sample]})
        for sample in range(3)
    ]
    with db.transaction():
        keys += [
            db.store_prediction("MKV", None, sample=sample, arrays={"contact_probs": shared, "pae": own[sample]})
            for sample in (3, 4)
        ]
    assert db.stats()["blobs"] == 6
    for sample, key in enumerate(keys):
        np.testing.assert_array_equal(db.get_array(key, "contact_probs"), shared)
        np.testing.assert_array_equal(db.get_array(key, "pae"), own[sample])
    for key in keys[:4]:
        db.delete_prediction(key, purge=True)
        assert db.verify_integrity().ok
    assert db.stats()["blobs"] == 2
    np.testing.assert_array_equal(db.get_array(keys[4], "contact_probs"), shared)
    db.delete_prediction(keys[4], purge=True)
    assert db.stats()["blobs"] == 0
    again = db.store_prediction("MKV", None, arrays={"contact_probs": shared})
    np.testing.assert_array_equal(db.get_array(again, "contact_probs"), shared)
    assert db.verify_integrity().ok


def test_matrices_of_real_predictions(db: DatabaseManager) -> None:
    found = 0
    for path in sorted((corpus.need() / "predictions").glob("*.json")):
        scores = json.loads(path.read_text())
        scores = scores[0] if isinstance(scores, list) else scores
        for name, values in scores.items():
            array = np.array(values) if isinstance(values, list) else np.array(None)
            if array.dtype.kind != "f" or array.size < 64:
                continue
            for dtype in (np.float64, np.float32):
                key = db.store_prediction("MKV", None, arrays={name: array.astype(dtype)})
                got = db.get_array(key, name)
                assert got.tobytes() == array.astype(dtype).tobytes(), f"{path.name} {name}"
            if array.ndim == 2:
                found += 1
                ((_, _, size),) = db._session.require(key).parts
                assert size * 8 < 13 * array.size, f"{path.name} {name}: more bits than its float32 has noise"
    assert found > 0, "the corpus has matrices"
    assert db.verify_integrity().ok


def samples(side: int, count: int) -> list[Any]:
    """Errors of samples of one job: much alike."""
    generator = np.random.default_rng(7)
    first = errors(side)
    noise = (generator.normal(0, 0.1, (side, side)) for _ in range(count - 1))
    return [first, *(np.round(np.clip(first + more, 0.2, 31.8), 1).astype(np.float32) for more in noise)]


def coded_beside(db: DatabaseManager, key: str) -> bool:
    """Whether the errors of a prediction need those of another sample."""
    stored = db._session.require(key)
    return any(kind == "reference" for kind, _, _ in stored.parts)


def size(db: DatabaseManager, key: str) -> int:
    return sum(size for kind, _, size in db._session.require(key).parts if kind == "array")


def test_the_next_sample_costs_less_and_outlives_the_first(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    matrices = samples(120, 4)
    with DatabaseManager("lmdb", path) as db:
        for number, matrix in enumerate(matrices[:2]):
            db.store_prediction("MKV", None, prediction_id=str(number), job="dimer", arrays={"pae": matrix})
        assert [coded_beside(db, "0"), coded_beside(db, "1")] == [False, True]
        assert size(db, "1") < 0.8 * size(db, "0")
    # Another process finds the first sample by its job.
    with DatabaseManager("lmdb", path) as db:
        rest = [{"sequence": "MKV", "structure": None, "prediction_id": str(n), "job": "dimer", "sample": n,
                 "arrays": {"pae": matrices[n]}} for n in (2, 3)]  # fmt: skip
        db.store_predictions(rest, workers=2)
        assert coded_beside(db, "2")
        assert coded_beside(db, "3")
        db.delete_prediction("0", purge=True)
        assert db.verify_integrity().ok
        db.compact()
    with DatabaseManager("lmdb", path) as db:
        for number in (1, 2, 3):
            assert np.array_equal(db.get_prediction(str(number)).arrays["pae"], matrices[number])
            assert np.array_equal(db.get_array(str(number), "pae", rows=slice(5, 9)), matrices[number][5:9])
        for number in (1, 2, 3):
            db.delete_prediction(str(number), purge=True)
        assert db.stats()["blobs"] == 0
        assert db.verify_integrity().ok


def test_an_update_and_a_revert_leave_nothing_behind(tmp_path: Path) -> None:
    matrices = samples(80, 3)
    with DatabaseManager("lmdb", tmp_path / "p.db") as db:
        for number in (0, 1):
            db.store_prediction("MKV", None, prediction_id=str(number), job="j", arrays={"pae": matrices[number]})
        db.update_prediction("1", {"metadata": {"note": "kept"}})
        assert coded_beside(db, "1")
        assert np.array_equal(db.get_prediction("1").arrays["pae"], matrices[1])
        db.update_prediction("1", {"arrays": {"pae": matrices[2]}})
        assert not coded_beside(db, "1"), "it was coded alone, and what the last one needed is not its own"
        assert np.array_equal(db.get_prediction("1").arrays["pae"], matrices[2])
        db.revert("1", 2)
        db.revert("0", 1)
        assert not coded_beside(db, "0"), "the first sample is what is there"
        assert [list(entry.changed) for entry in db.history("0")] == [["created"], []]
        assert np.array_equal(db.get_prediction("1").arrays["pae"], matrices[1])
        assert np.array_equal(db.get_prediction("1", version=3).arrays["pae"], matrices[2])
        assert db.verify_integrity().ok


def test_samples_within_a_transaction_are_read_before_it_ends(tmp_path: Path) -> None:
    matrices = samples(80, 2)
    with DatabaseManager("lmdb", tmp_path / "p.db") as db:
        with db.transaction():
            for number in (0, 1):
                db.store_prediction("MKV", None, prediction_id=str(number), job="j", arrays={"pae": matrices[number]})
            assert np.array_equal(db.get_prediction("1").arrays["pae"], matrices[1])
            assert np.array_equal(db.get_array("1", "pae", rows=3), matrices[1][3])
        assert coded_beside(db, "1")
        assert np.array_equal(db.get_prediction("1").arrays["pae"], matrices[1])


def test_score_files_of_further_samples_share_the_matrix_they_say(tmp_path: Path) -> None:
    matrices = samples(64, 3)
    for number, matrix in enumerate(matrices):
        record = synthetic_prediction(64, number)
        (tmp_path / f"fold_x_model_{number}.cif").write_text(record["structure"].to_mmcif())
        scores = {"pae": np.round(matrix.astype(float), 1).tolist()}
        (tmp_path / f"fold_x_full_data_{number}.json").write_text(json.dumps(scores))
    with DatabaseManager("lmdb", tmp_path / "p.db") as db:
        ids = db.load_files(tmp_path).ids
        assert len(ids) == 3
        for key in ids:
            found = db.get_prediction(key)
            number = int(found.metadata["source"]["name"].rpartition("_")[2].removesuffix(".cif"))
            data = (tmp_path / f"fold_x_full_data_{number}.json").read_bytes()
            assert found.originals[f"fold_x_full_data_{number}.json"] == data
            assert np.array_equal(found.arrays["pae"], matrices[number])
        assert sorted(coded_beside(db, key) for key in ids) == [False, True, True]
        assert db.verify_integrity().ok


@pytest.mark.parametrize("keep", [False, True])
def test_rounded_errors_are_not_said_exactly_by_a_file_that_is_kept(tmp_path: Path, keep: bool) -> None:
    matrix = errors(64, 2)
    record = synthetic_prediction(64, 1)
    (tmp_path / "fold_x_model_0.cif").write_text(record["structure"].to_mmcif())
    exact = json.dumps({"pae": np.round(matrix.astype(float), 2).tolist()})
    (tmp_path / "fold_x_full_data_0.json").write_text(exact)
    with DatabaseManager("lmdb", tmp_path / "p.db", pae_precision=0.5, keep_original=keep) as db:
        (key,) = db.load_files(tmp_path).ids
        found = db.get_prediction(key)
        names = ["fold_x_full_data_0.json", "fold_x_model_0.cif"]
        assert sorted(found.originals) == (names if keep else names[1:])
        assert not np.array_equal(found.arrays["pae"], matrix)
        assert np.abs(found.arrays["pae"] - matrix).max() <= 0.2501
        if keep:
            assert found.originals[names[0]] == exact.encode()
    with DatabaseManager("lmdb", tmp_path / "q.db", pae_precision=0.1) as db:
        (tmp_path / "fold_x_full_data_0.json").write_text(
            json.dumps({"pae": errors(64).astype(float).round(1).tolist()})
        )
        (key,) = db.load_files(tmp_path).ids
        assert sorted(db.get_prediction(key).originals) == names, "rounding changed nothing, so the file says no more"


def test_a_second_process_packs_files_by_what_the_first_left(tmp_path: Path) -> None:
    def text(seed: int) -> bytes:
        remark = "".join(
            f"REMARK {n:3} what every file of this predictor says, line {n * 7919 % 1000}\n" for n in range(40)
        )
        return (remark + synthetic_prediction(20, seed)["structure"].to_pdb()).encode()

    path = tmp_path / "p.db"
    blobs = []
    for seed in range(3):
        with DatabaseManager("lmdb", path) as db:
            db.store_prediction(None, text(seed), prediction_id=str(seed))
            stored = db._session.require(str(seed))
            named = [name for kind, name, _ in stored.parts if kind == "source"]
            blobs.append([db._session.part(stored, "source", name) for name in named])
            (original,) = [size for kind, _, size in stored.parts if kind == "original"]
    assert len(blobs[0]) == 1
    assert blobs[0] == blobs[1] == blobs[2], "one exemplar"
    assert original < 200
    with DatabaseManager("lmdb", path, read_only=True) as db:
        assert all(next(iter(db.get_prediction(str(seed)).originals.values())) == text(seed) for seed in range(3))
