"""AlphaFold DB: `AF-P12345-F1-model_v4.cif`, `AF-P12345-2-F1-model_v6.pdb` (accession, fragment, release)."""

import re
from pathlib import PurePath

from .found import Recognised, stem_of_path

__all__ = ["recognise"]

_NAME = re.compile(r"AF-(?P<accession>[A-Z0-9]{6,10}(?:-\d+)?)-F(?P<fragment>\d{1,4})-model_v(?P<release>\d{1,3})")


def recognise(path: PurePath) -> Recognised | None:
    """A structure of AlphaFold DB, whatever a download tool put before its name."""
    found = _NAME.search(stem_of_path(path))
    if found is None:
        return None
    details = {
        "accession": found["accession"],
        "fragment": int(found["fragment"]),
        "release": int(found["release"]),
    }
    return Recognised("AlphaFold", details=details)
