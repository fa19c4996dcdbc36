"""What the larger calls answer: how a load went, what a version changed, whether a store is sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Entry", "IntegrityReport", "LoadReport", "Version"]


class Entry(NamedTuple):
    """A record or file that was not stored, and why."""

    name: str
    reason: str


@dataclass(slots=True)
class LoadReport:
    """How a load went.

    Attributes
    ----------
    ids : list of str
        Ids of the predictions written, in the order of the records.
    skipped : list of (name, reason)
        Stored already, or nothing this database loads.
    pending : list of (name, reason)
        Incomplete so far: cut short, or still being written. Load them again later.
    failed : list of (name, reason)
        Records and files that were refused.
    aliases : dict of str to str
        Files that are a prediction stored from another file, and its id: copies byte for byte, and the PDB file beside
        the mmCIF file of one structure.
    seconds : float
        Wall time.
    bytes : int
        Bytes of input that were stored.
    residues : int
        Residues of the predictions written.
    """

    ids: list[str] = field(default_factory=list)
    skipped: list[Entry] = field(default_factory=list)
    pending: list[Entry] = field(default_factory=list)
    failed: list[Entry] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    bytes: int = 0
    residues: int = 0

    @property
    def stored(self) -> int:
        """How many predictions were written."""
        return len(self.ids)

    @property
    def ok(self) -> bool:
        """Whether nothing was refused."""
        return not self.failed

    def __repr__(self) -> str:
        return (
            f"<LoadReport: {self.stored} stored, {len(self.skipped)} skipped, {len(self.pending)} pending, "
            f"{len(self.failed)} failed in {self.seconds:.1f} s>"
        )

    def __rich__(self) -> Table:
        from rich.markup import escape
        from rich.table import Table

        rate = f"{self.stored / self.seconds:,.0f} predictions/s" if self.seconds > 0 else ""
        table = Table(title="Load", title_justify="left", show_header=False, box=None)
        table.add_row("stored", f"{self.stored:,}", f"{self.residues:,} residues, {self.bytes:,} bytes")
        for name in ("skipped", "pending", "failed"):
            entries: list[Entry] = getattr(self, name)
            shown = "\n".join(escape(f"{entry.name}: {entry.reason}") for entry in entries[:5])
            table.add_row(name, f"{len(entries):,}", shown + ("\n…" if len(entries) > 5 else ""))
        if self.aliases:
            shown = "\n".join(escape(f"{name}: {prediction_id}") for name, prediction_id in [*self.aliases.items()][:5])
            table.add_row("aliases", f"{len(self.aliases):,}", shown + ("\n…" if len(self.aliases) > 5 else ""))
        table.add_row("seconds", f"{self.seconds:.1f}", rate)
        return table


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a prediction.

    Attributes
    ----------
    version : int
        Counts up from 1.
    updated_at : datetime
        When it was committed, UTC.
    deleted : bool
        Whether this version says that the prediction was deleted.
    changed : tuple of str
        What differs from the version before it that is left: names of fields, `metadata.<key>`, `arrays.<name>`,
        `originals.<file name>`; `created` in the first, `deleted`, and `cleaned up` where no version before is left.
    """

    version: int
    updated_at: datetime
    deleted: bool
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IntegrityReport:
    """What `verify_integrity` found.

    Attributes
    ----------
    faults : tuple of str
        One line a fault; after a repair, those that are left.
    seconds : float
        Wall time.
    counts : mapping of str to int
        How much was looked at: `predictions`, `versions`, `blobs`, `bytes`, `sequences`, `index_entries`, `models`,
        `analyses`; and `quarantined`, what repairs have set aside so far. Of an embedded file also `pages`, how many of
        them are `free_pages`, and the `dead_bytes` that deleted and replaced versions left, which `compact` gives back.
    repaired : tuple of str
        The faults that a repair found.
    quarantined : tuple of (name, reason)
        What that repair set aside.
    kept : str or None
        Where the damaged file was kept, if something was set aside.
    damaged_pages : tuple of int
        Pages of an embedded file that are damaged, by number. Tables are not looked at then: `salvage` brings what they
        hold into a new file.
    """

    faults: tuple[str, ...]
    seconds: float
    counts: Mapping[str, int] = field(default_factory=dict)
    repaired: tuple[str, ...] = ()
    quarantined: tuple[Entry, ...] = ()
    kept: str | None = None
    damaged_pages: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.faults

    def __repr__(self) -> str:
        found = "ok" if self.ok else f"{len(self.faults)} faults, the first: {self.faults[0]}"
        return f"<IntegrityReport: {found}>"
