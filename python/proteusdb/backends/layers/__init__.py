"""What can be put round any back end, each a thin layer that knows no engine.

::

    manager ── Stack ── Cache ── Retry ── back end          outermost first

    stack     the one place where a call passes through the layers
    cache     answers of queries, for as long as the store says that nothing was written
    retry     what failed for want of a connection is tried again, if that can do no harm
    chaos     failures on purpose, for tests
"""

from .cache import Cache
from .chaos import Chaos
from .retry import Retry, harmless
from .stack import Layer, stacked

__all__ = ["Cache", "Chaos", "Layer", "Retry", "harmless", "stacked"]
