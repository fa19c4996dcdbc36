"""The versions of one prediction: what each changed, and going back to one.

::

    v1 created   v2 metadata.note   v3 structure, originals.model.pdb   v4 deleted   v5 = v2 again (revert)
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from .. import _core
from .._core import Stored
from ..errors import PredictionNotFoundError, ProteusError, QueryError
from .prediction import Prediction
from .report import Version
from .session import Session
from .times import from_micros

__all__ = ["changed", "history", "revert"]

_FIELDS = ("sequence", "chain_types", "model_id", "job", "seed", "sample", "rank", "created_at")
_KINDS = {"structure": "structure", "array": "arrays.", "original": "originals."}
"""What callers see; the arrays that originals are predicted from are no news of their own."""


def history(session: Session, prediction_id: str) -> list[Version]:
    """See `DatabaseManager.history`."""
    versions = session.reader.history(prediction_id)
    if not versions:
        raise PredictionNotFoundError(f"no prediction has, or had, the id {prediction_id!r}")
    before: list[Stored | None] = [None, *versions[:-1]]
    return [
        Version(now.version, from_micros(now.updated_at), now.deleted, _told(session, last, now))
        for last, now in zip(before, versions, strict=True)
    ]


def _told(session: Session, last: Stored | None, now: Stored) -> tuple[str, ...]:
    if now.deleted:
        return ("deleted",)
    if last is None and now.version > 1:
        return ("cleaned up",)
    if last is None or last.deleted:
        return ("created",)
    return changed(session, last, now)


def changed(session: Session, last: Stored, now: Stored) -> tuple[str, ...]:
    """Names of what differs between two versions that are no deletions."""
    fields = [_shown_name(name) for name in _FIELDS if getattr(last, name) != getattr(now, name)]
    old, new = last.metadata, now.metadata
    keys = [f"metadata.{key}" for key in {**old, **new} if key not in old or key not in new or old[key] != new[key]]
    return (*fields, *keys, *_changed_parts(session, last, now))


def _shown_name(name: str) -> str:
    return "model" if name == "model_id" else name


def _changed_parts(session: Session, last: Stored, now: Stored) -> list[str]:
    sizes = [{(kind, name): size for kind, name, size in version.parts if kind in _KINDS} for version in (last, now)]
    changed = []
    for key in {**sizes[0], **sizes[1]}:
        if key not in sizes[0] or key not in sizes[1] or not _same(session, last, now, *key):
            changed.append(_KINDS[key[0]] + key[1])
    return changed


def _same(session: Session, last: Stored, now: Stored, kind: str, name: str) -> bool:
    # A file is stored as what its structure does not predict, so equal blobs may be other files; an array may be coded
    # beside another one, so other blobs may be equal arrays.
    before, after = Prediction(session, last), Prediction(session, now)
    if kind == "original":
        return before.originals[name] == after.originals[name]
    if session.part(last, kind, name) == session.part(now, kind, name):
        return True
    return kind == "array" and _identical(before.arrays[name], after.arrays[name])


def _identical(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


def revert(session: Session, prediction_id: str, version: int) -> int:
    """See `DatabaseManager.revert`; the earlier content is validated and stored like any other."""
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise QueryError(f"version {version!r}: a version number, 1 or more, is needed")
    stored = session.require(prediction_id, version=version)
    past = Prediction(session, stored)
    draft: dict[str, Any] = {
        "prediction_id": prediction_id,
        "sequence": stored.sequence,
        "metadata": stored.metadata,
        "arrays": dict(past.arrays),
        "originals": dict(past.originals),
        "model": stored.model_id,
        "job": stored.job,
        "seed": stored.seed,
        "sample": stored.sample,
        "rank": stored.rank,
        "created_at": stored.created_at,
        "on_conflict": "replace",
        "check_sequence": False,
    }
    data = past.structure_data
    if data is not None:
        draft["structure"] = _core.decode_structure(data)
    operation = session.prepare([draft])[0]
    if isinstance(operation, ProteusError):
        raise operation
    return session.write(operation)[2]
