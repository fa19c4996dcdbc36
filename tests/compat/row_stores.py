"""Stores of back ends that keep rows, as an earlier version of their tables left them, in files.

::

    sqlite-1.zst        the file of an SQLite store
    postgresql-1.zst    what `pg_dump` says of the schema `proteusdb`
    mongodb-1.zst       every document of every collection, one JSON text a line

Each holds what `fixture.fill` stores. `python tests/compat/row_stores.py` writes those of the tables that the installed
package makes; a file of earlier tables is frozen.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import zstandard

from backends.engines import mongodb_server, postgresql_server
from compat.fixture import FOLDER, fill
from proteusdb import DatabaseManager
from services.postgresql import PostgreSQL

__all__ = ["ENGINES", "put", "unpacked"]


def unpacked(engine: str, schema: int) -> bytes:
    """The contents of a file."""
    with (FOLDER / f"{engine}-{schema}.zst").open("rb") as file:
        return bytes(zstandard.ZstdDecompressor().stream_reader(file).read())


def put(engine: str, data: bytes, folder: Path, name: str) -> str:
    """Makes a store of such a file; its URL.

    Parameters
    ----------
    engine : {"sqlite", "postgresql", "mongodb"}
        The back end.
    data : bytes
        What `unpacked` gave.
    folder : path
        Where a file goes.
    name : str
        Of a database that is not there yet.
    """
    return ENGINES[engine](data, folder, name)


def _put_sqlite(data: bytes, folder: Path, name: str) -> str:
    (folder / name).write_bytes(data)
    return f"sqlite://{folder / name}"


def _put_postgresql(data: bytes, folder: Path, name: str) -> str:
    import psycopg

    url = postgresql_server().create(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        # A dump of a schema leaves out the extension, which this puts elsewhere.
        for statement in _statements(data.decode().replace("proteusdb.gin_trgm_ops", "public.gin_trgm_ops")):
            _run(connection, statement)
    return url


def _statements(dump: str) -> list[tuple[str, list[str]]]:
    """The statements of a dump, and the lines that follow those which copy rows in."""
    found: list[tuple[str, list[str]]] = []
    text, rows, copying = "", [], False
    for line in dump.splitlines():
        if copying:
            if line == "\\.":
                found.append((text, rows))
                text, rows, copying = "", [], False
            else:
                rows.append(line)
            continue
        if line.startswith(("--", "\\")) or not (line or text):
            continue
        text += line + "\n"
        if line.startswith("COPY ") and line.endswith("FROM stdin;"):
            rows, copying = [], True
        elif line.endswith(";"):
            found.append((text, []))
            text = ""
    return found


def _run(connection: Any, statement: tuple[str, list[str]]) -> None:
    text, rows = statement
    if not text.startswith("COPY "):
        connection.execute(text)
        return
    with connection.cursor().copy(text) as copy:
        for row in rows:
            copy.write(row + "\n")


def _put_mongodb(data: bytes, folder: Path, name: str) -> str:
    import pymongo
    from bson import json_util

    with pymongo.MongoClient(mongodb_server().url) as client:
        for line in data.decode().splitlines():
            collection, _, document = line.partition(" ")
            client[name][collection].insert_one(json_util.loads(document))
    return f"{mongodb_server().url}/{name}"


ENGINES: dict[str, Callable[[bytes, Path, str], str]] = {
    "sqlite": _put_sqlite,
    "postgresql": _put_postgresql,
    "mongodb": _put_mongodb,
}
"""How a store of each back end is made of its file."""


def _write_sqlite(folder: Path) -> bytes:
    path = folder / "proteus.db"
    fill(partial(DatabaseManager, "sqlite", path))
    with DatabaseManager("sqlite", path) as db:
        db.compact()
    return path.read_bytes()


def _write_postgresql(folder: Path) -> bytes:
    with PostgreSQL() as server:
        url = server.create("fixture")
        fill(partial(DatabaseManager.from_url, url))
        program = server._programs / "pg_dump"
        dump = [program, "--schema=proteusdb", "--no-owner", "--no-privileges", "--dbname", url]
        return subprocess.run(dump, check=True, capture_output=True).stdout


def _write_mongodb(folder: Path) -> bytes:
    import pymongo
    from bson import json_util

    fill(partial(DatabaseManager.from_url, f"{mongodb_server().url}/fixture"))
    with pymongo.MongoClient(mongodb_server().url) as client:
        database = client["fixture"]
        lines = [
            f"{name} {json_util.dumps(document, json_options=json_util.CANONICAL_JSON_OPTIONS)}"
            for name in sorted(database.list_collection_names())
            for document in database[name].find()
        ]
    return ("\n".join(lines) + "\n").encode()


def write(schema: int) -> None:
    """Writes the file of each back end."""
    for engine, make in (("sqlite", _write_sqlite), ("postgresql", _write_postgresql), ("mongodb", _write_mongodb)):
        with tempfile.TemporaryDirectory() as folder:
            packed = zstandard.ZstdCompressor(level=19).compress(make(Path(folder)))
        (FOLDER / f"{engine}-{schema}.zst").write_bytes(packed)


if __name__ == "__main__":
    from proteusdb.backends.shared.upgrades import LATEST

    write(LATEST)
