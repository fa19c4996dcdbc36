"""What a back end is.

::

    DatabaseManager -> Session -> Backend       lmdb | sqlite | memory

Everything that must be one truth (validation, the codec, what a criterion means) lies above or below this protocol; a
back end keeps versions of predictions and answers by id and by criteria.

Invariants: `apply` is one transaction; outcomes stand in the order of the operations; a `Stored` a back end gave out
stays readable until `close`, whatever is written meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, Self

from .._core import Operation, Stored, Structure
from ..errors import ProteusError

__all__ = [
    "Backend",
    "Capabilities",
    "Change",
    "Crowd",
    "Decoder",
    "Exchange",
    "Historian",
    "Outcome",
    "Reader",
    "Standing",
]

Outcome = tuple[str, str, int]
"""("written" | "skipped", prediction_id, version), ("deleted" | "as expected", "", 0) or
("id", model or analysis id, 0)."""


Exchange = Mapping[str, tuple[str | None, str | None]]
"""Notes by name: what must stand there, and what takes its place; `None` for nothing."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a back end can do, flat, so that planner, error texts and tests read the same record.

    Attributes
    ----------
    name : str
        As `DatabaseManager(backend=...)` calls it.
    transactions : bool
        Several predictions can be written in one atomic unit. Where not, each is one of its own, and a read may see
        some of what one call writes and not yet the rest.
    as_of : bool
        The past can be queried.
    durable : bool
        What was acknowledged outlives the process.
    processes : bool
        Other processes can open the same store at the same time.
    missing : frozenset of str
        Calls of the manager that this back end does not have, each a StorageError that says so.
    past : bool
        Moments can be tagged and compared, and the past cleaned up: see `keeping.Keeping`.
    quota : bool
        Its size can be limited.
    schema : bool
        Types of metadata fields can be declared.
    histories : bool
        Its history can be told and imported as a whole (`standing`, `commits`, `take`, `replaced`): backups, archives.
    images : bool
        It is one file, of which a full backup is a copy (`copy_into`); else a full backup is records.
    schemas : bool
        It has schemas that can be moved between (`DatabaseMigrator`).
    decodes : bool
        It gives structures decoded (`structures`), and remembers some.
    readers : bool
        Its readers keep what they read from being used again, and it knows them (`oldest_reader`).
    """

    name: str
    transactions: bool = True
    as_of: bool = True
    durable: bool = False
    processes: bool = False
    missing: frozenset[str] = frozenset()
    past: bool = False
    quota: bool = False
    schema: bool = False
    histories: bool = False
    images: bool = False
    schemas: bool = False
    decodes: bool = False
    readers: bool = False


class Standing(NamedTuple):
    """Where a store stands in its history.

    Attributes
    ----------
    store : str
        Which store it is; restoring another changes it.
    schema : int
        Its schema; 1 where there is but one.
    commit : int
        Commit time (µs) of the last transaction, 0 for none.
    removed : int
        The last time versions were purged or cleaned up; whoever knows only what was before needs all of it anew.
    generation : int
        Counts the returns to an earlier state.
    """

    store: str
    schema: int
    commit: int
    removed: int
    generation: int


class Change(NamedTuple):
    """Something of a store: ("version", Stored), ("model", dict), ("analysis", dict), ("settings", dict), or that
    something is no more: ("no model", id), ("no analysis", id).
    """

    kind: Literal["version", "model", "analysis", "settings", "no model", "no analysis"]
    item: Any


class Reader(Protocol):
    """The part of a back end that answers by id; a transaction's overlay is one too."""

    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None:
        """The current version, that version, or the one current at a commit time (µs); `None` where there is none."""

    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]:
        """`get` of each (id, version), in order."""

    def history(self, prediction_id: str) -> list[Stored]:
        """Every version, oldest first, those that say it was deleted included; empty for an unknown id."""

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """Encoded bytes of one part."""

    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]:
        """Encoded bytes of one part of each; `None` where a prediction has no such part."""

    def get_model(self, model_id: str) -> dict[str, Any] | None:
        """`model_id, name, version, configuration, created_at` (µs)."""

    def list_models(self) -> list[dict[str, Any]]:
        """Every model, as `get_model` gives it."""

    def get_analysis(self, analysis_id: str) -> dict[str, Any] | None:
        """`analysis_id, prediction_id, results, parameters, created_at` (µs)."""

    def list_analyses(self, prediction_id: str | None) -> list[str]:
        """Analysis ids in order, of one prediction or of all."""


class Backend(Reader, Protocol):
    """A store of predictions."""

    capabilities: Capabilities
    url: str

    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[Outcome | ProteusError]:
        """One transaction. With `each_alone` a failed operation is its error in the list and the others commit;
        otherwise the first failure is raised and nothing is written."""

    def ids(self, after: str | None, limit: int) -> list[str]:
        """Ids of current predictions in byte order, at most `limit` of those after `after`."""

    def query(self, criteria: Mapping[str, Any], timeout: float | None) -> list[tuple[str, int]]:
        """(id, version) of what matches, in the order asked for."""

    def count(self, criteria: Mapping[str, Any], timeout: float | None) -> int:
        """How many match, whatever limit and offset say."""

    def explain(self, criteria: Mapping[str, Any], timeout: float | None) -> dict[str, Any]:
        """How the criteria are answered."""

    def best(self, criteria: Mapping[str, Any], by: str, per: str, timeout: float | None) -> list[tuple[str, int]]:
        """The best of each job or sequence among what matches."""

    def create_index(self, field: str) -> bool:
        """Declares an index on a field and builds it; whether it was new. It changes no answer."""

    def drop_index(self, field: str) -> None:
        """Removes a declared index; QueryError where there is none."""

    def list_indexes(self) -> list[tuple[str, int]]:
        """(field, number of current predictions that have a value there), in the order of declaration."""

    def stats(self) -> dict[str, Any]:
        """Counts and sizes."""

    def notes(self, names: Sequence[str]) -> list[str | None]:
        """What stands in notes, of one state of the store; `None` for nothing. A name is ASCII, at most 400 long."""

    def exchange_notes(self, exchange: Exchange) -> bool:
        """Exchanges notes in one transaction if all stand as expected; whether they did. Nothing changes where one does
        not, and none of it is part of the history. Where a server's answer was lost, notes that say what was to be put
        count as exchanged: who has to know that it was he puts something of his own into them."""

    def clock(self) -> int | None:
        """The server's clock (µs), or `None` where the store lies on this host."""

    def compact(self, compression: str | None) -> None:
        """Gives room back; first rewrites every structure in a profile (`fast`, `small`, `none`), if one is given."""

    def check(self) -> list[str]:
        """One line a fault; empty where all holds."""

    def close(self) -> None:
        """Lets go of everything; a second call does nothing."""


class Decoder(Backend, Protocol):
    """A back end that decodes what it keeps."""

    def structures(self, stored: Sequence[Stored], keep: bool) -> list[Structure | None]:
        """The structure of each, `None` where there is none; with `keep`, remembered for a second look. The
        interpreter's lock is not held meanwhile."""


class Crowd(Backend, Protocol):
    """A back end that knows its readers, in all processes."""

    def oldest_reader(self) -> tuple[int, int, str] | None:
        """Process of the reader of the oldest state, its transaction, and how people find it."""


class Historian(Backend, Protocol):
    """A back end that tells its history as a whole and takes one in: what backups and archives need."""

    def verify(self, watch: Callable[[int, int], Any] | None) -> dict[str, Any]:
        """`faults`, as `check` gives them, and `counts` by name of what was looked at."""

    def repair(self, watch: Callable[[int, int], Any] | None) -> tuple[list[tuple[str, str]], str | None]:
        """Makes anew what is derived, and sets aside what is damaged: (what, why) of each, and where the damaged store
        was kept, if something was set aside. StorageError where this back end has no such thing."""

    def copy_into(self, path: str, offset: int, watch: Callable[[int, int], Any] | None) -> dict[str, Any]:
        """Copies its file into a file that is there, from `offset` on: `length, commit, uuid, schema, generation`
        of the copy. Only where the capabilities say `images`."""

    def standing(self) -> Standing:
        """Where the store stands in its history."""

    def commits(self, after: int | None, until: int) -> Iterator[Change]:
        """What commits after `after` (`None`: from the beginning) and up to `until` left, as it is now: models,
        then versions in the order of their commits, then analyses, then what is no more, and the settings at the
        end."""

    def take(self, changes: Sequence[Change], *, fresh: bool) -> list[bool]:
        """Imports changes in one transaction, with the numbers and times they have; whether each was new. What is here
        already is passed over; a version that has another history here is a ConflictError. `fresh` for a store that
        is being filled."""

    def replaced(self, fill: Callable[[Self], None], image: tuple[str, int, int] | None) -> None:
        """Puts another store of the same kind in the place of this one: an empty one, or that whose file is the bytes
        from the second to the third number of a file, after `fill` was called with it. Nothing changes where it
        raises."""
