"""Opening, closing, keeping, sharing among threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ProteusError

from .base import Base, folded

__all__ = ["Lifecycle"]


class Lifecycle(Base):
    """`close`, `with`, `repr`, threads, `verify_integrity`, `stats`."""

    def test_close_may_be_called_twice_and_later_calls_say_so(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None)
        db.close()
        db.close()
        with pytest.raises(ProteusError, match=r"closed|close\(\)"):
            db.count()

    def test_with_closes(self, tmp_path: Path) -> None:
        with self.make_manager(tmp_path) as db:
            db.store_prediction("MKT", None)
        with pytest.raises(ProteusError):
            db.count()

    def test_what_was_stored_outlives_the_manager(self, db: DatabaseManager, tmp_path: Path) -> None:
        pae = np.arange(4.0)
        db.store_prediction(**folded(), metadata={"n": 1}, model="esm2", prediction_id="p", arrays={"pae": pae})
        db.store_analysis("p", {"rmsd": 1.0})
        with self.reopened(db, tmp_path) as again:
            found = again.get_prediction("p")
            assert found.structure == folded()["structure"]
            assert (found.metadata, found.model) == ({"n": 1}, "esm2")
            np.testing.assert_array_equal(found.arrays["pae"], pae)
            assert len(again.list_analyses("p")) == 1
            assert again.query_ids(model_name="esm2") == ["p"]

    def test_many_threads_may_write_and_read(self, db: DatabaseManager) -> None:
        def work(worker: int) -> int:
            for number in range(10):
                key = db.store_prediction("MKT", None, {"worker": worker, "n": number})
                assert db.get_prediction(key).metadata["worker"] == worker
            return db.count(metadata={"worker": worker})

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(8))) == [10] * 8
        assert db.count() == 80

    def test_a_sound_database_verifies(self, db: DatabaseManager) -> None:
        db.store_prediction(**folded(), prediction_id="p")
        db.update_prediction("p", {"seed": 1})
        db.delete_prediction("p")
        db.store_prediction("MKT", None, model="esm2")
        assert db.verify_integrity().ok

    def test_stats_count_predictions(self, db: DatabaseManager) -> None:
        for _ in range(3):
            db.store_prediction("MKT", None)
        assert db.stats()["predictions"] == 3

    def test_the_repr_says_where_and_keeps_secrets(self, db: DatabaseManager) -> None:
        text = repr(db)
        assert "DatabaseManager" in text
        assert "password" not in text
