"""The front door: everything a program needs to open a database.

>>> from proteusdb.core.database import DatabaseManager
"""

from ..structure import Structure
from .cleanup import CleanupReport
from .distributed import DistributedDatabaseManager
from .keeping.backup import BackupReport
from .keeping.restore import RestoreReport
from .manager import DatabaseManager
from .migration import DatabaseMigrator
from .past import Difference, Tag
from .prediction import Prediction
from .query import QueryResult
from .report import IntegrityReport, LoadReport, Version
from .spooling.spool import Spool

__all__ = [
    "BackupReport",
    "CleanupReport",
    "DatabaseManager",
    "DatabaseMigrator",
    "Difference",
    "DistributedDatabaseManager",
    "IntegrityReport",
    "LoadReport",
    "Prediction",
    "QueryResult",
    "RestoreReport",
    "Spool",
    "Structure",
    "Tag",
    "Version",
]
