"""What a database holds, how fast it answers, and what that costs: counters, and the ways to read them.

::

    back end <- metered.py  every call is timed      counters.py  histograms, slow queries, caches
                                                         └─ snapshot.py ─ db.metrics(), `proteusdb metrics`
                                                                ├─ prometheus.py   needs the extra `metrics`
                                                                └─ telemetry.py    needs the extra `opentelemetry`

>>> from proteusdb.metrics import prometheus_collector, instrument

Libraries are imported when they are asked for. Counters are those of one manager in one process.
"""

from .counters import Metrics
from .prometheus import prometheus_collector, serve
from .telemetry import instrument

__all__ = ["Metrics", "instrument", "prometheus_collector", "serve"]
