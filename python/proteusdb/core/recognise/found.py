"""What a file name can say, and the text it is read from."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from ..discover import stem_of

__all__ = ["Recognised", "number", "stem_of_path"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the name of a file says.

    Attributes
    ----------
    model : str
        The predictor, or the network it ran.
    job, seed, sample, rank
        As in a record; None where the name does not say. A rank is the predictor's own, from 0 or 1 as it counts.
    details : dict
        What else the name says, for `metadata.source`.
    """

    model: str
    job: str | None = None
    seed: int | None = None
    sample: int | None = None
    rank: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


def stem_of_path(path: PurePath) -> str:
    """The file name without suffixes."""
    return stem_of(path)


def number(text: str | None) -> int | None:
    """An int where there is one that the store can hold."""
    return int(text) if text is not None and len(text) <= 18 else None
