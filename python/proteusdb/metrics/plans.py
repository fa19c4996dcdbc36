"""Queries by how they are answered, without asking for the plan of each.

::

    {"where": "length > 100 and job == 'x'"} ─shape─> "where: length > # and job == #"      once: explain ─> "job"

Queries of one shape differ in their values alone, and are answered alike for the most part; so the first of a shape
stands for all, and it is explained when somebody reads the metrics, not when it is asked.

Invariants: at most `_MOST` shapes are kept; a shape and a plan's name hold no value that was asked for.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ProteusError

__all__ = ["Plans", "plan_name", "shape_of"]

_MOST = 256
_LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PATTERN = re.compile(r"[*?\[]")
_NAMES = (
    (re.compile(r"every prediction as of|.* as of "), "as of"),
    (re.compile(r"every prediction|all$"), "full scan"),
    (re.compile(r"\d+ model"), "model"),
    (re.compile(r"created "), "created_at"),
    (re.compile(r"confidence "), "confidence"),
    (re.compile(r"length "), "length"),
    (re.compile(r"chains that begin with"), "sequence prefix"),
    (re.compile(r"sequences like"), "sequence index"),
    (re.compile(r"job "), "job"),
    (re.compile(r"\d+ id"), "ids"),
)
_INDEX = re.compile(r"index on ([^,]+)")
_FIRST_WORDS = re.compile(r"[A-Za-z_][A-Za-z_ ]*")


def shape_of(criteria: Mapping[str, Any]) -> str:
    """What a query asks, without the values it asks for."""
    parts = []
    for name in sorted(criteria):
        value = criteria[name]
        if name == "where":
            parts.append(f"where: {_LITERAL.sub('#', str(value))[:200]}")
        elif name == "sequence_pattern":
            parts.append(f"sequence_pattern {_pattern(str(value))}")
        elif name == "metadata" and isinstance(value, Mapping):
            parts.append(f"metadata {', '.join(sorted(map(str, value)))[:200]}")
        elif name == "order_by":
            parts.append(f"order_by {value}"[:100])
        else:
            parts.append(name)
    return "; ".join(parts)


def _pattern(pattern: str) -> str:
    for kind in ("re", "prosite"):
        if pattern.startswith(f"{kind}:"):
            return kind
    first = _PATTERN.search(pattern)
    return "whole" if first is None else "inner" if first.start() == 0 else "prefix"


def plan_name(access: str) -> str:
    """The access path of an explanation, without its values."""
    index = _INDEX.match(access)
    if index is not None:
        return f"index on {index[1]}"
    for pattern, name in _NAMES:
        if pattern.match(access):
            return name
    words = _FIRST_WORDS.match(access)
    return words[0].strip()[:40] if words else "other"


class Plans:
    """The plans of the shapes that were asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._examples: dict[str, dict[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._round = 0
        self._size = 0

    def outgrown(self, size: int) -> bool:
        """Whether the store is four times what it was when this was last so."""
        if size < 4 * max(1, self._size):
            return False
        self._size = size
        return True

    def key(self, criteria: Mapping[str, Any]) -> str:
        """The key of a query's series."""
        shape = f"{self._round}: {shape_of(criteria)}"
        if shape not in self._names and shape not in self._examples:
            with self._lock:
                if len(self._examples) + len(self._names) >= _MOST:
                    return "other"
                self._examples[shape] = dict(criteria)
        return shape

    def settle(self, explain: Callable[[Mapping[str, Any]], dict[str, Any]], *, changes: bool = False) -> None:
        """Asks for the plans that are not known yet; with `changes`, plans are other ones from now on."""
        with self._lock:
            waiting = dict(self._examples)
            self._round += changes
        for shape, criteria in waiting.items():
            try:
                name = plan_name(str(explain(criteria).get("access", "other")))
            except ProteusError:
                # What is refused, or takes too long to explain, is told apart by nothing.
                name = "unknown"
            with self._lock:
                self._names[shape] = name
                self._examples.pop(shape, None)

    def name(self, key: str | None) -> str | None:
        """The plan of a series' key; one that another layer named is its own name."""
        return None if key is None else self._names.get(key, "unknown" if key in self._examples else key)
