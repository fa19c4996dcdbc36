"""What names say about a prediction, and what a tool's file says about its names.

::

    Tool ─ recognise(path, beside) -> Recognised        job, seed, sample, rank ... of a structure's name
         └ companions ─ Companion("{job}_scores_{tag}.json", read)
                                    └ filled with the texts of Recognised, looked up beside the structure
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from ..names import stem_of
from .scores import Scores

__all__ = ["TWIN", "Beside", "Companion", "Recognised", "Tool", "number", "recognised", "stem_of_path"]

Beside = Callable[[str], bool]
"""Whether a file of this name, compressed or not, lies in the structure's folder."""

Document = Any
"""What a companion holds: of JSON what `json.loads` gives, with arrays of numbers as numpy arrays; of NPZ a dict of
arrays; of CSV a list of dicts."""


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
    texts : dict
        Parts of the name as they are written there, for the names of companions.
    """

    model: str
    job: str | None = None
    seed: int | None = None
    sample: int | None = None
    rank: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that a tool leaves beside a structure.

    Attributes
    ----------
    name : str
        Its name with `{texts}` of the structure's, from the structure's folder: `{job}_scores.json`, `../ranking.csv`.
    read : callable or None
        Takes the document, the scores to add to and what the structure's name says. None: the file is only kept.
    only : callable or None
        Whether a structure has it; None for all.
    """

    name: str
    read: Callable[[Document, Scores, Recognised], None] | None = None
    only: Callable[[Recognised], bool] | None = None

    def file_name(self, told: Recognised) -> str | None:
        """Its name beside that structure; None where that has none."""
        if self.only is not None and not self.only(told):
            return None
        try:
            return self.name.format_map(told.texts)
        except KeyError:
            return None

    def pattern(self) -> re.Pattern[str]:
        """What its names look like, whatever the structure's."""
        parts = re.split(r"\{\w*\}", self.name.rpartition("/")[2])
        return re.compile(".*?".join(map(re.escape, parts)))


TWIN = Companion("{stem}.pdb")
"""The same prediction once more, as PDB beside mmCIF."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One predictor.

    Attributes
    ----------
    name : str
        What its model is called where the structure's name does not say which.
    recognise : callable
        What a structure's path says, or None for a name that is not its own.
    companions : tuple of Companion
        In the order of how exact they are: what the first gives is not overwritten.
    copies : pattern or None
        What structures that may be copies of another are called, without suffixes.
    copies_of : callable or None
        Patterns of the files, from the structure's folder, whose copy such a structure may be.
    copied_folders : str or None
        Pattern of the names of folders that hold copies of what lies in folders beside them.
    two_formats : bool
        Whether it writes each structure as mmCIF and as PDB, which are one prediction.
    inputs : pattern or None
        `folder/name` of structures that it leaves too and that are no predictions: templates.
    writes_plddt : bool
        Whether the B-factor column of its structures is a pLDDT.
    """

    name: str
    recognise: Callable[[PurePath, Beside], Recognised | None]
    companions: tuple[Companion, ...] = ()
    copies: re.Pattern[str] | None = None
    copies_of: Callable[[Recognised], tuple[str, ...]] | None = None
    copied_folders: str | None = None
    two_formats: bool = False
    inputs: re.Pattern[str] | None = None
    writes_plddt: bool = True


def recognised(
    model: str,
    found: re.Match[str],
    *,
    rank_text: str = "rank",
    details: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Recognised:
    """From a match whose groups are named as a record's fields; `fields` are those the name does not hold."""
    texts = {name: text for name, text in found.groupdict().items() if text is not None}
    values: dict[str, Any] = {
        "job": texts.get("job"),
        "seed": number(texts.get("seed")),
        "sample": number(texts.get("sample")),
        "rank": number(texts.get(rank_text)),
    }
    return Recognised(model, **{**values, **fields}, details=dict(details or {}), texts=texts)


def stem_of_path(path: PurePath) -> str:
    """The file name without suffixes."""
    return stem_of(path)


def number(text: str | None) -> int | None:
    """An int where there is one that the store can hold."""
    return int(text) if text is not None and len(text) <= 18 else None
