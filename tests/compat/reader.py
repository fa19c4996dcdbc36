"""A second reader of the file format, written from FORMAT.md with py-lmdb, msgpack, xxhash and zstandard.

It shares no line with the Rust core: where the two agree, the document is right. It checks every seal it opens, is
slow, writes nothing, and must run while no other process has the file open.

::

    with open_store(path) as store:
        store.ids()                     {prediction id: row}
        store.header(row, version)      a dict of columns
        store.part(part)                numpy array, bytes, or columns of a structure
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb
import msgpack
import numpy as np
import xxhash
import zstandard
from numpy.typing import NDArray

TABLES = (
    "meta ids headers blobs segments dead loose sequences sequence_hashes sequence_prefixes rows_by_sequence "
    "by_created by_model by_confidence by_length by_job models model_ids analyses analyses_by_row user_indexes"
).split()
_KINDS = {1: "protein", 2: "rna", 3: "dna"}
_PARTS = ("structure", "array", "original")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Bytes:
    """Reads fields from bytes, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        assert len(piece) == count, "cut short"
        self.at += count
        return piece

    def unpack(self, layout: str) -> Any:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.unpack("B")
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def blob(self) -> bytes:
        return self.take(self.varint())

    def text(self) -> str:
        return self.blob().decode()

    def section(self) -> Bytes:
        method, length, stored = self.unpack("B"), self.varint(), self.blob()
        raw = zstandard.ZstdDecompressor().decompress(stored, max_output_size=length) if method else stored
        assert len(raw) == length
        return Bytes(raw)

    def integers(self, count: int, stride: int = 0) -> NDArray[np.int64]:
        width = self.unpack("B")
        if width == 255:
            return np.full(count, _unzigzag(np.uint64(self.varint())))
        planes = [np.frombuffer(self.take(count), np.uint8).astype(np.uint64) for _ in range(width)]
        value = np.zeros(count, np.uint64)
        for plane in planes:
            value = value << np.uint64(8) | plane
        differences = np.asarray(_unzigzag(value))
        if not stride:
            return differences
        column = differences.copy()
        for first in range(stride):
            column[first::stride] = np.cumsum(differences[first::stride])
        return column

    def texts(self, count: int) -> list[str]:
        values = [self.text() for _ in range(self.varint())]
        return [values[index] for index in self.integers(count)]

    def reals(self, count: int, stride: int) -> NDArray[np.float32]:
        decimals = self.unpack("B")
        if decimals == 255:
            planes = [np.frombuffer(self.take(count), np.uint8).astype(np.uint32) for _ in range(4)]
            bits = planes[0] << 24 | planes[1] << 16 | planes[2] << 8 | planes[3]
            return bits.view(np.float32)
        return (self.integers(count, stride) / 10.0**decimals).astype(np.float32)


class Store:
    """The tables of one file."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.tables = {name: environment.open_db(name.encode(), create=False) for name in TABLES}

    def entries(self, table: str) -> Iterator[tuple[bytes, bytes]]:
        with self.environment.begin() as transaction:
            yield from list(transaction.cursor(self.tables[table]))

    def get(self, table: str, key: bytes) -> bytes | None:
        with self.environment.begin() as transaction:
            found: bytes | None = transaction.get(key, db=self.tables[table])
            return found

    def open(self, table: str, key: bytes) -> Bytes:
        value = self.get(table, key)
        assert value is not None, f"{table} {key!r} is absent"
        return Bytes(unseal(table, key, value))

    def ids(self) -> dict[str, int]:
        return {key.decode(): Bytes(unseal("ids", key, value)).unpack("Q") for key, value in self.entries("ids")}

    def versions(self, row: int) -> list[int]:
        keys = (struct.unpack(">QI", key) for key, _ in self.entries("headers"))
        return [version for other, version in keys if other == row]

    def sequence(self, number: int) -> str:
        return self.open("sequences", struct.pack(">Q", number)).data.decode()

    def header(self, row: int, version: int) -> dict[str, Any]:
        data = self.open("headers", struct.pack(">QI", row, version))
        flags, model, length = data.unpack("H"), data.unpack("I"), data.unpack("I")
        header: dict[str, Any] = {"deleted": bool(flags & 1), "model": model, "length": length}
        header["sequence"] = self.sequence(data.unpack("Q"))
        header["created_at"], header["updated_at"] = data.unpack("q"), data.unpack("q")
        for bit, name in ((2, "seed"), (4, "sample"), (8, "rank")):
            header[name] = data.unpack("q") if flags & bit else [data.unpack("q"), None][1]
        for bit, name in ((16, "confidence"), (32, "mean_plddt"), (64, "ranking_score")):
            header[name] = data.unpack("d") if flags & bit else [data.unpack("d"), None][1]
        header["prediction_id"] = data.text()
        job = data.text()
        header["job"] = job if flags & 128 else None
        header["chain_types"] = [_KINDS[kind] for kind in data.blob()]
        header["metadata"] = metadata(data.blob())
        header["parts"] = [
            {"kind": _PARTS[data.unpack("B")], "name": data.text(), "size": data.varint(), "blob": data.varint()}
            for _ in range(data.varint())
        ]
        assert data.at == len(data.data), "bytes left over"
        return header

    def blob(self, number: int) -> bytes:
        place = self.open("blobs", struct.pack(">Q", number))
        segment, offset, length, references = (place.varint() for _ in range(4))
        checksum = place.unpack("Q")
        assert references > 0
        table, key = ("segments", segment) if segment else ("loose", number)
        value = self.get(table, struct.pack(">Q", key))
        assert value is not None
        found = value[offset : offset + length]
        assert checksum == xxhash.xxh3_64_intdigest(found, seed=number), f"blob {number}"
        return found

    def part(self, part: dict[str, Any]) -> Any:
        data = self.blob(part["blob"])
        assert len(data) == part["size"]
        codec, version, checksum, body = data[0], data[1], struct.unpack("<Q", data[2:10])[0], data[10:]
        assert version == 1
        assert checksum == xxhash.xxh3_64_intdigest(data[:2] + body)
        return {1: structure, 2: array, 3: lambda reader: reader.data}[codec](Bytes(body))


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """The file, open to read; close every other handle on it before."""
    environment = lmdb.open(str(path), subdir=False, readonly=True, lock=False, max_dbs=64)
    try:
        yield Store(environment)
    finally:
        environment.close()


def unseal(table: str, key: bytes, value: bytes) -> bytes:
    """The payload of a sealed value."""
    layout, checksum, payload = value[:1], struct.unpack("<Q", value[1:9])[0], value[9:]
    assert layout == b"\1"
    assert checksum == xxhash.xxh3_64_intdigest(table.encode() + b"\0" + key + layout + payload), f"{table} {key!r}"
    return payload


def metadata(data: bytes) -> dict[str, Any]:
    """A msgpack map; datetimes are the standard extension, arrays extension 1."""

    def extension(code: int, inner: bytes) -> Any:
        assert code == 1
        dtype, shape, elements = msgpack.unpackb(inner)
        return np.frombuffer(elements, "<" + dtype).reshape(shape)

    tree: dict[str, Any] = msgpack.unpackb(data, timestamp=3, ext_hook=extension)
    return tree


def array(data: Bytes) -> NDArray[Any]:
    """An array blob."""
    dtype = np.dtype("<" + data.text())
    shape = [data.varint() for _ in range(data.varint())]
    planes = np.frombuffer(data.section().data, np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(planes.T).reshape(-1).view(dtype).reshape(shape)


def structure(data: Bytes) -> dict[str, Any]:
    """A structure blob: the first model's columns per atom."""
    head = data.section()
    scale, _, _, title = head.unpack("B"), head.unpack("B"), head.text(), head.text()
    for _ in range(head.varint()):
        head.text(), head.text()
    topologies = head.varint()
    models = [(head.varint(), head.varint()) for _ in range(head.varint())]
    shapes = [_topology(data.section()) for _ in range(topologies)]
    atoms = shapes[models[0][1]]
    n = len(atoms["atom_name"])
    coords = data.section().reals(3 * n, 3).reshape(n, 3)
    numbers = {"coords": coords, "b_factor": data.section().reals(n, 1), "occupancy": data.section().reals(n, 1)}
    return {**atoms, **numbers, "title": title, "plddt_scale": scale, "n_models": len(models)}


def _topology(data: Bytes) -> dict[str, Any]:
    n = data.varint()
    residues: dict[str, Any] = {
        name: data.texts(n) for name in ("residue_name", "chain_id", "segment_id", "label_asym_id", "label_entity_id")
    }
    residues.update({name: data.integers(n, 1) for name in ("residue_number", "label_seq_id")})
    residues.update({name: data.integers(n) for name in ("insertion_code", "kind", "ends", "shape")})
    counts = data.integers(data.varint())
    total = int(counts.sum())
    names = data.texts(total)
    columns = {name: data.integers(total) for name in ("element", "altloc", "hetero", "charge")}
    starts = np.r_[0, np.cumsum(counts)]
    residue = np.repeat(np.arange(n), counts[residues["shape"]])
    row = np.concatenate([np.arange(starts[shape], starts[shape + 1]) for shape in residues["shape"]])
    per_atom = {name: [values[index] for index in residue] for name, values in residues.items() if name != "shape"}
    return {**per_atom, "atom_name": [names[i] for i in row], **{name: c[row] for name, c in columns.items()}}


def _unzigzag(value: Any) -> Any:
    return (value >> np.uint64(1)).astype(np.int64) ^ -(value & np.uint64(1)).astype(np.int64)
