"""What can be put round any back end, each a thin layer that knows no engine.

::

    manager ── Stack ── Metrics ── Cache ── Retry ── back end          outermost first

    stack     the one place where a call passes through the layers
    metrics   how often each call was made, failed, and how long it took
    cache     answers of queries, for as long as the store says that nothing was written
    retry     what failed for want of a connection is tried again, if that can do no harm
    chaos     failures on purpose, for tests
"""

from .cache import Cache
from .chaos import Chaos
from .metrics import Metrics
from .retry import Retry, harmless
from .stack import Layer, stacked

__all__ = ["Cache", "Chaos", "Layer", "Metrics", "Retry", "harmless", "stacked"]
