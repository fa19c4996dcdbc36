"""The filters of every command that selects, as the criteria of `DatabaseManager`.

::

    --pattern 'MLS*' --confidence 0.8 --length 50-300 --from 2024-01-01
        => {"sequence_pattern": "MLS*", "confidence_threshold": 0.8, "length_range": (50, 300),
            "date_range": ("2024-01-01", None)}

What a value means is decided by the core alone; here words only get their names. All given filters must hold.
"""

import inspect
import re
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from .options import AsOf

__all__ = ["Criteria", "takes_filters"]

Criteria = dict[str, Any]

_PANEL = "Filters"


def _option(name: str, metavar: str, help: str) -> Any:
    return typer.Option(name, metavar=metavar, help=help, rich_help_panel=_PANEL, show_default=False)


def _length(text: str) -> tuple[int | None, int | None]:
    """``50-300``, ``50-``, ``-300`` or ``120`` as inclusive bounds."""
    match = re.fullmatch(r"\s*(\d*)\s*(-?)\s*(\d*)\s*", text)
    if match is None or not (match[1] or match[3]):
        raise typer.BadParameter(
            f"--length {text!r} is not MIN-MAX; allowed are 50-300, 50- (at least), -300 (at most), 120"
        )
    low, high = (int(bound) if bound else None for bound in (match[1], match[3]))
    return (low, high) if match[2] else (low, low)


def _criteria(
    pattern: Annotated[
        str | None,
        _option("--pattern", "PATTERN", "Sequence: a glob such as 'MLS*', re:EXPRESSION or prosite:PATTERN."),
    ] = None,
    confidence: Annotated[
        float | None, _option("--confidence", "0-1", "Confidence of at least this; it is mean pLDDT / 100.")
    ] = None,
    model: Annotated[str | None, _option("--model", "NAME", "Made by this model.")] = None,
    from_: Annotated[str | None, _option("--from", "DATE", "Created on this day or time, or later.")] = None,
    to: Annotated[str | None, _option("--to", "DATE", "Created on this day or time, or earlier.")] = None,
    length: Annotated[
        str | None, _option("--length", "MIN-MAX", "Number of residues: 50-300, 50-, -300 or 120.")
    ] = None,
    where: Annotated[
        str | None, _option("--where", "EXPRESSION", "E.g. \"length > 100 and metadata.organism == 'E. coli'\".")
    ] = None,
    as_of: AsOf = None,
    order_by: Annotated[
        str | None, _option("--order-by", "FIELD", "Sort by this field; -FIELD for the largest first.")
    ] = None,
    limit: Annotated[int | None, _option("--limit", "N", "At most so many.")] = None,
    offset: Annotated[int | None, _option("--offset", "N", "Leave out the first so many.")] = None,
) -> Criteria:
    """The criteria that were given, by the manager's names."""
    given = {
        "sequence_pattern": pattern,
        "confidence_threshold": confidence,
        "model_name": model,
        "date_range": None if from_ is None and to is None else (from_, to),
        "length_range": None if length is None else _length(length),
        "where": where,
        "as_of": as_of,
        "order_by": order_by,
        "limit": limit,
        "offset": offset,
    }
    return {name: value for name, value in given.items() if value is not None}


def takes_filters(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` all filters as options, and hand them to it as its argument ``criteria``.

    The option parser reads a function's signature, so the signature is put together: the command's own parameters,
    without ``criteria``, then those of `_criteria`.
    """
    filters = inspect.signature(_criteria).parameters

    def with_filters(**values: Any) -> None:
        chosen = {name: values.pop(name) for name in filters}
        command(criteria=_criteria(**chosen), **values)

    own = [p for p in inspect.signature(command).parameters.values() if p.name != "criteria"]
    together = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in [*own, *filters.values()]]
    hints = get_type_hints(command, include_extras=True) | get_type_hints(_criteria, include_extras=True)
    with_filters.__signature__ = inspect.Signature(together)  # type: ignore[attr-defined]
    with_filters.__annotations__ = {p.name: hints[p.name] for p in together}
    with_filters.__name__, with_filters.__doc__ = command.__name__, command.__doc__
    return with_filters
