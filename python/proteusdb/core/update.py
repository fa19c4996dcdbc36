"""Updates and deletions of one prediction.

A new sequence is held against the structure it will stand beside, and a new structure against the sequence. What stands
there is read first, so such an update is tied to the version it read, and tried again where another writer was quicker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _core
from .._core import Operation, Stored
from ..errors import ConflictError, ValidationError
from .draft import change_of
from .session import Session

__all__ = ["delete_prediction", "update_prediction"]

_TRIES = 5


def update_prediction(
    session: Session, prediction_id: str, data: Mapping[str, Any], expected_version: int | None
) -> int:
    """See `DatabaseManager.update_prediction`."""
    session.check_writable()
    _check_expected(expected_version)
    change = change_of(data)
    for attempt in range(1, _TRIES + 1):
        current = session.require(prediction_id)
        expected = current.version if _depends_on_current(session, change) else expected_version
        if expected_version not in (None, current.version):
            expected = expected_version
        operation = Operation.update(
            prediction_id,
            {**change, **_surroundings(session, current, change)},
            expected_version=expected,
            settings=session.settings,
        )
        try:
            return session.write(operation)[2]
        except ConflictError:
            if expected_version is not None or session.overlay is not None or attempt == _TRIES:
                raise
    raise ConflictError(f"prediction {prediction_id!r} changed {_TRIES} times while it was updated; try again")


def _depends_on_current(session: Session, change: Mapping[str, Any]) -> bool:
    # Inside a transaction every change is tied to what the transaction has seen.
    return session.overlay is not None or ("sequence" in change) != ("structure" in change)


def _surroundings(session: Session, current: Stored, change: Mapping[str, Any]) -> dict[str, Any]:
    """What the core needs of the stored version to check a sequence or structure that comes alone."""
    if "structure" in change and change.get("sequence") is None:
        return {"current_sequence": current.sequence}
    has_structure = any(kind == "structure" for kind, _, _ in current.parts)
    if change.get("sequence") is not None and "structure" not in change and has_structure:
        return {"current_structure": _core.decode_structure(session.part(current, "structure", ""))}
    return {}


def delete_prediction(
    session: Session, prediction_id: str, *, cascade: bool, purge: bool, expected_version: int | None
) -> None:
    """See `DatabaseManager.delete_prediction`."""
    session.check_writable()
    _check_expected(expected_version)
    for name, value in (("cascade", cascade), ("purge", purge)):
        if not isinstance(value, bool):
            raise ValidationError(f"{name} {value!r}: allowed are True, False")
    current = session.require(prediction_id)
    operation = Operation.delete(prediction_id, cascade=cascade, purge=purge)
    if expected_version is None:
        session.write(operation)
        return
    if expected_version != current.version:
        raise ConflictError(
            f"prediction {prediction_id!r} is at version {current.version}, version {expected_version} was expected; "
            "read it again before deleting it"
        )
    # Inside a transaction what was read is held against the store at its exit.
    guard = [] if session.overlay is not None else [Operation.expect(prediction_id, expected_version)]
    session.commit([*guard, operation])


def _check_expected(expected_version: int | None) -> None:
    whole = isinstance(expected_version, int) and not isinstance(expected_version, bool)
    if expected_version is not None and (not whole or expected_version < 1):
        raise ValidationError(f"expected_version {expected_version!r}: a version number, 1 or more, is needed")
