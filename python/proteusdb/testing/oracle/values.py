"""What equality, ranges, paths and order mean for metadata values.

::

    1 == 1.0      True != 1      "1" != 1      missing is not None      only like compares with like
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["MISSING", "at", "in_range", "kind", "less", "plain", "same"]


class _Missing:
    def __repr__(self) -> str:
        return "missing"


#: A path that leads nowhere.
MISSING: Final[Any] = _Missing()


def plain(value: Any) -> Any:
    """A value as it would be stored: naive moments are UTC, tuples are lists."""
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=dt.UTC)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def kind(value: Any) -> str:
    """The family a value compares within."""
    if isinstance(value, bool):
        return "bool"
    families = {int: "number", float: "number", str: "text", dt.datetime: "time", list: "list", dict: "map"}
    return families.get(type(value), "none")


def at(tree: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; a key that holds the dots itself comes first."""
    if path in tree:
        return tree[path]
    steps = path.split(".")
    for cut in range(1, len(steps)):
        inner = tree.get(".".join(steps[:cut]), MISSING)
        if isinstance(inner, dict):
            found = at(inner, ".".join(steps[cut:]))
            if found is not MISSING:
                return found
    return MISSING


def same(a: Any, b: Any) -> bool:
    """Equality within a family, deep in lists and maps."""
    if a is MISSING or b is MISSING or kind(a) != kind(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


def less(a: Any, b: Any) -> bool:
    """`a < b` for two numbers, texts, moments or booleans; false for anything else."""
    if a is MISSING or b is MISSING or kind(a) != kind(b) or kind(a) in ("list", "map", "none"):
        return False
    if isinstance(a, str):
        return bool(a.encode() < b.encode())
    return bool(a < b)


def in_range(value: Any, low: Any, high: Any) -> bool:
    """Whether a value lies in the inclusive range; a bound of `None` is none."""
    bounds = [bound for bound in (low, high) if bound is not None]
    comparable = all(kind(bound) == kind(value) for bound in bounds)
    above = low is None or same(low, value) or less(low, value)
    below = high is None or same(high, value) or less(value, high)
    return bool(value is not MISSING and value is not None and comparable and above and below)
