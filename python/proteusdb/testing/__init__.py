"""For tests, demonstrations and benchmarks: made-up predictions, an oracle, and proofs that a back end keeps its word.

::

    synthetic_prediction(120, seed=7)     a realistic record made from nothing          numpy alone
    write_folder("folder", 20)            files named as predictors name theirs
    write_layout("folder", "boltz")       a folder as a predictor leaves it, scores and arrays included
    memory_manager()                      a database in this process' memory, the oracle
    Conformance                           a pytest class every back end passes          extra: pytest
    strategies, machine                   hypothesis: everything a database is given    extra: hypothesis

>>> from proteusdb.testing import memory_manager
>>> with memory_manager() as db:
...     db.count()
0
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conformance import Conformance
    from .managers import memory_manager
    from .synthetic import synthetic_prediction, write_folder, write_layout

__all__ = ["Conformance", "memory_manager", "synthetic_prediction", "write_folder", "write_layout"]

_HOMES = {
    "Conformance": "conformance",
    "memory_manager": "managers",
    "synthetic_prediction": "synthetic",
    "write_folder": "synthetic",
    "write_layout": "synthetic",
}


def __getattr__(name: str) -> Any:
    # pytest is needed for Conformance alone; nothing else here may ask for it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
