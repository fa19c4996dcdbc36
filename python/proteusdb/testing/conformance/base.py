"""What every group of conformance tests starts from: a fresh manager, and small records to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from ..synthetic import synthetic_prediction

if TYPE_CHECKING:
    from proteusdb import DatabaseManager

__all__ = ["Base", "folded", "several"]

Test = TypeVar("Test", bound=Callable[..., Any])


@cache
def folded(length: int = 12, seed: int = 1, chains: int = 1) -> dict[str, Any]:
    """Sequence and structure of a synthetic prediction; made once a process."""
    made = synthetic_prediction(length, seed, chains=chains)
    return {"sequence": made["sequence"], "structure": made["structure"]}


def several(test: Test) -> Test:
    """Marks a test that writes several predictions as one unit; not every back end can."""
    test.several = True  # type: ignore[attr-defined]
    return test


class Base:
    """Subclasses give `make_manager`; `persistent` is false where a new manager does not see an earlier one's data."""

    persistent = True

    def make_manager(self, tmp_path: Path) -> DatabaseManager:
        """A manager on an empty database that lives in or for `tmp_path`; called again, one on the same database."""
        raise NotImplementedError("a conformance class gives make_manager(tmp_path)")

    @pytest.fixture
    def db(self, tmp_path: Path) -> Iterator[DatabaseManager]:
        """A manager on an empty database, closed after the test."""
        manager = self.make_manager(tmp_path)
        try:
            yield manager
        finally:
            manager.close()

    @pytest.fixture(autouse=True)
    def _can(self, request: pytest.FixtureRequest, db: DatabaseManager) -> None:
        if getattr(request.function, "several", False) and not db._session.backend.capabilities.transactions:
            pytest.skip(f"the {db._session.backend.capabilities.name} back end writes each prediction as its own unit")

    def reopened(self, db: DatabaseManager, tmp_path: Path) -> DatabaseManager:
        """A new manager on the same data; the caller closes it."""
        if not self.persistent:
            pytest.skip("this back end keeps nothing between managers")
        db.close()
        return self.make_manager(tmp_path)
