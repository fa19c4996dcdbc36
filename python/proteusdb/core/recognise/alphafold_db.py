"""AlphaFold DB.

::

    AF-P12345-F1-model_v4.cif, AF-P12345-2-F1-model_v6.pdb       accession (isoform), fragment, release; both formats of
                                                                 an entry are one prediction
    AF-P12345-F1-predicted_aligned_error_v4.json                 PAE, whole Å; in releases 1 and 2 as columns
    AF-P12345-F1-confidence_v4.json                              pLDDT of each residue

A download tool may put something before the name, the same for all.
"""

import re
from pathlib import PurePath

from .found import Beside, Companion, Recognised, Tool, recognised, stem_of_path
from .readers import aligned_error, scores

__all__ = ["TOOL"]

_NAME = re.compile(
    r"(?P<head>.*?)AF-(?P<accession>[A-Z0-9]{6,10}(?:-\d+)?)-F(?P<fragment>\d{1,4})-model_v(?P<release>\d{1,3}).*"
)


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of AlphaFold DB."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None:
        return None
    details = {
        "accession": found["accession"],
        "fragment": int(found["fragment"]),
        "release": int(found["release"]),
    }
    return recognised("AlphaFold", found, details=details)


_ENTRY = "{head}AF-{accession}-F{fragment}"

TOOL = Tool(
    "AlphaFold",
    recognise,
    (
        Companion(_ENTRY + "-predicted_aligned_error_v{release}.json", aligned_error),
        Companion(_ENTRY + "-confidence_v{release}.json", scores),
    ),
    two_formats=True,
)
