"""Whatever a caller may call a structure, to a `Structure`.

::

    Structure              as it is             "model.cif", Path(...)    read
    "ATOM  ...\\n", b"..."   parsed               gemmi / biotite object    copied

Objects of other libraries are known by the module of their type, so no library is imported to look at them.
"""

import os
from typing import Any

from ..errors import ValidationError
from ..structure import Structure

__all__ = ["coerce", "is_path"]

_SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif", ".pdbx", ".pdb1")
_COMPRESSED = (".gz", ".bz2", ".zst", ".xz")


def coerce(structure: Any) -> Structure | None:
    """Makes a `Structure` of anything that `store_prediction` takes as one.

    Parameters
    ----------
    structure : Structure, path, str, bytes, gemmi or biotite object, or None
        A str is a path if it is one line and names a file or ends like a structure file; other text is parsed.

    Returns
    -------
    Structure or None
        None for None.

    Raises
    ------
    ValidationError
        It is something else, or cannot be read; the message says what was given and what is accepted.
    """
    if structure is None or isinstance(structure, Structure):
        return structure
    if isinstance(structure, os.PathLike) or (isinstance(structure, str) and is_path(structure)):
        return Structure.from_file(structure)
    if isinstance(structure, str | bytes | bytearray | memoryview):
        return Structure.from_text(structure)
    libraries = {base.__module__.partition(".")[0] for base in type(structure).__mro__}
    if "gemmi" in libraries:
        return Structure.from_gemmi(structure)
    if "biotite" in libraries:
        return Structure.from_biotite(structure)
    raise ValidationError(
        f"structure is {type(structure).__module__}.{type(structure).__qualname__}; accepted are a Structure, a path, "
        "PDB, mmCIF or BinaryCIF text or bytes, a gemmi.Structure, a biotite AtomArray or AtomArrayStack, and None"
    )


def is_path(text: str) -> bool:
    """Whether a str given as a structure names a file rather than holding its text."""
    if "\n" in text or "\r" in text or "\0" in text or not text.strip():
        return False
    name = text.lower()
    for suffix in _COMPRESSED:
        name = name.removesuffix(suffix)
    try:
        return name.endswith(_SUFFIXES) or os.path.exists(text)
    except ValueError:
        return False
