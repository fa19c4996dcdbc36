"""Prefixes and pieces of sequences, which patterns are looked up by.

::

    MKTAYIAKQR...    p:MK p:MKTA p:MKTAYIAK ...       beginnings of each chain
                     k:AYIAK k:IAKQR ...              of each 4 pieces of 5 residues in a row the one that hashes least

A text of 8 residues holds 4 pieces in a row, so wherever it stands, the piece that is kept of them is one of the
sequence's own words. A shorter text names no word and is looked for row by row.

Invariants: a sequence has a bounded number of words; one with more pieces, or more chains, has one word in the place of
all of them, `MANY` or `MANY_CHAINS`, which every look-up asks for besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

__all__ = ["LEAST", "MANY", "MANY_CHAINS", "MOST", "prefix_of", "terms_of", "words_of"]

_PIECE = 5
_WINDOW = 4
LEAST = _PIECE + _WINDOW - 1
"""Residues of the shortest text that has a word."""
MOST = 400
MANY, MANY_CHAINS = "k*", "p*"
_PREFIXES = (2, 4, 8, 16, 32)
_CHAINS = 16


def terms_of(sequence: str) -> set[str]:
    """The words of a sequence."""
    chains = sequence.split(":")
    found = {f"p:{chain[:length]}" for chain in chains for length in _PREFIXES if len(chain) >= length}
    if len(chains) > _CHAINS:
        found = {MANY_CHAINS}
    pieces: set[str] = set()
    for chain in chains:
        pieces.update(_pieces(chain))
        if len(pieces) > MOST:
            return found | {MANY}
    return found | {f"k:{piece}" for piece in pieces}


def words_of(text: str) -> list[str]:
    """Words that every sequence has which holds this text; none where it is too short."""
    return [f"k:{piece}" for piece in dict.fromkeys(_pieces(text))] if len(text) >= LEAST else []


def prefix_of(residues: str) -> tuple[str, bool] | None:
    """The word of the sequences of which a chain begins so, and whether it says all of it."""
    length = max((length for length in _PREFIXES if length <= len(residues)), default=0)
    return (f"p:{residues[:length]}", length == len(residues)) if length else None


def _pieces(text: str) -> Iterator[str]:
    """The piece that is kept of each window."""
    pieces = [text[start : start + _PIECE] for start in range(len(text) - _PIECE + 1)]
    hashed = [(crc32(piece.encode()), piece) for piece in pieces]
    for start in range(len(hashed) - _WINDOW + 1):
        yield min(hashed[start : start + _WINDOW])[1]
