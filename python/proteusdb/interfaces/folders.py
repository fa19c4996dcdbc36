"""A folder that a predictor wrote (Boltz, Chai, AlphaFold 3, ColabFold, ...) to drafts of its samples.

::

    boltz_results_x/predictions/x/x_model_0.cif            sample 0, rank 0
                                 confidence_x_model_0.json     ptm, iptm, ranking_score
                                 pae_x_model_0.npz             pae

Files are known by the same names as `load_files` knows them, and are kept byte for byte.

Invariant: all samples of a folder are understood, or none is taken: a structure or companion that is cut short or
broken is an error here, since the predictor said that it was done.
"""

from __future__ import annotations

import os
from typing import Any

from ..core.assemble import Choices, draft_of_record, read_scores_of
from ..core.bundle import Bundle
from ..core.discover import discover
from ..core.loaded import Loaded, Problem, read_bundle
from ..core.trees import Found
from ..errors import ProteusError, ValidationError

__all__ = ["Folder", "drafts_of_folder", "from_folder"]


class Folder:
    """Says that a predictor's answer is what lies in a folder; made by `from_folder`."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"<Folder {self.path}>"


def from_folder(path: str | os.PathLike[str]) -> Folder:
    """What a predictor returns where it wrote a folder; the bare path of a folder means the same.

    Parameters
    ----------
    path : path
        The folder of one prediction, with one or more samples.

    Raises
    ------
    ValidationError
        It is no folder.
    """
    if not isinstance(path, str | os.PathLike) or not os.path.isdir(path):
        raise ValidationError(f"{path}: no such folder; give the folder of one prediction")
    return Folder(os.fspath(path))


def drafts_of_folder(path: str, model_id: str) -> list[dict[str, Any]]:
    """A draft of each structure in a folder, in the order of names.

    Raises
    ------
    ValidationError
        There is no structure, or a file cannot be used; the message names it.
    """
    found = list(discover(path))
    files = [read_bundle(item) for item in found if isinstance(item, Bundle)]
    if not files:
        others = "; ".join(item.name for item in found[:3] if isinstance(item, Found)) or "nothing"
        raise ValidationError(f"{path}: no structure in this folder, only {others}")
    choices = Choices(model_id, {}, "auto", False)
    return [_draft(file, choices) for file in files]


def _draft(file: Loaded, choices: Choices) -> dict[str, Any]:
    _refuse(file.name, file.problem)
    draft = draft_of_record(file, read_scores_of(file), choices, lambda name, version: name)
    for each in file.beside:
        _refuse(each.attached.found.name, each.problem)
    return draft


def _refuse(name: str, problem: Problem | None) -> None:
    if isinstance(problem, ProteusError):
        raise problem
    if problem is not None and problem[0] == "pending":
        raise ValidationError(f"{name}: {problem[1]}")
