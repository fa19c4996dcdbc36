"""The compiled core: what must be one truth on every back end, and the embedded store.

Everything here is called by the package, not by users. Blocking calls release the GIL; errors are those of
`proteusdb.errors`. Times are int64 microseconds since 1970-01-01T00:00:00Z.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from .errors import ProteusError

__all__ = [
    "Operation",
    "Settings",
    "Store",
    "Stored",
    "Structure",
    "__version__",
    "after_fork_in_child",
    "after_fork_in_parent",
    "before_fork",
    "check_sequence",
    "decode_array",
    "decode_original",
    "decode_structure",
    "decompress",
    "encode_structure",
    "fresh_id",
    "now",
    "parse_criteria",
    "prepare",
    "sniff",
]

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

def sniff(data: bytes) -> Literal["pdb", "mmcif", "bcif"] | None:
    """The format of plain bytes, by content."""

@final
class Settings:
    """How records are encoded."""

    def __new__(cls, *, compression: str, precision: float | None, pae_precision: float | None) -> Settings: ...

@final
class Operation:
    """One validated, encoded step of a transaction. Pickle-free, immutable, reusable."""

    kind: Literal[
        "store", "update", "delete", "store_model", "update_model", "delete_model", "store_analysis", "delete_analysis"
    ]
    target: str
    """The prediction's, model's or analysis' id ("" for store_model)."""
    size: int
    """Bytes it brings."""
    model: str | None
    """`store`: the model's id or name as given."""
    on_conflict: Literal["error", "skip", "replace"]
    """`store` only."""
    expected_version: int | None
    """`update` only."""
    cascade: bool
    purge: bool
    prediction: Stored | None
    """`store`: what is to be written, version 0."""
    arguments: dict[str, Any]
    """Model and analysis operations: name, version, configuration / prediction_id, results, parameters, created_at."""

    @staticmethod
    def update(
        prediction_id: str, changes: Mapping[str, Any], *, expected_version: int | None, settings: Settings
    ) -> Operation:
        """`changes`: the record's names; `structure` is a `Structure` or None."""
    @staticmethod
    def delete(prediction_id: str, *, cascade: bool, purge: bool) -> Operation: ...
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
    metadata: dict[str, Any]
    """A new dict at every access."""
    parts: list[tuple[Literal["structure", "array", "original"], str, int]]
    """(kind, name, encoded bytes) in order: structure, arrays by name, originals by name."""

    def fresh(self, kind: str, name: str) -> bytes | None:
        """The part's bytes where they are still in memory."""
    def with_version(self, version: int, *, updated_at: int, created_at: int, model_id: str | None) -> Stored:
        """The same content as a written version; for back ends that live in Python. `created_at` counts where the
        record came without one."""
    def tombstone(self, *, updated_at: int) -> Stored:
        """The version that says this prediction was deleted."""

def prepare(drafts: Sequence[Mapping[str, Any]], settings: Settings, workers: int) -> list[Operation | ProteusError]:
    """Parses, validates and encodes drafts on `workers` threads; one `store` operation or its error for each.

    A draft holds `prediction_id, sequence, structure (Structure | None), file (bytes to read as structure | None),
    file_name, format, plddt_scale, originals (dict of name -> bytes), metadata, model, job, seed, sample, rank,
    arrays (dict of name -> ndarray), created_at (µs), on_conflict, check_sequence`; missing keys are None.
    With `file`, the bytes are also kept as the original `file_name`.
    """

def decode_structure(data: bytes) -> Structure: ...
def encode_structure(structure: Structure) -> bytes:
    """What `decode_structure` gives back; how a structure is pickled."""

def decode_array(data: bytes) -> _StoredArray: ...
def decode_original(data: bytes, structure: bytes | None) -> bytes:
    """`structure` is the structure blob of the same version, from which the file may have been predicted."""

def check_sequence(sequence: str) -> str:
    """Upper case, or ValidationError with the place of the first wrong letter."""

def parse_criteria(criteria: Mapping[str, Any]) -> None:
    """QueryError where the criteria are wrong; for back ends that live in Python."""

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
    ) -> Store: ...
    path: str
    def close(self) -> None: ...
    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[tuple[str, str, int] | ProteusError]:
        """One transaction. Each outcome is ("written" | "skipped", prediction_id, version), ("deleted", "", 0) or
        ("id", model or analysis id, 0). With `each_alone` a failed operation is its error in the list and the others
        commit; otherwise the first failure is raised and nothing is written."""
    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None: ...
    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]: ...
    def history(self, prediction_id: str) -> list[Stored]: ...
    def part(self, stored: Stored, kind: str, name: str) -> bytes: ...
    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]: ...
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
    def stats(self) -> dict[str, Any]: ...
    def check(self) -> list[str]:
        """Walks every table; one line a fault, empty where all holds."""

def before_fork() -> None: ...
def after_fork_in_child() -> None: ...
def after_fork_in_parent() -> None: ...
