"""Programs a file says it was made by, of which one may be the predictor.

::

    [("HHblits", "3.0"), ("AlphaFold", "v2.0")]  ->  ("AlphaFold", "2.0")
    [("REFMAC", "5.8")]                          ->  None
"""

from collections.abc import Iterable

__all__ = ["known_software"]

_PREDICTORS = {
    "alphafold": "AlphaFold",
    "boltz": "Boltz",
    "boltzgen": "BoltzGen",
    "chai": "Chai-1",
    "chai-1": "Chai-1",
    "colabfold": "ColabFold",
    "esmfold": "ESMFold",
    "helixfold": "HelixFold",
    "omegafold": "OmegaFold",
    "openfold": "OpenFold",
    "openfold3": "OpenFold3",
    "protenix": "Protenix",
    "rosettafold": "RoseTTAFold",
}
"""Names in lower case, and as they are written here."""


def known_software(programs: Iterable[tuple[str, str]]) -> tuple[str, str | None] | None:
    """Name and version of the first program that is a predictor."""
    for name, version in programs:
        known = _PREDICTORS.get(name.strip().lower())
        if known is not None:
            plain = version.strip()
            plain = plain[1:] if plain[:1] in "vV" and plain[1:2].isdigit() else plain
            return known, plain or None
    return None
