"""The front door: everything a program needs to open a database.

>>> from proteusdb.core.database import DatabaseManager
"""

from ..structure import Structure
from .manager import DatabaseManager
from .prediction import Prediction
from .query import QueryResult
from .report import IntegrityReport, LoadReport, Version

__all__ = ["DatabaseManager", "IntegrityReport", "LoadReport", "Prediction", "QueryResult", "Structure", "Version"]
