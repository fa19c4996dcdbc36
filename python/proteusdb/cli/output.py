"""What a command shows: to a person, to a pipe, to a program.

::

    stdout is          rows                         one thing
    a terminal         a table                      a table of names and values
    a pipe or a file   tab-separated, a header line name, tab, value
    with --json        one JSON object a line       one JSON document

Only results go to stdout; progress, notes and complaints go to stderr, so that a pipe carries nothing else.
JSON writes times as ISO 8601 in UTC and what is not a finite number as null.
"""

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

__all__ = ["SCREEN_ROWS", "json_line", "json_text", "note", "number", "show_pairs", "show_rows"]

SCREEN_ROWS = 50
"""Rows of a table on a terminal where no --limit is given."""

_GAP, _LEAST = 3, 12
"""Characters between columns, and of the last column at least."""

Row = Sequence[Any]


def note(message: str) -> None:
    """Print a remark for people on stderr."""
    print(message, file=sys.stderr, flush=True)


def json_text(value: Any) -> str:
    """One indented JSON document."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def json_line(value: Any) -> str:
    """One JSON document on one line."""
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def number(value: float | None, digits: int = 3) -> str:
    """A number as people read it: thousands grouped, `digits` after the point for what is not whole."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def show_pairs(pairs: Mapping[str, Any]) -> None:
    """Show names and values; mappings inside are shown as ``outer.inner``."""
    rows = [(name, _cell(value)) for name, value in _flat(pairs)]
    if not sys.stdout.isatty():
        for name, value in rows:
            print(f"{name}\t{_one_line(value)}")
        return
    table = _table(show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(_escape(name), _escape(value))
    _print(table)


def show_rows(columns: Sequence[str], rows: Iterable[Row], *, limit: int | None = None) -> int:
    """Show rows under a header, and return how many.

    Parameters
    ----------
    columns
        The header. On a terminal the last column is cut where the row would not fit; ids and numbers never are.
    rows
        Consumed lazily; on a terminal no further than `limit`.
    limit
        Most rows on a terminal; ``None`` for all. A pipe always gets all.

    Returns
    -------
    int
        Rows shown.
    """
    if sys.stdout.isatty():
        return _show_table(columns, [[_escape(_cell(value)) for value in row] for row in islice(rows, limit)])
    print("\t".join(columns))
    shown = 0
    for row in rows:
        print("\t".join(_one_line(_cell(value)) for value in row))
        shown += 1
    return shown


def _show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Whole columns, and for the last one what room is left, at least `_LEAST`."""
    table = _table(expand=True)
    for column in columns[:-1]:
        table.add_column(column, no_wrap=True)
    table.add_column(columns[-1], no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*row)
    whole = sum(max(map(len, column)) + _GAP for column in list(zip(columns, *rows, strict=True))[:-1])
    _print(table, at_least=whole + _GAP + _LEAST)
    return len(rows)


def _flat(pairs: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in pairs.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _cell(value: Any) -> str:
    """A value in a table: numbers as they are, times to the second, the rest as JSON would write it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{value:g}" if isinstance(value, float) else json_line(value)


def _one_line(text: str) -> str:
    """`text` without what would break a line of tab-separated values."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")


def _plain(value: Any) -> Any:
    """`value` in the types of JSON. numpy arrays and scalars know how to become lists and numbers (`tolist`)."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Iterable):
        return [_plain(inner) for inner in value]
    return str(value)


def _table(**options: Any) -> Any:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, **options)


def _escape(text: str) -> str:
    """Stored text is data: brackets are no markup, and control characters never reach the terminal."""
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else repr(c)[1:-1] for c in text))


def _print(table: Any, at_least: int = 0) -> None:
    """On the terminal, which is taken to be `at_least` so wide: a line that wraps is better than an id that is cut."""
    from rich.console import Console

    width = Console().width
    Console(width=max(width, at_least)).print(table)
