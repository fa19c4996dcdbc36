"""The stores that are compared, each behind the same few verbs.

::

    peer = Sqlite(folder)           in a process of its own
    peer.load(peer.prepare(rs))     all records, on the disk when it returns
    peer.open()                     again, to read
    peer.get(id)                    coordinates (n, 3) float32, sequence, B-factors (n,) float32
    peer.head(id)                   sequence, metadata
    peer.scan()                     the coordinates of all, one after the other
    peer.close()

`prepare` is not timed. A peer's library is imported when the peer is used; one that is absent leaves its row out.
They do not all do the same work, and each docstring tells what its store does: of all only ours indexes what stands
within a sequence; SQLite has ordinary indexes; RocksDB checks its blocks and gzip its files; py-lmdb does neither.
"""

import gzip
import os
import pickle
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from records import Columns, Record

from proteusdb import DatabaseManager, Structure

Read = tuple[npt.NDArray[np.float32], str, npt.NDArray[np.float32]]
Head = tuple[str, dict[str, Any]]


class Peer:
    """What all have in common."""

    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    variable: ClassVar[str | None] = None
    """The variable of the environment that says where its server is."""
    error: ClassVar[float] = 0.0
    """How far, in Å, coordinates may be from those given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "store"

    def prepare(self, records: list[Record]) -> Any:
        """What `load` is given."""
        return records

    def compact(self) -> object:
        """Make the files as small as the peer can; nothing where it has no such step."""
        return None

    def size(self) -> int | None:
        """Bytes on the disk, where they are not in the folder."""
        return None

    def forget(self) -> object:
        """Remove what is not in the folder."""
        return None


class Proteus(Peer):
    """Ours as it comes: every index, every checksum, synced. No decoded structure is remembered."""

    title = "proteusdb"
    compression: ClassVar[str | bool] = True

    def prepare(self, records: list[Record]) -> list[dict[str, Any]]:
        names = ("sequence", "metadata", "created_at")
        return [
            {"prediction_id": r.id, "structure": Structure.from_arrays(**r.columns)} | {n: getattr(r, n) for n in names}
            for r in records
        ]

    def open(self) -> None:
        self.db = DatabaseManager(database_path=self.path, compression=self.compression, cache_size=0)

    def load(self, prepared: list[dict[str, Any]]) -> None:
        self.open()
        self.db.store_predictions(prepared)

    def compact(self) -> None:
        self.db.compact()

    def get(self, name: str) -> Read:
        found = self.db.get_prediction(name)
        structure = found.structure
        return structure.coords, found.sequence, structure.b_factor

    def head(self, name: str) -> Head:
        found = self.db.get_prediction(name)
        return found.sequence, found.metadata

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        return (found.structure.coords for found in self.db.iter_predictions(workers=1))

    def close(self) -> None:
        self.db.close()


class ProteusSmall(Proteus):
    """Ours with the profile for archives."""

    title = 'proteusdb, `compression="small"`'
    compression = "small"


class ProteusPlain(Proteus):
    """Ours with columns as they are."""

    title = "proteusdb, `compression=False`"
    compression = False


class Lmdb(Peer):
    """One file of pickled columns, headers apart; one transaction, synced. A pickle must never come from a stranger."""

    title = "py-lmdb, pickles"
    needs = ("lmdb", "msgpack")

    def open(self) -> None:
        import lmdb

        self.env = lmdb.open(str(self.path), subdir=False, map_size=1 << 36)

    def load(self, records: list[Record]) -> None:
        import msgpack

        self.open()
        with self.env.begin(write=True) as txn:
            for r in sorted(records, key=lambda r: r.id):
                txn.put(b"h" + r.id.encode(), msgpack.packb((r.sequence, r.metadata, r.created_at.timestamp())))
                txn.put(b"s" + r.id.encode(), self.packed(r.columns))

    def get(self, name: str) -> Read:
        import msgpack

        with self.env.begin(buffers=True) as txn:
            columns = self.unpacked(txn.get(b"s" + name.encode()))
            sequence = msgpack.unpackb(txn.get(b"h" + name.encode()))[0]
        return columns["coords"], sequence, columns["b_factor"]

    def head(self, name: str) -> Head:
        import msgpack

        with self.env.begin() as txn:
            sequence, metadata, _ = msgpack.unpackb(txn.get(b"h" + name.encode()))
        return sequence, metadata

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        with self.env.begin(buffers=True) as txn, txn.cursor() as cursor:
            if cursor.set_range(b"s"):
                for value in cursor.iternext(keys=False):
                    yield self.unpacked(value)["coords"]

    def close(self) -> None:
        self.env.close()

    def packed(self, columns: Columns) -> bytes:
        return pickle.dumps(columns, protocol=5)

    def unpacked(self, value: Any) -> Columns:
        return pickle.loads(value)  # type: ignore[no-any-return]


def packed_columns(columns: Columns) -> bytes:
    """Columns as msgpack of (dtype, shape, bytes), behind zstd at level 3."""
    import msgpack
    import zstandard

    plain = {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in columns.items()}
    return zstandard.ZstdCompressor(level=3).compress(msgpack.packb(plain))


def unpacked_columns(value: Any) -> Columns:
    """What `packed_columns` packed: views of one buffer."""
    import msgpack
    import zstandard

    plain = msgpack.unpackb(zstandard.ZstdDecompressor().decompress(value))
    return {name: np.frombuffer(data, dtype).reshape(shape) for name, (dtype, shape, data) in plain.items()}


class LmdbZstd(Lmdb):
    """The same with msgpack and zstd-3 in place of pickles: what is written with care in an afternoon."""

    title = "py-lmdb, msgpack and zstd-3"
    needs = ("lmdb", "msgpack", "zstandard")

    def packed(self, columns: Columns) -> bytes:
        return packed_columns(columns)

    def unpacked(self, value: Any) -> Columns:
        return unpacked_columns(value)


class LmdbRaw(Lmdb):
    """The floor under anything on LMDB: coordinates and B-factors alone, as they are in memory."""

    title = "LMDB, two bare columns (the floor)"

    def packed(self, columns: Columns) -> bytes:
        return columns["coords"].tobytes() + columns["b_factor"].tobytes()

    def unpacked(self, value: Any) -> Columns:
        numbers = np.frombuffer(bytes(value), np.float32)
        atoms = len(numbers) // 4
        return {"coords": numbers[: 3 * atoms].reshape(atoms, 3), "b_factor": numbers[3 * atoms :]}


class Sqlite(Peer):
    """A table with an index each on sequence, confidence and (model, date); columns as msgpack and zstd-3."""

    title = "SQLite, msgpack and zstd-3"
    needs = ("msgpack", "zstandard")

    def open(self) -> None:
        self.db = sqlite3.connect(self.path)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")

    def load(self, records: list[Record]) -> None:
        import msgpack

        self.open()
        self.db.execute(
            "CREATE TABLE p (id TEXT PRIMARY KEY, sequence TEXT, model TEXT, created REAL, confidence REAL, "
            "metadata BLOB, structure BLOB)"
        )
        for columns in ("sequence", "confidence, id", "model, created"):
            self.db.execute(f"CREATE INDEX by_{columns.split(',')[0]} ON p ({columns})")
        rows = (
            (r.id, r.sequence, r.metadata["model"], r.created_at.timestamp(), r.metadata["confidence"], *blobs)
            for r in records
            for blobs in [(msgpack.packb(r.metadata), packed_columns(r.columns))]
        )
        with self.db:
            self.db.executemany("INSERT INTO p VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def compact(self) -> None:
        self.db.execute("VACUUM")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def get(self, name: str) -> Read:
        sequence, value = self.db.execute("SELECT sequence, structure FROM p WHERE id = ?", (name,)).fetchone()
        columns = unpacked_columns(value)
        return columns["coords"], sequence, columns["b_factor"]

    def head(self, name: str) -> Head:
        import msgpack

        sequence, value = self.db.execute("SELECT sequence, metadata FROM p WHERE id = ?", (name,)).fetchone()
        return sequence, msgpack.unpackb(value)

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        return (unpacked_columns(value)["coords"] for (value,) in self.db.execute("SELECT structure FROM p"))

    def close(self) -> None:
        self.db.close()


class Rocks(Peer):
    """RocksDB with its defaults; columns as msgpack and zstd-3; flushed to disk at the end of the load."""

    title = "RocksDB, msgpack and zstd-3"
    needs = ("rocksdict", "msgpack", "zstandard")

    def open(self) -> None:
        import rocksdict

        self.db = rocksdict.Rdict(str(self.path), rocksdict.Options(raw_mode=True))

    def load(self, records: list[Record]) -> None:
        import msgpack

        self.open()
        for r in records:
            self.db[b"h" + r.id.encode()] = msgpack.packb((r.sequence, r.metadata, r.created_at.timestamp()))
            self.db[b"s" + r.id.encode()] = packed_columns(r.columns)
        self.db.flush()

    def compact(self) -> None:
        self.db.compact_range(None, None)

    def get(self, name: str) -> Read:
        columns = unpacked_columns(self.db[b"s" + name.encode()])
        return columns["coords"], self.head(name)[0], columns["b_factor"]

    def head(self, name: str) -> Head:
        import msgpack

        sequence, metadata, _ = msgpack.unpackb(self.db[b"h" + name.encode()])
        return sequence, metadata

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        return (unpacked_columns(value)["coords"] for key, value in self.db.items(from_key=b"s"))

    def close(self) -> None:
        self.db.close()


class Folder(Peer):
    """A .pdb.gz a prediction, parsed by our parser at every read; not synced. Metadata is not kept, nor found."""

    title = "folder of .pdb.gz"

    def prepare(self, records: list[Record]) -> dict[str, bytes]:
        return {r.id: Structure.from_arrays(**r.columns).to_pdb().encode() for r in records}

    def open(self) -> None:
        self.path.mkdir(exist_ok=True)

    def load(self, texts: dict[str, bytes]) -> None:
        self.open()
        for name, text in texts.items():
            (self.path / f"{name}.pdb.gz").write_bytes(gzip.compress(text, 6))

    def get(self, name: str) -> Read:
        structure = Structure.from_file(self.path / f"{name}.pdb.gz")
        return structure.coords, structure.sequence, structure.b_factor

    def head(self, name: str) -> Head:
        return self.get(name)[1], {}

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        return (Structure.from_file(entry.path).coords for entry in os.scandir(self.path))

    def close(self) -> None:
        pass
