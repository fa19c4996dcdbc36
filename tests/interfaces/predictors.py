"""Predictors for tests, and outputs shaped as real ones are; in a module, so that another process can import them."""

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from proteusdb import Structure

LETTERS = "ARNDCQEGHILKMFPSTWYV"


def coordinates(sequence: str) -> np.ndarray:
    """(L, 37, 3) in Å, always the same for a sequence."""
    random = np.random.default_rng(list(sequence.encode()))
    length = len(sequence.replace(":", ""))
    return (np.arange(length)[:, None, None] * 3.8 + random.normal(size=(length, 37, 3))).astype(np.float32)


def mask(length: int) -> np.ndarray:
    """Backbones only."""
    there = np.zeros((length, 37), np.float32)
    there[:, [0, 1, 2, 4]] = 1
    return there


def structure(sequence: str, plddt: float = 80.0) -> Structure:
    """A backbone."""
    length = len(sequence.replace(":", ""))
    return Structure.from_atom37(coordinates(sequence), mask(length), sequence, np.full(length, plddt))


class Counting:
    """Folds, and remembers what it was asked; `bad` maps a sequence to what it does instead."""

    def __init__(self, bad: Mapping[str, Any] | None = None) -> None:
        self.asked: list[str] = []
        self.bad = dict(bad or {})

    def __call__(self, sequence: str) -> Any:
        self.asked.append(sequence)
        if sequence in self.bad:
            answer = self.bad[sequence]
            if isinstance(answer, BaseException):
                raise answer
            return answer() if callable(answer) else answer
        return structure(sequence)


def openfold(sequence: str) -> dict[str, Any]:
    """What OpenFold hands out: no batch, pLDDT on 0-100."""
    length = len(sequence.replace(":", ""))
    chains = np.concatenate([np.full(len(part), i + 1) for i, part in enumerate(sequence.split(":"))])
    return {
        "final_atom_positions": coordinates(sequence),
        "final_atom_mask": mask(length),
        "plddt": np.linspace(50, 90, length).astype(np.float32),
        "predicted_aligned_error": np.arange(length * length, dtype=np.float32).reshape(length, length) / 10,
        "ptm_score": np.float32(0.5),
        "iptm_score": np.float32(0.25),
        "weighted_ptm_score": np.float32(0.3),
        "asym_id": chains,
        "aatype": np.array([LETTERS.index(letter) for letter in sequence.replace(":", "")]),
    }


def esmfold(sequences: list[str], linker: int = 25) -> dict[str, Any]:
    """What ESMFold hands out: blocks, a batch, 14 atoms a residue, padding, linkers of glycine, pLDDT on 0-1."""
    lengths = [len(s.replace(":", "")) + linker * s.count(":") for s in sequences]
    batch, longest = len(sequences), max(lengths)
    out = {
        "positions": np.zeros((8, batch, longest, 14, 3), np.float32),
        "atom37_atom_exists": np.zeros((batch, longest, 37), np.float32),
        "residx_atom37_to_atom14": np.zeros((batch, longest, 37), np.int64),
        "plddt": np.zeros((batch, longest, 37), np.float32),
        "predicted_aligned_error": np.zeros((batch, longest, longest), np.float32),
        "chain_index": np.zeros((batch, longest), np.int64),
        "ptm": np.linspace(0.4, 0.6, batch).astype(np.float32),
    }
    out["residx_atom37_to_atom14"][:, :, [0, 1, 2, 4]] = [0, 1, 2, 3]
    for member, sequence in enumerate(sequences):
        xyz, start, row = coordinates(sequence), 0, 0
        for chain, part in enumerate(sequence.split(":")):
            rows = slice(row, row + len(part))
            out["positions"][-1, member, rows, :4] = xyz[start : start + len(part), [0, 1, 2, 4]]
            out["atom37_atom_exists"][member, rows] = mask(len(part))
            out["plddt"][member, rows] = 0.7
            out["chain_index"][member, row : row + len(part) + linker] = chain
            start, row = start + len(part), row + len(part) + linker
        out["predicted_aligned_error"][member] = np.add.outer(np.arange(longest), np.arange(longest) / 100)
    return out


def by_name(sequence: str) -> Any:
    """For another process: some sequences hang it, crash it, or break it."""
    if sequence == "HHH":
        time.sleep(600)
    if sequence == "CCC":
        os._exit(7)
    if sequence == "VVV":
        raise Unportable(sequence, 1)
    return structure(sequence)


class Unportable(Exception):
    """An exception that cannot be unpickled: it takes more than it keeps."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code
