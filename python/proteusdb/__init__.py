"""proteusdb: the database for protein structure predictions.

>>> from proteusdb import DatabaseManager
>>> with DatabaseManager(database_path="proteus.db") as db:
...     prediction_id = db.store_prediction("MKV", None, metadata={"model": "esmfold"})
...     db.get_prediction(prediction_id).sequence
'MKV'

Importing the package loads nothing but itself; the compiled core and numpy come with the first name that needs them,
optional libraries only where they are used.
"""

from typing import TYPE_CHECKING, Any

from . import errors

if TYPE_CHECKING:
    from .core.distributed import DistributedDatabaseManager
    from .core.manager import DatabaseManager
    from .core.migration import DatabaseMigrator
    from .core.spooling.spool import Spool
    from .structure import Structure

    __version__: str

__all__ = [
    "DatabaseManager",
    "DatabaseMigrator",
    "DistributedDatabaseManager",
    "Spool",
    "Structure",
    "__version__",
    "errors",
]

_HOMES = {
    "DatabaseManager": ("proteusdb.core.manager", "DatabaseManager"),
    "DatabaseMigrator": ("proteusdb.core.migration", "DatabaseMigrator"),
    "DistributedDatabaseManager": ("proteusdb.core.distributed", "DistributedDatabaseManager"),
    "Spool": ("proteusdb.core.spooling.spool", "Spool"),
    "Structure": ("proteusdb.structure", "Structure"),
    "__version__": ("proteusdb._core", "__version__"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'proteusdb' has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
