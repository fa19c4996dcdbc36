"""What goes wrong between here and a cluster, as the library's errors.

::

    Unavailable(required=2, alive=1)     ConnectionError  1 of the 2 replicas that quorum needs is there
    WriteTimeout(...)                    TimeoutError     1 of 2 replicas answered; the outcome is unknown

Invariants: no message holds a password; each says how many replicas answered, where a node told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra import (
    AuthenticationFailed,
    ConsistencyLevel,
    CoordinationFailure,
    InvalidRequest,
    OperationTimedOut,
    ReadTimeout,
    RequestExecutionException,
    Unauthorized,
    Unavailable,
    UnresolvableContactPoints,
    WriteTimeout,
)
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import ErrorMessage

from ...errors import ConnectionError, ProteusError, StorageError, TimeoutError

__all__ = ["passing", "translated"]

_UNKNOWN_OUTCOME = 0x1700
"""A lightweight transaction that the node cannot tell the end of."""
_PATIENCE = 5.0
"""Seconds for which too few replicas are asked again: a busy node may be taken for dead for a moment."""
_AGAIN = "what it wrote may have been kept or not; repeat it with the same ids and content, which is safe"


def passing(error: BaseException, seconds: float = 0.0) -> bool:
    """Whether what has failed for so long may be there a moment later."""
    if isinstance(error, NoHostAvailable):
        reasons = list(_reasons(error).values())
        if any(isinstance(reason, AuthenticationFailed) for reason in reasons):
            return False
        busy = any(isinstance(reason, ReadTimeout | WriteTimeout | OperationTimedOut) for reason in reasons)
        # Where no node said anything at all, the driver has lost them and tries to reach them again.
        lost = not any(isinstance(reason, RequestExecutionException | ErrorMessage) for reason in reasons)
        return busy or lost or seconds < _PATIENCE
    if isinstance(error, Unavailable):
        return seconds < _PATIENCE
    if isinstance(error, ErrorMessage):
        return getattr(error, "code", None) == _UNKNOWN_OUTCOME
    lost = ReadTimeout | WriteTimeout | CoordinationFailure | ConnectionException
    # One that the driver itself gave up had the whole time already.
    return isinstance(error, lost) and not isinstance(error, OperationTimedOut)


def translated(
    error: BaseException, where: str, timeout: float, hosts: Sequence[str], *, opening: bool = False
) -> BaseException:
    """An error of the driver as one of the library's; others as they are."""
    if isinstance(error, ProteusError):
        return error
    tried = ", ".join(hosts)
    if isinstance(error, NoHostAvailable):
        return _nobody(error, where, timeout, hosts)
    if isinstance(error, UnresolvableContactPoints):
        return ConnectionError(f"cannot connect to {where}: none of these names is known: {tried}")
    if isinstance(error, AuthenticationFailed):
        return ConnectionError(f"cannot connect to {where}: {_said(error)}; give username= and password=")
    if isinstance(error, Unavailable):
        level = _name(error.consistency)
        return ConnectionError(
            f"{where}: {error.alive_replicas} of the {error.required_replicas} replicas that consistency {level} needs "
            "are there; start the others, or ask with fewer"
        )
    if isinstance(error, ReadTimeout | WriteTimeout):
        more = f"; {_AGAIN}" if isinstance(error, WriteTimeout) else ""
        return TimeoutError(
            f"{where}: {error.received_responses} of the {error.required_responses} replicas that consistency "
            f"{_name(error.consistency)} needs answered in time{more}"
        )
    if isinstance(error, CoordinationFailure):
        return StorageError(f"{where}: replicas failed: {_said(error)}")
    if isinstance(error, OperationTimedOut):
        return TimeoutError(f"{where}: no node answered within {timeout:g} s; {_AGAIN}")
    if isinstance(error, Unauthorized):
        return StorageError(f"{where} refuses: {_said(error)}")
    if isinstance(error, InvalidRequest):
        return StorageError(f"{where}: {_said(error)}")
    if isinstance(error, ErrorMessage) and error.code == _UNKNOWN_OUTCOME:
        return TimeoutError(f"{where}: the outcome is unknown: {_AGAIN}")
    if isinstance(error, RequestExecutionException | ErrorMessage | ConnectionException):
        return (ConnectionError if opening else StorageError)(f"{where}: {_said(error)}")
    return error


def _nobody(error: NoHostAvailable, where: str, timeout: float, hosts: Sequence[str]) -> BaseException:
    """No node could answer: for the reason that says most."""
    reasons = _reasons(error)
    told = (AuthenticationFailed, Unavailable, WriteTimeout, ReadTimeout)
    for kind in told:
        for reason in reasons.values():
            if isinstance(reason, kind):
                return translated(reason, where, timeout, hosts)
    tried = ", ".join(dict.fromkeys([*hosts, *reasons]))
    return ConnectionError(f"cannot connect to {where}: no node answered; tried {tried} ({_first(reasons)})")


def _reasons(error: NoHostAvailable) -> dict[str, Any]:
    """Address to what went wrong there."""
    found = error.errors if isinstance(error.errors, Mapping) else {}
    return {str(host).rpartition(":")[0] or str(host): reason for host, reason in found.items()}


def _first(reasons: Mapping[str, Any]) -> str:
    return next((_said(reason) for reason in reasons.values()), "all were lost and did not come back")


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


def _name(level: Any) -> str:
    return str(ConsistencyLevel.value_to_name.get(level, level)).lower()
