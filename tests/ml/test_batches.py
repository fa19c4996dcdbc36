"""Batches: the same order everywhere, every record once an epoch, taken up again in the midst of one, shared out."""

import json
import os
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError
from proteusdb.ml import Batches, Dataset
from proteusdb.ml.order import bounds_of, mixed
from proteusdb.testing import synthetic_prediction

COUNT = 40
GOLDEN = [
    [5, 7, 3, 9, 1, 8, 6, 0, 2, 4],
    [8, 9, 6, 7, 5, 4, 1, 0, 2, 3],
    [9, 4, 0, 6, 1, 3, 7, 5, 2, 8],
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """Forty predictions of 10 to 49 residues, in no order of length."""
    with DatabaseManager("lmdb", tmp_path_factory.mktemp("data") / "proteus.db") as db:
        lengths = [10 + (7 * number) % COUNT for number in range(COUNT)]
        records = [synthetic_prediction(length, seed=length) for length in lengths]
        named = [{**record, "prediction_id": f"p{n:02d}"} for n, record in enumerate(records)]
        assert db.store_predictions(named).stored == COUNT
        yield db.dataset(columns=("aatype", "mask"))


def ids(batches: Batches) -> list[list[str]]:
    return [batch["id"] for batch in batches]


def flat(lists: list[list[str]]) -> list[str]:
    return [one for some in lists for one in some]


def test_the_order_of_a_seed_is_for_ever() -> None:
    assert mixed(10, 7, 0).tolist() == GOLDEN[0]
    assert mixed(10, 7, 1).tolist() == GOLDEN[1]
    assert mixed(10, -1, 0).tolist() == GOLDEN[2]
    assert mixed(0, 7, 0).tolist() == []
    many = mixed(100_000, 3, 5)
    assert np.array_equal(np.sort(many), np.arange(100_000))
    assert abs(np.corrcoef(many, np.arange(100_000))[0, 1]) < 0.02


def test_every_record_comes_once_an_epoch_and_epochs_differ(data: Dataset) -> None:
    batches = data.shuffle(7).batches(6)
    first, second = ids(batches), ids(batches)
    assert [len(some) for some in first] == [6] * 6 + [4]
    assert sorted(flat(first)) == sorted(flat(second)) == data.ids
    assert first != second
    assert batches.epoch == 2
    batches.set_epoch(0)
    assert ids(batches) == first == ids(data.shuffle(7).batches(6, threads=1))
    assert ids(data.shuffle(8).batches(6)) != first
    assert flat(ids(data.batches(6))) == data.ids


def test_items_are_shuffled_as_batches_are(data: Dataset) -> None:
    mixed = data.shuffle(7)
    assert mixed.ids == flat(ids(mixed.batches(6)))
    assert mixed[3]["id"] == mixed.ids[3]
    assert [item["id"] for item in mixed.__getitems__([5, 0])] == [mixed.ids[5], mixed.ids[0]]
    assert data.ids == sorted(data.ids)


def test_a_batch_is_of_one_bucket(data: Dataset) -> None:
    batches = data.shuffle(7).batches(5, buckets=(20, 30))
    found = [batch["length"] for batch in batches]
    buckets = [set(np.searchsorted([20, 30], lengths)) for lengths in found]
    assert all(len(some) == 1 for some in buckets)
    assert len({tuple(some) for some in buckets}) == 3
    assert sum(map(len, found)) == COUNT
    assert bounds_of(4, data.lengths).tolist() == [19, 29, 39, 49]
    assert bounds_of((5, 20, 100), data.lengths).tolist() == [5, 20, 49]
    assert bounds_of(3, np.array([7, 7, 7])).tolist() == [7]
    assert bounds_of(3, np.array([], np.int64)).tolist() == [0]


def test_a_batch_has_no_more_residues_than_allowed(data: Dataset) -> None:
    batches = data.shuffle(7).batches(16, buckets=4, max_residues=120)
    shapes = [batch["aatype"].shape for batch in batches]
    assert max(rows * length for rows, length in shapes) <= 120
    assert sum(rows for rows, _ in shapes) == COUNT
    alone = [batch["aatype"].shape[0] for batch in data.batches(16, max_residues=1)]
    assert alone == [1] * COUNT


def test_shards_share_all_batches(data: Dataset) -> None:
    whole = ids(data.shuffle(7).batches(6))
    shards = [ids(data.shuffle(7).batches(6, shard=(rank, 3))) for rank in range(3)]
    assert shards == [whole[rank::3] for rank in range(3)]
    even = [data.shuffle(7).batches(6, shard=(rank, 4), drop_last=True) for rank in range(4)]
    assert [len(some) for some in even] == [1] * 4
    assert [len(flat(ids(some))) for some in even] == [6] * 4


def test_an_epoch_is_taken_up_again_in_its_midst(data: Dataset) -> None:
    batches = data.shuffle(7).batches(6, buckets=2)
    whole = [ids(batches) for _ in range(3)]
    batches.set_epoch(1)
    seen = []
    for batch in batches:
        seen.append(batch["id"])
        if batch["batch"] == 2:
            state = json.loads(json.dumps(batches.state_dict()))
            assert state == batches.state_dict(after=batch)
            break
    other = data.shuffle(7).batches(6, buckets=2, threads=1)
    other.load_state_dict(state)
    assert other.state_dict() == state
    assert seen + ids(other) == whole[1]
    assert ids(other) == whole[2]
    # Without a state, a loop that was left begins again.
    assert ids(batches) == whole[1]


def test_a_state_of_other_batches_is_refused(data: Dataset) -> None:
    state = data.shuffle(7).batches(6).state_dict()
    fewer = data._db.dataset(where="length < 30", columns=data.columns)  # type: ignore[attr-defined]
    others = [
        data.batches(6), data.shuffle(8).batches(6), data.shuffle(7).batches(5), data.shuffle(7).batches(6, buckets=2),
        data.shuffle(7).batches(6, shard=(0, 2)), data.shuffle(7).batches(6, drop_last=True),
        fewer.shuffle(7).batches(6),
    ]  # fmt: skip
    for other in others:
        with pytest.raises(ValidationError, match="state"):
            other.load_state_dict(state)


def test_workers_of_a_loader_share_the_batches(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ids(data.shuffle(7).batches(6))
    loading = types.ModuleType("torch.utils.data")
    monkeypatch.setitem(sys.modules, "torch.utils.data", loading)
    state = data.shuffle(7).batches(6).state_dict()
    for start in (0, 3):
        found = []
        for worker in range(2):
            told = types.SimpleNamespace(id=worker, num_workers=2)
            monkeypatch.setattr(loading, "get_worker_info", lambda told=told: told, raising=False)
            batches = data.shuffle(7).batches(6)
            batches.load_state_dict({**state, "batch": start})
            found.append(ids(batches))
        # A loader takes from its first worker first.
        assert found == [whole[start::2], whole[start + 1 :: 2]]


def test_a_copy_in_another_process_reads_the_same(data: Dataset) -> None:
    batches = data.shuffle(7).batches(6)
    whole = ids(batches)
    batches.set_epoch(0)
    again = pickle.loads(pickle.dumps(batches))
    assert ids(again) == whole
    again._data._db.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_reads_the_same(data: Dataset) -> None:
    batches = data.shuffle(7).batches(6)
    whole = ids(batches)
    batches.set_epoch(0)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if ids(batches) == whole else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert ids(batches) == whole


def test_collating_items_pads_them(data: Dataset) -> None:
    together = data.collate(data.__getitems__([3, 9]))
    alone = data.collate([data[3], data[9]])
    assert together["id"] == alone["id"]
    for name in ("aatype", "mask", "length"):
        np.testing.assert_array_equal(np.asarray(together[name]), np.asarray(alone[name]))


def test_nothing_gives_no_batch(data: Dataset) -> None:
    none = data._db.dataset(where="length > 1000", columns=("coords",))  # type: ignore[attr-defined]
    assert (len(none), len(none.batches(4)), list(none.batches(4, buckets=3))) == (0, 0, [])


def test_wrong_arguments_are_named(data: Dataset) -> None:
    wrong: list[dict[str, Any]] = [
        {"size": 0}, {"size": True}, {"buckets": 0}, {"buckets": ()}, {"buckets": (5, 5)}, {"max_residues": 0},
        {"shard": (2, 2)}, {"shard": 1}, {"threads": 0},
    ]  # fmt: skip
    for given in wrong:
        with pytest.raises(ValidationError, match=next(iter(given))):
            data.batches(**given)
    with pytest.raises(ValidationError, match="seed"):
        data.shuffle("7")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="epoch"):
        data.batches().set_epoch(-1)
