"""Schema 2: a store tells its history, for backups and archives.

Versions that came from elsewhere remember the commit that brought them, models and analyses the commit that last
touched them, also where that deleted them; the store has a name, and a place for what a repair sets aside.
"""

from __future__ import annotations

from ..standing import STANDING, fresh
from ..tables import Changes, Tables
from .step import Step

__all__ = ["STEP"]


def _loses(tables: Tables) -> list[str]:
    aside = int(tables.figures().get("quarantined", 0))
    return [f"{aside} damaged records that a repair set aside"] if aside else []


def _begin(tables: Tables, changes: Changes) -> None:
    # What changed before is not known, so a backup from before is no base for another.
    changes.notes[STANDING] = fresh().text


STEP = Step(
    up="remember which commit touched what, for incremental backups, and make a place for what a repair sets aside",
    down="forget which commit touched what: the next backup after going up again must be a full one",
    cost="an index over all versions; writers wait meanwhile",
    loses=_loses,
    begin=_begin,
)
