"""Bytes of a file, and the structure in them."""

import os
from typing import Literal

from .. import _core
from ..errors import ValidationError
from .arrays import PlddtScale, scale_name

__all__ = ["load", "name_for", "read"]


def load(path: str | os.PathLike[str]) -> tuple[bytes, str]:
    """The bytes of a file and its path as text.

    Raises
    ------
    ValidationError
        The path names no readable file.
    """
    shown = os.fsdecode(path)
    try:
        with open(path, "rb") as file:
            return file.read(), shown
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ValidationError(f"{shown}: cannot be read ({reason}); a readable structure file is needed") from error


def read(
    data: bytes, *, name: str, format: Literal["pdb", "mmcif", "bcif"] | None, plddt_scale: PlddtScale
) -> _core.Structure:
    """Reads the structure in a file's bytes; `name` is how errors call it.

    Raises
    ------
    ValidationError
        It is no structure; the message names the file, the line and the reason.
    """
    return _core.Structure.read(data, name=name, format=format, plddt_scale=scale_name(plddt_scale))


def name_for(data: bytes, format: str | None) -> str:
    """A file name for bytes that came without one."""
    found = format or _core.sniff(data)
    return {"pdb": "structure.pdb", "mmcif": "structure.cif", "bcif": "structure.bcif"}.get(found or "", "structure")
