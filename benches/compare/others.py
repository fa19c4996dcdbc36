"""Further stores behind the same verbs: tables of columns, a server, and the codec that is lossy.

::

    DuckDB, Lance     a file, a folder; structures as msgpack and zstd-3, an index on the id
    PostgreSQL        a server of yours: PROTEUSDB_BENCH_POSTGRESQL=postgresql://user@host/database
    foldcomp          a database of its files; coordinates come back within half an Å or so

The schema that PostgreSQL's rows are put in is made anew, and dropped in the end. Foldcomp keeps the backbone and one
B-factor a residue, and its metadata lie in a file beside it.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from peers import Head, Peer, Read, packed_columns, unpacked_columns
from records import Record

from proteusdb import Structure

SERVER = "PROTEUSDB_BENCH_POSTGRESQL"
SCHEMA = "proteusdb_bench"


def rows(records: list[Record]) -> Iterator[tuple[str, str, str, float, float, bytes, bytes]]:
    """Id, sequence, model, time, confidence, metadata, structure."""
    for r in records:
        told, metadata = r.created_at.timestamp(), json.dumps(r.metadata).encode()
        columns = packed_columns(r.columns)
        yield r.id, r.sequence, r.metadata["model"], told, r.metadata["confidence"], metadata, columns


class Duck(Peer):
    """DuckDB: a table with an index on the id; a transaction, and a checkpoint."""

    title = "DuckDB, msgpack and zstd-3"
    needs = ("duckdb", "msgpack", "zstandard", "pyarrow")

    def open(self) -> None:
        import duckdb

        self.db = duckdb.connect(str(self.path))

    def load(self, records: list[Record]) -> None:
        import pyarrow as pa

        self.open()
        names = ("id", "sequence", "model", "created", "confidence", "metadata", "structure")
        table = pa.table(dict(zip(names, map(list, zip(*rows(records), strict=True)), strict=True)))
        self.db.register("given", table)
        self.db.execute("CREATE TABLE p AS SELECT * FROM given")
        self.db.unregister("given")
        self.db.execute("CREATE UNIQUE INDEX by_id ON p (id)")
        self.db.execute("CHECKPOINT")

    def get(self, name: str) -> Read:
        sequence, value = self.db.execute("SELECT sequence, structure FROM p WHERE id = ?", [name]).fetchone()
        columns = unpacked_columns(value)
        return columns["coords"], sequence, columns["b_factor"]

    def head(self, name: str) -> Head:
        sequence, metadata = self.db.execute("SELECT sequence, metadata FROM p WHERE id = ?", [name]).fetchone()
        return sequence, json.loads(metadata)

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        self.db.execute("SELECT structure FROM p")
        while page := self.db.fetchmany(256):
            yield from (unpacked_columns(value)["coords"] for (value,) in page)

    def close(self) -> None:
        self.db.close()


class Lance(Peer):
    """Lance, the format below LanceDB: a table with scalar indexes; its files are synced when it is loaded."""

    title = "Lance, msgpack and zstd-3"
    needs = ("lance", "msgpack", "zstandard", "pyarrow")

    def open(self) -> None:
        import lance

        self.db = lance.dataset(str(self.path))

    def load(self, records: list[Record]) -> None:
        import lance
        import pyarrow as pa

        names = ("id", "sequence", "model", "created", "confidence", "metadata", "structure")
        table = pa.table(dict(zip(names, map(list, zip(*rows(records), strict=True)), strict=True)))
        made = lance.write_dataset(table, str(self.path))
        for column, kind in (("id", "BTREE"), ("sequence", "BTREE"), ("confidence", "BTREE"), ("model", "BITMAP")):
            made.create_scalar_index(column, kind)
        for path in self.path.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        self.open()

    def one(self, name: str, *columns: str) -> list[Any]:
        found = self.db.to_table(columns=list(columns), filter=f"id = '{name}'")
        return [found[column][0].as_py() for column in columns]

    def get(self, name: str) -> Read:
        sequence, value = self.one(name, "sequence", "structure")
        columns = unpacked_columns(value)
        return columns["coords"], sequence, columns["b_factor"]

    def head(self, name: str) -> Head:
        sequence, metadata = self.one(name, "sequence", "metadata")
        return sequence, json.loads(metadata)

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        for batch in self.db.to_batches(columns=["structure"], batch_size=256):
            yield from (unpacked_columns(value.as_buffer())["coords"] for value in batch.column(0))

    def close(self) -> None:
        del self.db


class Server(Peer):
    """PostgreSQL: a table with an index each on id, sequence, confidence and (model, date); one commit."""

    title = "PostgreSQL, msgpack and zstd-3"
    needs = ("psycopg", "msgpack", "zstandard")
    variable = SERVER

    def open(self) -> None:
        import psycopg

        self.db = psycopg.connect(os.environ[SERVER], autocommit=True, options=f"-c search_path={SCHEMA}")

    def load(self, records: list[Record]) -> None:
        self.folder.mkdir(exist_ok=True)
        self.open()
        self.db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        self.db.execute(f"CREATE SCHEMA {SCHEMA}")
        with self.db.transaction(), self.db.cursor() as cursor:
            cursor.execute(
                'CREATE TABLE p (id TEXT COLLATE "C" PRIMARY KEY, sequence TEXT COLLATE "C", model TEXT, '
                "created FLOAT8, confidence FLOAT8, metadata BYTEA, structure BYTEA)"
            )
            # What zstd packed, PostgreSQL would try to pack again.
            cursor.execute("ALTER TABLE p ALTER structure SET STORAGE EXTERNAL")
            for columns in ("sequence", "confidence, id", "model, created"):
                cursor.execute(f"CREATE INDEX ON p ({columns})")
            with cursor.copy("COPY p FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["text", "text", "text", "float8", "float8", "bytea", "bytea"])
                for row in rows(records):
                    copy.write_row(row)

    def compact(self) -> None:
        self.db.execute("VACUUM FULL p")

    def size(self) -> int:
        """What the server says of the table, its indexes and what lies beside it."""
        found = self.db.execute("SELECT pg_total_relation_size('p')").fetchone()
        return int(found[0]) if found else 0

    def get(self, name: str) -> Read:
        found = self.db.execute("SELECT sequence, structure FROM p WHERE id = %s", [name], binary=True).fetchone()
        sequence, value = found or ("", b"")
        columns = unpacked_columns(value)
        return columns["coords"], sequence, columns["b_factor"]

    def head(self, name: str) -> Head:
        found = self.db.execute("SELECT sequence, metadata FROM p WHERE id = %s", [name], binary=True).fetchone()
        sequence, metadata = found or ("", b"{}")
        return sequence, json.loads(metadata)

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        with self.db.transaction(), self.db.cursor("scan", binary=True) as cursor:
            cursor.itersize = 256
            cursor.execute("SELECT structure FROM p")
            for (value,) in cursor:
                yield unpacked_columns(value)["coords"]

    def close(self) -> None:
        self.db.close()

    def forget(self) -> None:
        self.open()
        self.db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        self.close()


class Foldcomp(Peer):
    """A database of foldcomp, and headers in a file of JSON lines that is read when it is opened. Lossy."""

    title = "foldcomp (lossy)"
    needs = ("foldcomp",)
    error: ClassVar[float] = 1.0

    def prepare(self, records: list[Record]) -> list[tuple[Record, str]]:
        return [(r, Structure.from_arrays(**r.columns).to_pdb()) for r in records]

    def load(self, prepared: list[tuple[Record, str]]) -> None:
        import foldcomp

        self.path.mkdir()
        at = 0
        index, lookup, heads = [], [], []
        with self.file("db").open("wb") as data:
            for number, (r, text) in enumerate(prepared):
                packed = foldcomp.compress(r.id, text) + b"\0"
                data.write(packed)
                index.append(f"{number}\t{at}\t{len(packed)}\n")
                lookup.append(f"{number}\t{r.id}\t0\n")
                heads.append(json.dumps([r.id, r.sequence, r.metadata]) + "\n")
                at += len(packed)
        for name, lines in (("db.index", index), ("db.lookup", lookup), ("heads", heads)):
            self.file(name).write_text("".join(lines))
        self.file("db.dbtype").write_bytes(bytes(4))
        for path in self.path.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        self.open()

    def file(self, name: str) -> Path:
        return self.path / name

    def open(self) -> None:
        import foldcomp

        with self.file("heads").open() as lines:
            heads = [json.loads(line) for line in lines]
        self.heads = {name: (sequence, metadata) for name, sequence, metadata in heads}
        self.numbers = {name: number for number, name in enumerate(self.heads)}
        self.db = foldcomp.open(str(self.file("db")), decompress=False)

    def found(self, number: int) -> dict[str, Any]:
        import foldcomp

        value = self.db[number]
        told: dict[str, Any] = foldcomp.get_data(value[1] if isinstance(value, tuple) else value)
        return told

    def get(self, name: str) -> Read:
        told = self.found(self.numbers[name])
        return np.array(told["coordinates"], np.float32), told["residues"], np.array(told["b_factors"], np.float32)

    def head(self, name: str) -> Head:
        return self.heads[name]

    def scan(self) -> Iterator[npt.NDArray[np.float32]]:
        return (np.array(self.found(number)["coordinates"], np.float32) for number in range(len(self.numbers)))

    def close(self) -> None:
        self.db.close()
