"""How `predict_many` went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..core.report import Entry

__all__ = ["PredictReport"]


@dataclass(slots=True)
class PredictReport:
    """What became of each sequence.

    Attributes
    ----------
    ids : dict of str to str
        Sequence to the id of its best prediction, in the order asked for; what failed is not in it.
    predicted : list of str
        Ids of the predictions that this call stored, in the order they came.
    found : list of str
        Ids of those that were stored before.
    failed : list of (sequence, reason)
        What the predictor could not do. A later call tries again.
    pending : list of (sequence, reason)
        What was not tried.
    seconds : float
        Wall time.
    residues : int
        Residues of the predictions stored.
    """

    ids: dict[str, str] = field(default_factory=dict)
    predicted: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    failed: list[Entry] = field(default_factory=list)
    pending: list[Entry] = field(default_factory=list)
    seconds: float = 0.0
    residues: int = 0

    @property
    def ok(self) -> bool:
        """Whether every sequence has its prediction."""
        return not (self.failed or self.pending)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids.values())

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return (
            f"<PredictReport: {len(self.predicted)} predicted, {len(self.found)} found, {len(self.failed)} failed, "
            f"{len(self.pending)} pending in {self.seconds:.1f} s>"
        )
