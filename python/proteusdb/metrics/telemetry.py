"""The figures as OpenTelemetry instruments. Needs opentelemetry-api (the extra `opentelemetry`) when it is used.

Only the API is used: where no SDK is set up, nothing is asked and nothing is sent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..formats.extras import need
from .figures import Figure, figures_of

if TYPE_CHECKING:
    from ..core.manager import DatabaseManager

__all__ = ["instrument"]

_FRESH_SECONDS = 0.5
"""One export asks every instrument, which share what was gathered."""

_UNITS = {"bytes": "By", "seconds": "s"}


def instrument(database: DatabaseManager, meter: Any = None) -> list[Any]:
    """Registers an observable instrument for every figure.

    Parameters
    ----------
    database : DatabaseManager
        An open database; once it is closed, nothing is observed.
    meter : opentelemetry.metrics.Meter, optional
        That of the global provider, named `proteusdb`, unless given.

    Returns
    -------
    list of opentelemetry.metrics.Instrument
        Named `proteusdb.calls`, `proteusdb.storage_bytes` and so on, with the labels as attributes.

    Raises
    ------
    ValidationError
        opentelemetry-api is not installed; the message says how to install it.
    """
    api = need("opentelemetry.metrics", extra="opentelemetry", purpose="OpenTelemetry instruments")
    meter = api.get_meter("proteusdb") if meter is None else meter
    shared = _Shared(database)
    return [_register(api, meter, shared, figure) for figure in figures_of(database)]


class _Shared:
    """What the instruments of one database read from."""

    def __init__(self, database: DatabaseManager) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._gathered = float("-inf")
        self._figures: dict[str, Figure] = {}

    def figure(self, name: str) -> Figure | None:
        """A figure as of now, or of a moment ago."""
        with self._lock:
            if self._database.closed:
                return None
            if time.monotonic() - self._gathered > _FRESH_SECONDS:
                self._figures = {figure.name: figure for figure in figures_of(self._database)}
                self._gathered = time.monotonic()
            return self._figures.get(name)


def _register(api: Any, meter: Any, shared: _Shared, figure: Figure) -> Any:
    create = meter.create_observable_counter if figure.kind == "counter" else meter.create_observable_gauge
    unit = _UNITS.get(figure.name.rpartition("_")[2], "1")
    return create(f"proteusdb.{figure.name}", [_callback(api, shared, figure.name)], unit=unit, description=figure.help)


def _callback(api: Any, shared: _Shared, name: str) -> Callable[[Any], Iterable[Any]]:
    def observe(options: Any) -> Iterable[Any]:
        figure = shared.figure(name)
        if figure is None:
            return []
        url = shared._database.url
        return [
            api.Observation(value, {"database": url, **dict(zip(figure.labels, labels, strict=True))})
            for labels, value in figure.values
        ]

    return observe
