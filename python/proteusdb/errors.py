"""The errors of proteusdb: one hierarchy, each class also the built-in that fits it.

::

    ProteusError
    ├─ ConnectionError      (also builtins.ConnectionError)   server or file cannot be reached or opened
    ├─ TimeoutError         (also builtins.TimeoutError)      `timeout` passed
    ├─ ValidationError      (also ValueError)                 the caller's data; names the field and what is allowed
    ├─ StorageError         (also OSError)                    disk full, quota, read-only
    │  ├─ CorruptionError   names the key and the step that failed
    │  └─ ConflictError     expected_version, duplicate id
    └─ QueryError           (also ValueError)                 bad pattern, unknown field; lists what is allowed
       └─ PredictionNotFoundError (also KeyError, with a readable str)

Every message says which record or file, what was wrong, and what would be right.
"""

import builtins

__all__ = [
    "ClockWarning",
    "ConflictError",
    "ConnectionError",
    "CorruptionError",
    "PredictionNotFoundError",
    "ProteusError",
    "QueryError",
    "QuotaWarning",
    "StorageError",
    "TimeoutError",
    "ValidationError",
]


class ProteusError(Exception):
    """Base of every error this package raises on purpose."""


class ConnectionError(ProteusError, builtins.ConnectionError):
    """A server or a file cannot be reached or opened."""


class TimeoutError(ProteusError, builtins.TimeoutError):
    """`timeout` passed before the work was done."""


class ValidationError(ProteusError, ValueError):
    """The caller's data are wrong; the message names the field and what is allowed."""


class StorageError(ProteusError, OSError):
    """The storage refused: disk full, quota, read-only and the like."""


class CorruptionError(StorageError):
    """Stored bytes are not what was written; the message names the key and the step that failed."""


class ConflictError(StorageError):
    """The id is taken, or the expected version is not the current one."""


class QueryError(ProteusError, ValueError):
    """A bad pattern or an unknown field; the message lists what is allowed."""


class PredictionNotFoundError(QueryError, KeyError):
    """No prediction has this id."""

    # KeyError shows the repr of its argument; people read this message.
    __str__ = Exception.__str__


class ClockWarning(UserWarning):
    """Clocks disagree on whether leases of a ledger are over, so they are left alone; see `DatabaseManager.ledger`."""


class QuotaWarning(UserWarning):
    """The store has come near its quota; see `DatabaseManager.set_quota`."""
