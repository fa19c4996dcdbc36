"""What a step between two versions of the tables is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..tables import Changes, Tables

__all__ = ["Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """From one schema to the next, and back.

    Attributes
    ----------
    up, down : str
        What the step does in either direction.
    cost : str
        What it takes.
    loses : callable
        What going down would lose, one line each.
    begin : callable
        What is noted once the tables are those of the next schema.
    """

    up: str
    down: str
    cost: str
    loses: Callable[[Tables], list[str]]
    begin: Callable[[Tables, Changes], None]
