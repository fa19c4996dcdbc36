"""What the name of a file tells about its kind.

::

    ranked_0.pdb.gz      a structure, compressed; its stem is "ranked_0"
    x_scores.json        may be a companion: it lies beside a structure and says more about it
    result_model_1.pkl   a pickle: opening it could run any code, so nobody does
    x.pdb.part           still being written
"""

from functools import lru_cache
from pathlib import PurePath

from .complete import TEMPORARY

__all__ = [
    "COMPANIONS",
    "COMPRESSIONS",
    "SPOOLED",
    "STRUCTURES",
    "is_archive",
    "is_companion",
    "is_spooled",
    "is_structure",
    "plain_name",
    "stem_of",
    "unwanted",
]

STRUCTURES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif")
COMPRESSIONS = (".gz", ".bz2", ".zst", ".xz")
COMPANIONS = (".json", ".npz", ".npy", ".csv")
_ARCHIVES = (".tar", ".tgz", ".tbz2", ".txz", ".tzst", *(f".tar{end}" for end in COMPRESSIONS), ".zip")
SPOOLED = ".spool"
"""Of archives that `Spool` writes."""
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt")


def plain_name(name: str) -> str:
    """The name without a suffix of compression: `x.json.zst` -> `x.json`."""
    low = name.lower()
    if not low.endswith(COMPRESSIONS):
        return name
    return name[: -next(len(end) for end in COMPRESSIONS if low.endswith(end))]


def stem_of(path: PurePath) -> str:
    """A file's name without the suffixes of structure files and compression: `rank_1.pdb.gz` -> `rank_1`."""
    return _stem(path.name)


@lru_cache(maxsize=64)
def _stem(name: str) -> str:
    # Every recogniser asks this of the same name in turn.
    for suffixes in (COMPRESSIONS, STRUCTURES):
        low = name.lower()
        if low.endswith(suffixes):
            name = name[: -next(len(end) for end in suffixes if low.endswith(end))] or name
    return name


def is_structure(name: str) -> bool:
    """Whether a structure is in a file of this name."""
    return plain_name(name).lower().endswith(STRUCTURES)


def is_companion(name: str) -> bool:
    """Whether a file of this name can hold scores or arrays."""
    return plain_name(name).lower().endswith(COMPANIONS)


def is_archive(name: str) -> bool:
    """Whether files are packed in a file of this name."""
    return name.lower().endswith(_ARCHIVES)


def is_spooled(name: str) -> bool:
    """Whether a file of this name is an archive of a spool."""
    return name.endswith(SPOOLED)


def unwanted(name: str) -> tuple[str, str] | None:
    """Why a file of this name is never opened: (`skipped` or `pending`, reason)."""
    low = name.lower()
    plain = plain_name(low)
    if plain.endswith(_PICKLES):
        return ("skipped", "a pickle may run code when it is opened, so it is never unpickled")
    if low.endswith(TEMPORARY) or plain.endswith(TEMPORARY):
        return ("pending", "its name says that it is still being written")
    return None
