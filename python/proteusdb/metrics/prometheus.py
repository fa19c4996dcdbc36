"""The figures as Prometheus scrapes them. Needs prometheus_client (the extra `metrics`) when it is used.

::

    REGISTRY.register(prometheus_collector(db))       in a program that serves metrics already
    proteusdb metrics --serve 9100                    beside one that does not
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import ValidationError
from ..formats.extras import need
from .counters import BOUNDS, Totals
from .figures import figures_of
from .snapshot import series_of

if TYPE_CHECKING:
    from ..core.manager import DatabaseManager

__all__ = ["prometheus_collector", "serve"]

_PURPOSE = "serving metrics to Prometheus"


def prometheus_collector(database: DatabaseManager) -> Any:
    """A collector for `prometheus_client`; everything is read when it is scraped.

    Parameters
    ----------
    database : DatabaseManager
        An open database. Once it is closed, a scrape tells `proteusdb_up 0` and nothing else.

    Returns
    -------
    prometheus_client.registry.Collector
        To be registered. Its metrics are named `proteusdb_...`, and carry the label `database`.

    Raises
    ------
    ValidationError
        prometheus_client is not installed; the message says how to install it.
    """
    core = need("prometheus_client.core", extra="metrics", purpose=_PURPOSE)
    return _Collector(core, database)


def serve(database: DatabaseManager, port: int, host: str = "127.0.0.1") -> Any:
    """Serves the metrics over HTTP, on a thread.

    Parameters
    ----------
    database : DatabaseManager
        An open database.
    port : int
        0 for any that is free.
    host : str
        The address to listen on.

    Returns
    -------
    http.server.HTTPServer
        `server_port` is the port; `shutdown()` ends it.

    Raises
    ------
    ValidationError
        prometheus_client is not installed, or the port is none.
    OSError
        The port is taken.
    """
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise ValidationError(f"port {port!r}: allowed are 0 (any that is free) to 65535")
    client = need("prometheus_client", extra="metrics", purpose=_PURPOSE)
    registry = client.CollectorRegistry()
    registry.register(prometheus_collector(database))
    server, _ = client.start_http_server(port, addr=host, registry=registry)
    return server


class _Collector:
    """See `prometheus_collector`."""

    def __init__(self, core: Any, database: DatabaseManager) -> None:
        self._core = core
        self._database = database

    def describe(self) -> list[Any]:
        """Nothing before the first scrape, so that registering asks the database for nothing."""
        return []

    def collect(self) -> Iterator[Any]:
        """Every family of metrics, as of now."""
        core, url = self._core, self._database.url
        up = core.GaugeMetricFamily("proteusdb_up", "Whether the database is open.", labels=["database"])
        up.add_metric([url], 0 if self._database.closed else 1)
        yield up
        if self._database.closed:
            return
        for figure in filter(lambda figure: figure.values, figures_of(self._database)):
            counter = figure.kind == "counter"
            family = (core.CounterMetricFamily if counter else core.GaugeMetricFamily)(
                f"proteusdb_{figure.name}", figure.help, labels=["database", *figure.labels]
            )
            for labels, value in figure.values:
                family.add_metric([url, *labels], value)
            yield family
        yield from self._histogram(url)

    def _histogram(self, url: str) -> Iterator[Any]:
        family = self._core.HistogramMetricFamily(
            "proteusdb_call_seconds", "Time of calls of the back end.", labels=["database", "kind", "plan"]
        )
        for (kind, plan), totals in series_of(self._database._session).items():
            family.add_metric([url, kind, plan or "direct"], _buckets(totals), sum_value=totals.seconds)
        yield family


def _buckets(totals: Totals) -> list[tuple[str, float]]:
    counts, running = [], 0
    for bound, count in zip((*BOUNDS, float("inf")), totals.buckets, strict=True):
        running += count
        counts.append(("+Inf" if bound == float("inf") else repr(bound), float(running)))
    return counts
