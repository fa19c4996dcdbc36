"""PyTorch's `DataLoader` over a store: by number and as a stream, with workers by fork and by spawn."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.ml import Dataset
from proteusdb.testing import synthetic_prediction

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
loading = pytest.importorskip("torch.utils.data")

COUNT = 30


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with DatabaseManager("lmdb", tmp_path_factory.mktemp("data") / "proteus.db") as db:
        records = [synthetic_prediction(10 + n % 7, seed=n) for n in range(COUNT)]
        db.store_predictions([{**record, "prediction_id": f"p{n:02d}"} for n, record in enumerate(records)])
        yield db.dataset()


def check(data: Dataset, batch: dict[str, Any]) -> None:
    """A batch of tensors holds what is stored."""
    assert [type(batch[name]) for name in data.columns] == [torch.Tensor] * 4
    assert (batch["coords"].dtype, batch["mask"].dtype, batch["aatype"].dtype) == (
        torch.float32, torch.bool, torch.int64,
    )  # fmt: skip
    for row, name in enumerate(batch["id"]):
        coords, mask = data._db.get_prediction(name).structure.atom37()  # type: ignore[attr-defined]
        length = int(batch["length"][row])
        np.testing.assert_array_equal(batch["coords"][row, :length].numpy(), coords)
        np.testing.assert_array_equal(batch["mask"][row, :length].numpy(), mask)
        assert not batch["mask"][row, length:].any()


@pytest.mark.parametrize("kind", [None, "fork", "spawn"])
def test_a_stream_is_shared_by_workers(data: Dataset, kind: str | None) -> None:
    batches = data.shuffle(7).batches(4, buckets=2)
    assert isinstance(batches, loading.IterableDataset)
    whole = [batch["id"] for batch in batches]
    batches.set_epoch(0)
    workers = {} if kind is None else {"num_workers": 2, "multiprocessing_context": kind}
    found = list(loading.DataLoader(batches, batch_size=None, **workers))
    assert [batch["id"] for batch in found] == whole
    assert [batch["batch"] for batch in found] == list(range(len(whole)))
    for batch in found:
        check(data, batch)
    state = batches.state_dict(after=found[2])
    batches.load_state_dict(state)
    again = loading.DataLoader(batches, batch_size=None, **workers)
    assert [batch["id"] for batch in again] == whole[3:]


@pytest.mark.parametrize("kind", [None, "fork", "spawn"])
def test_records_by_number_are_shared_by_workers(data: Dataset, kind: str | None) -> None:
    workers = {} if kind is None else {"num_workers": 2, "multiprocessing_context": kind}
    loader = loading.DataLoader(data, batch_size=4, shuffle=True, collate_fn=data.collate, **workers)
    found = list(loader)
    assert sorted(name for batch in found for name in batch["id"]) == data.ids
    for batch in found:
        check(data, batch)


def test_a_tensor_of_the_caller_is_filled(data: Dataset, tmp_path: Path) -> None:
    coords = torch.ones((2, 20, 37, 3))
    lengths = data._db.get_many_into(["p03", "p04"], out={"coords": coords})  # type: ignore[attr-defined]
    expected, _ = data._db.get_prediction("p03").structure.atom37()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(coords[0, : lengths[0]].numpy(), expected)
    assert not coords[0, lengths[0] :].any()
