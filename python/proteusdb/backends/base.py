"""What a back end is.

::

    DatabaseManager -> Session -> Backend       lmdb | memory

Everything that must be one truth (validation, the codec, what a criterion means) lies above or below this protocol; a
back end keeps versions of predictions and answers by id and by criteria.

Invariants: `apply` is one transaction; outcomes stand in the order of the operations; a `Stored` a back end gave out
stays readable until `close`, whatever is written meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .._core import Operation, Stored
from ..errors import ProteusError

__all__ = ["Backend", "Capabilities", "Outcome", "Reader"]

Outcome = tuple[str, str, int]
"""("written" | "skipped", prediction_id, version), ("deleted", "", 0) or ("id", model or analysis id, 0)."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a back end can do, flat, so that planner, error texts and tests read the same record.

    Attributes
    ----------
    name : str
        As `DatabaseManager(backend=...)` calls it.
    transactions : bool
        Several predictions can be written in one atomic unit.
    as_of : bool
        The past can be queried.
    durable : bool
        What was acknowledged outlives the process.
    processes : bool
        Other processes can open the same store at the same time.
    """

    name: str
    transactions: bool = True
    as_of: bool = True
    durable: bool = False
    processes: bool = False


class Reader(Protocol):
    """The part of a back end that answers by id; a transaction's overlay is one too."""

    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None:
        """The current version, that version, or the one current at a commit time (µs); `None` where there is none."""

    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]:
        """`get` of each (id, version), in order."""

    def history(self, prediction_id: str) -> list[Stored]:
        """Every version, oldest first, those that say it was deleted included; empty for an unknown id."""

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """Encoded bytes of one part."""

    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]:
        """Encoded bytes of one part of each; `None` where a prediction has no such part."""

    def get_model(self, model_id: str) -> dict[str, Any] | None:
        """`model_id, name, version, configuration, created_at` (µs)."""

    def list_models(self) -> list[dict[str, Any]]:
        """Every model, as `get_model` gives it."""

    def get_analysis(self, analysis_id: str) -> dict[str, Any] | None:
        """`analysis_id, prediction_id, results, parameters, created_at` (µs)."""

    def list_analyses(self, prediction_id: str | None) -> list[str]:
        """Analysis ids in order, of one prediction or of all."""


class Backend(Reader, Protocol):
    """A store of predictions."""

    capabilities: Capabilities
    url: str

    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[Outcome | ProteusError]:
        """One transaction. With `each_alone` a failed operation is its error in the list and the others commit;
        otherwise the first failure is raised and nothing is written."""

    def ids(self, after: str | None, limit: int) -> list[str]:
        """Ids of current predictions in byte order, at most `limit` of those after `after`."""

    def query(self, criteria: Mapping[str, Any], timeout: float | None) -> list[tuple[str, int]]:
        """(id, version) of what matches, in the order asked for."""

    def count(self, criteria: Mapping[str, Any], timeout: float | None) -> int:
        """How many match, whatever limit and offset say."""

    def explain(self, criteria: Mapping[str, Any], timeout: float | None) -> dict[str, Any]:
        """How the criteria are answered."""

    def best(self, criteria: Mapping[str, Any], by: str, per: str, timeout: float | None) -> list[tuple[str, int]]:
        """The best of each job or sequence among what matches."""

    def stats(self) -> dict[str, Any]:
        """Counts and sizes."""

    def check(self) -> list[str]:
        """One line a fault; empty where all holds."""

    def close(self) -> None:
        """Lets go of everything; a second call does nothing."""
