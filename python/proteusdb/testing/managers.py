"""Databases for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proteusdb import DatabaseManager

__all__ = ["memory_manager"]
