"""The files of a prediction on their way in: read and hashed, the companions too.

::

    Bundle --read_bundle--> Loaded ─ data, sha256     the structure
                                   ├ beside           each companion: bytes, hash, or what is wrong with it
                                   └ problem          why nothing of it is stored

Invariants: `data` are the bytes as they lie on disk and are kept as the original; hashes are of the plain bytes, so a
file and its compressed copy are the same; a companion that cannot be read does not keep its structure from being
stored.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import Literal

from .. import _core
from .._core import Stored
from ..errors import ProteusError, ValidationError
from .bundle import Attached, Bundle
from .complete import cut_short, stream_cut_short
from .recognise import TWIN
from .trees import Found

__all__ = ["Beside", "Loaded", "Problem", "read_bundle"]

Problem = ProteusError | tuple[Literal["skipped", "pending"], str]


@dataclass(slots=True)
class Beside:
    """A companion that was read.

    Attributes
    ----------
    attached : Attached
        Where it was and how it is understood.
    data : bytes
        As on disk.
    sha256 : str
        Of its plain bytes.
    problem : ProteusError or (kind, reason) or None
        Why it counts for nothing.
    """

    attached: Attached
    data: bytes = b""
    sha256: str = ""
    problem: Problem | None = None

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.attached.found.path.name


@dataclass(slots=True)
class Loaded:
    """A prediction whose files were read.

    Attributes
    ----------
    bundle : Bundle
        Where they were.
    data : bytes
        The structure file, as on disk.
    sha256 : str
        Of its plain bytes.
    beside : list of Beside
        Its companions.
    prediction_id : str
        The id it will be stored by.
    stored : Stored or None
        What has this id already, from these bytes.
    problem : ProteusError or (kind, reason) or None
        Why it is not stored.
    postponed : bool
        Whether it is looked at again when everything else is stored.
    """

    bundle: Bundle
    data: bytes = b""
    sha256: str = ""
    beside: list[Beside] = field(default_factory=list)
    prediction_id: str = ""
    stored: Stored | None = None
    problem: Problem | None = None
    postponed: bool = False

    @property
    def name(self) -> str:
        """The structure file, for messages."""
        return self.bundle.structure.name

    def copies(self) -> list[Found]:
        """Files that are this prediction too: the same bytes under another name, or the other format."""
        twins = [
            each.attached.found for each in self.beside if each.attached.companion is TWIN and each.problem is None
        ]
        return self.bundle.aliases + twins

    def files(self) -> dict[str, str]:
        """Hash of every file but the structure, by its path from the structure's folder; broken ones left out."""
        start = self.bundle.structure.relative
        whole = [(each.attached.found, each.sha256) for each in self.beside if each.problem is None]
        copies = [(alias, self.sha256) for alias in self.bundle.aliases]
        return {_path_from(start, found): sha256 for found, sha256 in whole + copies}


def _path_from(start: str, found: Found) -> str:
    here = os.path.dirname(start) or "."
    return os.path.relpath(found.relative or found.path.name, here).replace(os.sep, "/")


def read_bundle(item: Bundle | Found) -> Loaded:
    """Reads a prediction's files; what is wrong with them stands in `problem`."""
    if isinstance(item, Found):
        return Loaded(Bundle(item), problem=_told(item) or ("skipped", "nothing to load"))
    file = Loaded(item)
    file.data, file.sha256, file.problem = _read(item.structure, structure=True, known=item.tool is not None)
    if file.problem is None:
        file.beside = [Beside(each, *_read(each.found, structure=each.companion is TWIN)) for each in item.companions]
    return file


def _read(found: Found, *, structure: bool, known: bool = False) -> tuple[bytes, str, Problem | None]:
    problem = _told(found)
    if problem is not None:
        return b"", "", problem
    data = b""
    try:
        data = found.read()
        plain = _core.decompress(data, name=found.name)
    except ProteusError as error:
        cut = stream_cut_short(data)
        return data, "", error if cut is None else ("pending", cut)
    cut = cut_short(plain, known=known) if structure else None
    return data, hashlib.sha256(plain).hexdigest(), None if cut is None else ("pending", cut)


def _told(found: Found) -> Problem | None:
    if found.problem is None:
        return None
    kind, reason = found.problem
    if kind == "failed":
        return ValidationError(f"{found.name}: {reason}")
    return ("pending", reason) if kind == "pending" else ("skipped", reason)
