"""The compiled core: what must be one truth on every back end, and the embedded store.

Everything here is called by the package, not by users. Blocking calls release the GIL; errors are those of
`proteusdb.errors`. Times are int64 microseconds since 1970-01-01T00:00:00Z.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from .errors import ProteusError

__all__ = [
    "LATEST_SCHEMA",
    "ROW_COLUMNS",
    "Care",
    "Keeper",
    "Operation",
    "Search",
    "Settings",
    "Store",
    "Stored",
    "Structure",
    "Verifier",
    "__version__",
    "after_fork_in_child",
    "after_fork_in_parent",
    "array_shape",
    "before_fork",
    "check_metadata",
    "check_schema",
    "check_sequence",
    "decode_array",
    "decode_array_rows",
    "decode_original",
    "decode_plddt",
    "decode_structure",
    "decompress",
    "digest",
    "digest_file",
    "encode_array",
    "encode_structure",
    "extract_file",
    "fill_rows",
    "fresh_id",
    "from_document",
    "look_into",
    "model_id",
    "network_file_system",
    "now",
    "obey_schema",
    "pack",
    "parse_contest",
    "parse_criteria",
    "parse_index",
    "prepare",
    "read_json",
    "read_moment",
    "salvage",
    "schema_capsule",
    "sniff",
    "stored_from",
    "stored_from_row",
    "stream_capsule",
    "to_document",
    "unpack",
]

ROW_COLUMNS: tuple[str, ...]
"""The columns of a row of a version, in order."""

__version__: str

_PlddtScale = Literal["auto", "1", "100", "none"]
_TextColumn = Literal[
    "atom_name",
    "element",
    "altloc",
    "residue_name",
    "chain_id",
    "insertion_code",
    "segment_id",
    "label_asym_id",
    "label_entity_id",
]
_StoredArray = NDArray[Any]

@final
class Structure:
    """Immutable columns of a structure; equality is of every column of every model."""

    @staticmethod
    def read(data: bytes, *, name: str, format: str | None = None, plddt_scale: _PlddtScale = "auto") -> Structure:
        """Reads PDB or mmCIF, compressed or not; `name` is the file in error messages."""

    @staticmethod
    def from_columns(
        *,
        coords: NDArray[np.float32],
        atom_name: Sequence[str],
        element: Sequence[str],
        residue_name: Sequence[str],
        chain_id: Sequence[str],
        residue_number: NDArray[np.int32],
        insertion_code: Sequence[str],
        altloc: Sequence[str],
        hetero: NDArray[np.bool_],
        charge: NDArray[np.int8],
        b_factor: NDArray[np.float32],
        occupancy: NDArray[np.float32],
        segment_id: Sequence[str],
        label_asym_id: Sequence[str],
        label_seq_id: NDArray[np.int32],
        label_entity_id: Sequence[str],
        ter: NDArray[np.bool_],
        model_numbers: Sequence[int],
        entry_id: str,
        title: str,
        software: Sequence[tuple[str, str]],
        plddt_scale: _PlddtScale,
    ) -> Structure:
        """Per-atom columns to a structure. `coords` is (n_models, n_atoms, 3); `b_factor` and `occupancy` are
        (n_models, n_atoms); `label_seq_id` is -2147483648 where there is none; `ter` says that a polymer ends after
        the atom's residue. A residue is a maximal run of atoms with equal residue columns."""

    @staticmethod
    def join(structures: Sequence[Structure]) -> Structure:
        """One structure with the models of all, whose atoms may differ; entry and scale are those of the first."""

    n_atoms: int
    n_residues: int
    n_models: int
    model_numbers: list[int]
    entry: dict[str, Any]
    """`id`, `title`, `software` (list of (name, version)), `declares_plddt`."""
    plddt_scale: _PlddtScale
    sequence: str
    chain_types: list[str]

    def sequence_residues(self) -> NDArray[np.uint32]:
        """The residue of each letter of `sequence`, chain breaks not counted."""
    def with_plddt_scale(self, plddt_scale: _PlddtScale) -> Structure:
        """The same columns, on another scale of pLDDT."""
    def model(self, index: int) -> Structure:
        """Model `index` alone."""
    def same_atoms(self) -> bool:
        """Whether all models have the same atoms."""
    def coords(self) -> NDArray[np.float32]:
        """(n_atoms, 3) of the first model, Å."""
    def coords_all(self) -> NDArray[np.float32]:
        """(n_models, n_atoms, 3); ValidationError where the models' atoms differ."""
    def b_factor(self) -> NDArray[np.float32]: ...
    def occupancy(self) -> NDArray[np.float32]: ...
    def charge(self) -> NDArray[np.int8]: ...
    def hetero(self) -> NDArray[np.bool_]: ...
    def atom_text(self, column: _TextColumn) -> NDArray[np.str_]:
        """A text column, per atom."""
    def residue_number(self) -> NDArray[np.int32]:
        """Per atom."""
    def label_seq_id(self) -> NDArray[np.int32]:
        """Per atom, -2147483648 where there is none."""
    def ter(self) -> NDArray[np.bool_]:
        """Per atom, whether a polymer ends after its residue."""
    def residue_starts(self) -> NDArray[np.uint32]:
        """(n_residues + 1,) first atom of each residue, and n_atoms."""
    def residue_kinds(self) -> list[str]:
        """`protein`, `rna`, `dna` or `non-polymer`, per residue."""
    def plddt(self) -> NDArray[np.float32] | None:
        """(n_residues,) on 0-100."""
    def plddt_atom(self) -> NDArray[np.float32] | None:
        """(n_atoms,) on 0-100."""
    def to_pdb(self) -> str: ...
    def to_mmcif(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

def decompress(data: bytes, *, name: str) -> bytes:
    """Plain bytes of a .gz, .bz2, .zst or .xz file; `data` itself where it is not compressed."""

def read_json(data: bytes, *, name: str) -> Any:
    """What JSON holds, as `json.loads` gives it, but for lists of numbers.

    A list, or list of lists and so on, that is rectangular and holds numbers alone becomes an array: int64, else float32
    where that carries every printed number, else float64; `null` among numbers is NaN. `name` is the file in errors.

    Raises
    ------
    ValidationError
        It is no JSON; the message names line and column, or says that the file is cut short.
    """

def sniff(data: bytes) -> Literal["pdb", "mmcif", "bcif"] | None:
    """The format of plain bytes, by content."""

@final
class Settings:
    """How records are encoded."""

    def __new__(
        cls, *, compression: str, precision: float | None, pae_precision: float | None, keep_original: bool = False
    ) -> Settings: ...
    def know_file(self, original: bytes, last: bytes) -> None:
        """The blob of a stored file and that of the last of its sources: what is left of files like it is packed by that."""
    def meet_job(self, job: str) -> bool:
        """Whether this was asked before; the first who asks tells of the job's stored arrays by `know_array`."""
    def know_array(self, job: str, name: str, blob: bytes) -> None:
        """The blob of an array of a job's first sample: those of this name in its other samples are coded beside it."""

@final
class Operation:
    """One validated, encoded step of a transaction. Pickle-free, immutable, reusable."""

    kind: Literal[
        "expect",
        "store",
        "update",
        "delete",
        "store_model",
        "update_model",
        "delete_model",
        "store_analysis",
        "delete_analysis",
    ]
    target: str
    """The prediction's, model's or analysis' id ("" for store_model)."""
    size: int
    """Bytes it brings."""
    residues: int
    """`store`: residues in the sequence."""
    model: str | None
    """`store`: the model's id or name as given."""
    on_conflict: Literal["error", "skip", "replace"]
    """`store` only."""
    expected_version: int | None
    """`update` and `expect`."""
    cascade: bool
    purge: bool
    keep_versions: int | None
    """How many versions of the prediction stay after it; None: all."""
    prediction_id: str
    """`store`, `update` and `delete`: the prediction; else ""."""
    prediction: Stored | None
    """`store`: what is to be written, version 0."""
    arguments: dict[str, Any]
    """Model and analysis operations: name, version, configuration / prediction_id, results, parameters, created_at."""

    @staticmethod
    def expect(prediction_id: str, version: int | None) -> Operation:
        """ConflictError unless this is the current version, None being absent or deleted."""
    @staticmethod
    def store(stored: Stored, *, model: str | None, on_conflict: Literal["error", "skip", "replace"]) -> Operation:
        """A version whose parts are all in memory, as it is but for its number; `model` is an id or a name."""
    @staticmethod
    def update(
        prediction_id: str, changes: Mapping[str, Any], *, expected_version: int | None, settings: Settings
    ) -> Operation:
        """`changes`: the record's names; `structure` is a `Structure` or None. `originals` (dict of name -> bytes) come
        with a structure, or are added to the files that are there; `mean_plddt` as in `prepare`."""
    @staticmethod
    def delete(prediction_id: str, *, cascade: bool, purge: bool) -> Operation: ...
    def bounded(self, keep_versions: int) -> Operation:
        """The same, after which so many versions stay; an operation on no prediction is itself."""
    @staticmethod
    def store_model(name: str, version: str | None, configuration: Mapping[str, Any] | None) -> Operation: ...
    @staticmethod
    def update_model(model_id: str, changes: Mapping[str, Any]) -> Operation:
        """`changes`: any of name, version, configuration (merged, None removes)."""
    @staticmethod
    def delete_model(model_id: str) -> Operation: ...
    @staticmethod
    def store_analysis(
        prediction_id: str, results: Mapping[str, Any], parameters: Mapping[str, Any] | None
    ) -> Operation: ...
    @staticmethod
    def delete_analysis(analysis_id: str) -> Operation: ...
    def merged(self, current: Stored, model_id: str | None) -> Stored:
        """`update`: the version that follows `current`. `model_id` is what the change's model was resolved to."""

@final
class Stored:
    """One version of a prediction as stored: columns and references to its parts."""

    prediction_id: str
    version: int
    updated_at: int
    created_at: int
    deleted: bool
    sequence: str
    chain_types: list[str]
    length: int
    model_id: str | None
    job: str | None
    seed: int | None
    sample: int | None
    rank: int | None
    ranking_score: float | None
    confidence: float | None
    mean_plddt: float | None
    """0-100."""
    metadata: dict[str, Any]
    """A new dict at every access."""
    parts: list[tuple[Literal["structure", "array", "original", "source", "reference"], str, int]]
    """(kind, name, encoded bytes) in order: structure, arrays by name, originals by name, sources of originals, and what
    arrays and sources are coded beside (`array pae`)."""

    def fresh(self, kind: str, name: str) -> bytes | None:
        """The part's bytes where they are still in memory."""
    def fresh_parts(self) -> list[bytes]:
        """The bytes of every part that is still in memory, in the order of `parts`."""
    def key(self, kind: str, name: str) -> str | None:
        """The key of a part of a version that was read from a row."""
    def row(self, keys: Sequence[str]) -> tuple[Any, ...]:
        """The version as `ROW_COLUMNS`; `keys` name its fresh parts, in their order."""
    def with_bytes(self, parts: Sequence[bytes]) -> Stored:
        """The same with these bytes for its parts, in their order."""
    def with_structure(self, data: bytes) -> Stored:
        """The same with these bytes for its structure."""
    def index_key(self, field: str) -> bytes | None:
        """What a field holds as bytes whose order is that of values; `field` is one of `parse_index`. None where it holds
        nothing."""
    def with_version(self, version: int, *, updated_at: int, created_at: int, model_id: str | None) -> Stored:
        """The same content as a written version; for back ends that live in Python. `created_at` counts where the
        record came without one."""
    def tombstone(self, *, updated_at: int) -> Stored:
        """The version that says this prediction was deleted."""

def prepare(drafts: Sequence[Mapping[str, Any]], settings: Settings, workers: int) -> list[Operation | ProteusError]:
    """Parses, validates and encodes drafts on `workers` threads; one `store` operation or its error for each.

    A draft holds `prediction_id, sequence, structure (Structure | None), file (bytes to read as structure | None),
    file_name, format, plddt_scale, originals (dict of name -> bytes), metadata, model, job, seed, sample, rank,
    arrays (dict of name -> ndarray), mean_plddt (0-100, in the place of the B-factors'), created_at (µs), on_conflict,
    check_sequence`; missing keys are None.
    With `file`, the bytes are also kept as the original `file_name`.
    """

def decode_structure(data: bytes) -> Structure: ...
def fill_rows(
    structures: Sequence[Structure | None],
    ids: Sequence[str],
    *,
    coords: NDArray[np.float32] | None = None,
    mask: NDArray[np.bool_] | None = None,
    plddt: NDArray[np.float32] | None = None,
    aatype: NDArray[np.int64] | None = None,
    residue_index: NDArray[np.int64] | None = None,
    chain_index: NDArray[np.int64] | None = None,
) -> list[int]:
    """Fills one row of each array with each structure, and what lies past its end with nothing; how many residues each
    has. Shapes are (n, L), of `mask` (n, L, 37), of `coords` (n, L, 37, 3). ValidationError naming the id where one has
    more than L, or where an array is not contiguous."""

def decode_plddt(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """pLDDT (0-100) of each residue and of each atom from a structure's blob, without decoding its coordinates; None
    where the B-factors are no pLDDT."""

def encode_structure(structure: Structure, *, compression: str = "fast", precision: float | None = None) -> bytes:
    """What `decode_structure` gives back; how a structure is pickled. `compression`: `fast`, `small`, `none`; `precision`:
    largest error of coordinates in Å."""

def decode_array(data: bytes, beside: bytes | None = None) -> _StoredArray:
    """`beside` is the blob that it was coded beside, if it was."""

def decode_array_rows(data: bytes, start: int, stop: int, beside: bytes | None = None) -> _StoredArray:
    """Rows of the first axis; of a matrix only the bands they lie in are decoded."""

def array_shape(data: bytes) -> tuple[int, ...]: ...
def encode_array(array: _StoredArray, settings: Settings, beside: bytes | None = None) -> bytes:
    """What `decode_array` gives back; `settings` say how hard to compress. `beside` is the blob of an array much like it,
    which is then needed to decode it where that makes it shorter."""

def decode_original(data: bytes, structure: bytes | None, sources: Sequence[tuple[bytes, bytes | None]]) -> bytes:
    """`structure` is the structure blob of the same version, from which the file may have been predicted; `sources` its
    arrays, each with what it was coded beside."""

def check_sequence(sequence: str) -> str:
    """Upper case, or ValidationError with the place of the first wrong letter."""

def read_moment(text: str) -> tuple[int, int] | None:
    """First and last µs of a date, a date-time, or what is told from now (`today`, `7 days ago`); None for another text."""

def parse_contest(by: str, per: str) -> None:
    """QueryError where `best` cannot be asked so; for back ends that live in Python."""

def parse_criteria(criteria: Mapping[str, Any]) -> None:
    """QueryError where the criteria are wrong; for back ends that live in Python."""

def parse_index(field: str) -> str:
    """The name of a field that an index may be declared on; QueryError where it may not."""

def stored_from_row(row: tuple[Any, ...]) -> Stored:
    """The version of a row as `Stored.row` makes it; CorruptionError for one that is damaged."""

def schema_capsule() -> object:
    """The schema of `stream_capsule`, by the Arrow PyCapsule interface."""

def stream_capsule(chunks: Iterator[Sequence[Stored]], model: Callable[[str], Mapping[str, Any] | None]) -> object:
    """Rows as a stream by the Arrow PyCapsule interface; `chunks` is read, on the consumer's thread, as it asks."""

def to_document(values: Mapping[str, Any]) -> str:
    """JSON; a datetime is {"$time": "..."}, an array {"$array": [dtype, shape, base64]}."""

def from_document(text: str) -> dict[str, Any]:
    """What `to_document` was given; CorruptionError for another text."""

def model_id(name: str, version: str | None, configuration: Mapping[str, Any]) -> str:
    """The id of a model, made of its content: 1 and 1.0 are one, and the order of keys is none."""

def check_metadata(field: str, metadata: Mapping[str, Any]) -> None:
    """ValidationError where a value or key is not allowed in metadata."""

@final
class Search:
    """Parsed criteria, for back ends that live in Python; QueryError where they are wrong."""

    def __new__(cls, criteria: Mapping[str, Any], contest: tuple[str, str] | None = None) -> Search:
        """`contest` is (by, per) of `best`."""
    conditions: list[str]
    """Every condition, by its number, as `where` would have it."""
    pushes: list[tuple[int, tuple[Any, ...], bool]]
    """(number of the condition, what to ask of columns in its place, whether that says all of it). Every row that meets
    the condition meets the question. See `proteusdb.backends.shared.question.Ask`."""
    order: list[tuple[str, bool]]
    """(field, descending) before the id."""
    order_text: str
    limit: int | None
    offset: int
    as_of: int | None
    def within(self, field: str) -> tuple[list[tuple[bytes, bytes]], list[int]] | None:
        """Stretches [from, to) of `Stored.index_key` that every match lies in, and the numbers of the conditions that
        hold of every row there; None where the conditions say nothing of the field."""
    def columns(self, answered: Sequence[int], *, count: bool, ordered: bool) -> list[str]:
        """The columns a verifier needs beside id and version, where the conditions with these numbers are answered."""
    def verify(
        self, columns: Sequence[str], answered: Sequence[int], *, count: bool, ordered: bool, timeout: float | None
    ) -> Verifier:
        """`count`: matches are only counted. `ordered`: rows come in the order of the answer."""

@final
class Verifier:
    """Rows of one query on their way to its answer, in bounded memory."""

    def feed(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Looks at rows (id, version, *columns); whether more can matter. TimeoutError after the timeout."""
    visited: int
    matched: int
    def finish(self) -> list[tuple[str, int]]:
        """(id, version) of the answer in order; once."""

def fresh_id() -> str:
    """A new UUIDv7."""

def now() -> int: ...

@final
class Store:
    """The embedded store: one LMDB file."""

    @staticmethod
    def open(
        path: str,
        *,
        read_only: bool,
        durability: Literal["full", "relaxed"],
        mode: int,
        timeout: float,
        allow_network_fs: bool,
        map_size: int | None,
        any_schema: bool = False,
        cache_bytes: int = 67108864,
    ) -> Store:
        """`any_schema` opens a store of an older schema as it is, to be moved."""

    path: str
    def close(self) -> None: ...
    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[tuple[str, str, int] | ProteusError]:
        """One transaction. Each outcome is ("written" | "skipped", prediction_id, version), ("deleted", "", 0),
        ("as expected", "", 0) or ("id", model or analysis id, 0). With `each_alone` a failed operation is its error in the list and the others
        commit; otherwise the first failure is raised and nothing is written."""
    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None: ...
    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]: ...
    def history(self, prediction_id: str) -> list[Stored]: ...
    def part(self, stored: Stored, kind: str, name: str) -> bytes: ...
    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]: ...
    def structures(self, stored: Sequence[Stored], keep: bool) -> list[Structure | None]:
        """Decoded without the interpreter's lock, on the thread that calls; with `keep`, remembered."""
    def ids(self, after: str | None, limit: int) -> list[str]: ...
    def query(self, criteria: Mapping[str, Any], timeout: float | None) -> list[tuple[str, int]]: ...
    def count(self, criteria: Mapping[str, Any], timeout: float | None) -> int: ...
    def explain(self, criteria: Mapping[str, Any], timeout: float | None) -> dict[str, Any]: ...
    def best(self, criteria: Mapping[str, Any], by: str, per: str, timeout: float | None) -> list[tuple[str, int]]: ...
    def get_model(self, model_id: str) -> dict[str, Any] | None:
        """model_id, name, version, configuration, created_at (µs)."""
    def list_models(self) -> list[dict[str, Any]]: ...
    def get_analysis(self, analysis_id: str) -> dict[str, Any] | None:
        """analysis_id, prediction_id, results, parameters, created_at (µs)."""
    def list_analyses(self, prediction_id: str | None) -> list[str]:
        """Analysis ids, in order."""
    def create_index(self, field: str) -> bool:
        """Declares an index and builds it, in one transaction; whether it was new."""
    def drop_index(self, field: str) -> None:
        """QueryError where it is not declared."""
    def list_indexes(self) -> list[tuple[str, int]]:
        """(field, entries) in the order of declaration."""
    def stats(self) -> dict[str, Any]:
        """Counts and sizes; `last_commit` is an aware datetime, or None in a store nothing was written to."""
    def shrink(self) -> None:
        """Packs segments that are mostly dead and writes the file anew without free pages; others go on meanwhile."""
    def recompress(self, compression: str) -> tuple[int, int, int]:
        """Rewrites every structure in a profile (`fast`, `small`, `none`); how many, their bytes before and after."""
    def check(self) -> list[str]:
        """Walks every table; one line a fault, empty where all holds."""

@final
class Care:
    """What looks after a store: `proteusdb.backends.keeping` says what each call does. Moments are commit times."""

    def __new__(cls, store: Store) -> Care: ...
    def create_tag(self, name: str, moment: int | None) -> int: ...
    def drop_tag(self, name: str) -> None: ...
    def tags(self) -> list[tuple[str, int, int]]: ...
    def changes(
        self, first: int | None, second: int | None, after: str | None, limit: int
    ) -> tuple[list[tuple[str, int | None, int | None]], str | None]: ...
    def clean(
        self,
        *,
        older_than: int | None,
        keep_versions: int | None,
        predictions: Sequence[tuple[str, int]],
        until: int | None,
        cascade: bool,
        rehearse: bool,
    ) -> dict[str, Any]: ...
    def size(self) -> int: ...
    def set_quota(self, max_bytes: int | None, warn_at: int | None) -> None: ...
    def quota(self) -> tuple[int | None, int | None, int]: ...
    def pressure(self) -> int | None: ...
    def oldest_reader(self) -> tuple[int, int, str] | None:
        """Process, transaction that it reads, and how people find it; none but this call counts."""
    def define_schema(
        self, fields: Sequence[tuple[str, Sequence[str]]], required: Sequence[str], check_existing: bool
    ) -> None: ...
    def schema(self) -> list[tuple[str, list[str], bool]]: ...
    def notes(self, names: Sequence[str]) -> list[str | None]: ...
    def exchange_notes(self, changes: Sequence[tuple[str, str | None, str | None]]) -> bool: ...

def check_schema(
    fields: Sequence[tuple[str, Sequence[str]]], required: Sequence[str]
) -> list[tuple[str, list[str], bool]]:
    """A schema as it is kept: field, types, whether it is required; ValidationError where it is none."""

def obey_schema(schema: Sequence[tuple[str, Sequence[str], bool]], stored: Stored) -> None:
    """ValidationError where the metadata are not as a schema says."""

@final
class Keeper:
    """An open store, as whoever looks after it sees it.

    `watch` is called with (done, total) every 50 ms while the work runs; what it raises ends the work.
    """

    def __new__(cls, store: Store) -> Keeper: ...
    def verify(self, watch: Callable[[int, int], Any] | None = None) -> dict[str, Any]:
        """`faults`, one line each, `counts` of what was looked at, and the numbers of `damaged_pages`."""
    def repair(self, watch: Callable[[int, int], Any] | None = None) -> tuple[list[tuple[str, str]], Any]:
        """Makes the store anew from what can be read of it: (what, why) of what was set aside, and the path of the
        damaged file where it was kept."""
    def readers(self) -> list[tuple[int, int]]:
        """(process, transactions behind) of the readers of all processes, the oldest first."""
    def quarantined(self) -> list[dict[str, Any]]:
        """What repairs have set aside: what, why, at (µs), table, key, value, parts (name, bytes)."""
    def copy_into(self, target: str, offset: int, watch: Callable[[int, int], Any] | None = None) -> dict[str, Any]:
        """Writes a compact copy into a file that is there: length, commit (µs), uuid, schema, generation."""
    def publish(self, target: str, overwrite: bool, watch: Callable[[int, int], Any] | None = None) -> dict[str, Any]:
        """Writes one consistent state into a sealed file: length, digest, published_at (µs)."""
    def adopt(self, path: str) -> None:
        """Puts a store that nobody has open, in the same folder, in the place of this one."""
    def last_blob(self) -> int:
        """The last number that was given to a blob."""
    def skip_blobs(self, last: int) -> None:
        """Gives out numbers of blobs above this one only."""
    def standing(self) -> tuple[str, int, int, int, int]:
        """UUID, schema, last commit (µs), last removal (µs), generation."""
    def versions_after(
        self, after: int | None, until: int, start: bytes | None, limit: int
    ) -> tuple[list[Stored], bytes | None]:
        """Versions in the order of their commits, and where to go on."""
    def touched(self, after: int | None, until: int) -> tuple[list[str], list[str]]:
        """Ids of models and analyses that were stored, changed or deleted."""
    def import_items(self, items: Sequence[tuple[str, Any]], *, fresh: bool) -> list[bool]:
        """One transaction; whether each was new. Kinds: model, version, analysis, no model, no analysis."""
    def plan(self, target: int) -> list[dict[str, Any]]:
        """from, to, description, cost, loses."""
    def moves(self) -> list[dict[str, Any]]:
        """from, to, at (µs), by, program."""
    def migrate(self, target: int, *, allow_loss: bool, by: str) -> list[dict[str, Any]]:
        """Moves to a schema, step by step; the steps, as `moves` gives them."""

LATEST_SCHEMA: int
"""The schema that this program writes."""

def pack(record: Mapping[str, Any]) -> bytes:
    """A dict of plain values as msgpack."""

def unpack(data: bytes) -> list[dict[str, Any]]:
    """Msgpack maps, one after the other."""

def stored_from(record: Mapping[str, Any], parts: Sequence[tuple[str, str, bytes]]) -> Stored:
    """A version from its columns and the bytes of its parts (kind, name, bytes)."""

def digest(data: bytes) -> str:
    """XXH3-128 as 32 hexadecimal digits."""

def digest_file(path: str, start: int, stop: int, watch: Callable[[int, int], Any] | None = None) -> str:
    """The same of a part of a file."""

def extract_file(path: str, start: int, stop: int, target: str, watch: Callable[[int, int], Any] | None = None) -> None:
    """Writes a part of a file into a new one, and syncs it."""

def look_into(path: str, watch: Callable[[int, int], Any] | None = None) -> dict[str, Any] | None:
    """What its pages say: `faults`, one line each, the numbers of `damaged_pages`, how many `pages` and `free_pages` of
    `page_size` bytes. None where others write it too fast to tell. LMDB is not asked."""

def network_file_system(path: str) -> str | None:
    """The kind of file system that a path lies on, where other hosts share it; else None."""

def salvage(source: str, target: str, watch: Callable[[int, int], Any] | None = None) -> dict[str, Any]:
    """Writes what can be read of `source` into a new file: counts of what was `saved`, (what, why) of what was `lost`,
    `faults` and `damaged_pages` as in `look_into`, and how many `stray_pages`, which no tree leads to, held entries."""

def before_fork() -> None: ...
def after_fork_in_child() -> None: ...
def after_fork_in_parent() -> None: ...
