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
import uuid
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

from compat import originals
from compat.arrays import array

TABLES = (
    "meta ids headers blobs segments dead loose sequences kmers index models model_ids analyses analyses_by_row tags "
    "changes quarantine"
).split()
INDEXES = (
    "sequence_hashes sequence_prefixes rows_by_sequence by_created by_model by_confidence by_model_confidence "
    "by_length by_job user_indexes array_hashes"
).split()
_LETTERS = "?ABCDEFGHIJKLMNOPQRSTUVWXYZ:"
LATER = {"changes": 2, "quarantine": 3}
"""The schemas that brought a table; all others are of the first."""
_KINDS = {1: "protein", 2: "rna", 3: "dna"}
_PARTS = ("structure", "array", "original", "source", "reference")
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
        return column.astype(np.int32).astype(np.int64)

    def texts(self, count: int) -> list[str]:
        values = [self.text() for _ in range(self.varint())]
        return [values[index] for index in self.integers(count)]

    def numbers(self, count: int, stride: int) -> Numbers:
        decimals = self.unpack("B")
        if decimals == 255:
            planes = [np.frombuffer(self.take(count), np.uint8).astype(np.uint32) for _ in range(4)]
            bits = planes[0] << 24 | planes[1] << 16 | planes[2] << 8 | planes[3]
            return None, bits.view(np.float32)
        return decimals, self.integers(count, stride)


Numbers = tuple[int | None, NDArray[Any]]
"""Decimals and values times ten to that; None and float32."""


def reals(numbers: Numbers) -> NDArray[np.float32]:
    """A column as float32."""
    decimals, values = numbers
    return values if decimals is None else (values / 10.0**decimals).astype(np.float32)


class Store:
    """The tables of one file."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        with environment.begin() as transaction:
            there = {bytes(name).decode() for name, _ in transaction.cursor()}
        self.tables = {name: environment.open_db(name.encode(), create=False) for name in TABLES if name in there}

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

    def indexes(self) -> dict[int, str]:
        """Number to field of the declared indexes."""
        if self.get("meta", b"indexes") is None:
            return {}
        data = self.open("meta", b"indexes")
        last, count = data.varint(), data.varint()
        found = {data.varint(): data.text() for _ in range(count)}
        assert all(0 < number <= last for number in found)
        return found

    def indexed(self, number: int) -> list[tuple[Any, int]]:
        """(value, row) of the entries of an index, in order."""
        entries = []
        for key in self.index("user_indexes"):
            if key[:4] == struct.pack(">I", number):
                entries.append((index_value(key[4:-8]), struct.unpack(">Q", key[-8:])[0]))
        return entries

    def tags(self) -> dict[str, tuple[int, int]]:
        """Name to its moment, and when it was named."""
        readers = {key.decode(): Bytes(unseal("tags", key, value)) for key, value in self.entries("tags")}
        return {name: (reader.unpack("q"), reader.unpack("q")) for name, reader in readers.items()}

    def limits(self) -> tuple[int, int]:
        """The quota and from where on to warn; 0 for none."""
        data = self.open("meta", b"quota")
        return data.varint(), data.varint()

    def notes(self) -> dict[str, str]:
        """What is kept beside the predictions, by name."""
        found = {key: unseal("meta", key, value) for key, value in self.entries("meta") if key.startswith(b"note ")}
        return {key.removeprefix(b"note ").decode(): text.decode() for key, text in found.items()}

    def schema(self) -> dict[str, Any]:
        """Fields with their types, and those that are required."""
        return metadata(self.open("meta", b"schema").data)

    def growth(self) -> list[tuple[int, int, int, int]]:
        """Samples: time, bytes in use, predictions, versions."""
        data = self.open("meta", b"growth")
        samples = [(data.varint(), data.varint(), data.varint(), data.varint()) for _ in range(data.varint())]
        assert data.at == len(data.data), "bytes left over"
        return samples

    def at(self, prediction_id: str, moment: int) -> dict[str, Any] | None:
        """The header that was visible at a commit time."""
        row = self.ids()[prediction_id]
        past = [self.header(row, version) for version in self.versions(row)]
        past = [header for header in past if header["updated_at"] <= moment]
        return past[-1] if past and not past[-1]["deleted"] else None

    def versions(self, row: int) -> list[int]:
        keys = (struct.unpack(">QI", key) for key, _ in self.entries("headers"))
        return [version for other, version in keys if other == row]

    def sequences(self) -> dict[int, str]:
        """Every sequence by its number."""
        found = {}
        for first, block in self.blocks():
            found.update(enumerate(block, first))
        return found

    def blocks(self) -> list[tuple[int, list[str]]]:
        """(number of the first, sequences) of each block."""
        blocks = []
        for key, value in self.entries("sequences"):
            data = Bytes(unseal("sequences", key, value))
            lengths = [data.varint() for _ in range(data.varint())]
            blocks.append((struct.unpack(">Q", key)[0], [letters(data, length) for length in lengths]))
            assert data.at == len(data.data)
        return blocks

    def sequence(self, number: int) -> str:
        return self.sequences()[number]

    def index(self, name: str) -> list[bytes]:
        """The entries of an index, in order."""
        number, entries = INDEXES.index(name) + 1, list[bytes]()
        for key, value in self.entries("index"):
            if key[0] == number:
                leaf = _leaf(Bytes(unseal("index", key, value)))
                assert key[1:] <= leaf[0]
                assert not entries or entries[-1] < (key[1:] or b"\0")
                entries += leaf
        assert entries == sorted(set(entries))
        return entries

    def chunks(self) -> list[dict[str, Any]]:
        """The chunks of the index of residues: first sequence, blocks before, sequences of blocks, rows by run."""
        chunks = []
        for key, value in self.entries("kmers"):
            if key[8] == 255:
                data = Bytes(unseal("kmers", key, value))
                before, counts = data.varint(), [data.varint() for _ in range(data.varint())]
                chunks.append({"first": struct.unpack(">Q", key[:8])[0], "before": before, "counts": counts})
        for chunk in chunks:
            chunk["rows"] = [row for group in range(32) for row in self._rows(chunk, group)]
        return chunks

    def _rows(self, chunk: dict[str, Any], group: int) -> Iterator[bytes]:
        value = self.get("kmers", struct.pack(">QB", chunk["first"], group))
        assert value is not None
        data, width = Bytes(value), (2 * len(chunk["counts"]) + 7) // 8
        for run in range(250 * group, 250 * group + 250):
            row = data.take(width)
            seed = ((chunk["first"] << 13) + run) % 2**64
            assert data.unpack("I") == xxhash.xxh3_64_intdigest(row, seed=seed) % 2**32
            yield row
        assert data.at == len(value)

    def header(self, row: int, version: int) -> dict[str, Any]:
        data = self.open("headers", struct.pack(">QI", row, version))
        flags, model, length = data.unpack("H"), data.varint(), data.varint()
        header: dict[str, Any] = {
            "deleted": bool(flags & 1),
            "trace": bool(flags & 8192),
            "model": model,
            "length": length,
        }
        header["sequence"] = self.sequence(data.varint())
        header["created_at"] = data.unpack("q")
        header["updated_at"] = header["created_at"] + int(_unzigzag(np.uint64(data.varint())))
        for bit, name in ((2, "seed"), (4, "sample"), (8, "rank")):
            header[name] = int(_unzigzag(np.uint64(data.varint()))) if flags & bit else None
        for bit, name in ((16, "confidence"), (32, "mean_plddt"), (64, "ranking_score")):
            header[name] = data.unpack("d") if flags & bit else None
        header["prediction_id"] = str(uuid.UUID(bytes=data.take(16))) if flags & 256 else data.text()
        header["job"] = data.text() if flags & 128 else None
        header["chain_types"] = [_KINDS[kind] for kind in data.blob()] if flags & 512 else ["protein"]
        place = data.varint() if flags & 4096 else None
        items = list(metadata(data.blob()).items()) if flags & 1024 else []
        if place is not None:
            items.insert(place, ("confidence", header["confidence"]))
        header["metadata"] = dict(items)
        header["parts"] = parts = list[dict[str, Any]]()
        for _ in range(data.varint() if flags & 2048 else 0):
            kind = _PARTS[data.unpack("B")]
            if kind == "source":
                name = f"{parts[data.varint()]['name']}#{data.varint()}"
            elif kind == "reference":
                coded = parts[data.varint()]
                name = f"{coded['kind']} {coded['name']}"
            else:
                name = data.text()
            parts.append({"kind": kind, "name": name, "size": data.varint(), "blob": data.varint()})
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

    def array(self, header: dict[str, Any], kind: str, name: str) -> Any:
        """An array or source of a version, coded beside another one or not."""
        parts = {(part["kind"], part["name"]): part for part in header["parts"]}
        other = parts.get(("reference", f"{kind} {name}"))
        return self.part(parts[kind, name], None if other is None else self.blob(other["blob"]))

    def part(self, part: dict[str, Any], beside: bytes | None = None) -> Any:
        data = self.blob(part["blob"])
        assert len(data) == part["size"]
        codec, version, checksum, body = data[0], data[1], struct.unpack("<Q", data[2:10])[0], data[10:]
        assert version == {1: 1, 2: 2, 3: 1}[codec], (
            "a modelled structure, which needs the codec's tables: write it with compression=False"
        )
        assert checksum == xxhash.xxh3_64_intdigest(data[:2] + body)
        return {1: structure, 2: lambda reader: array(reader.data, beside), 3: _original}[codec](Bytes(body))

    def original(self, header: dict[str, Any], name: str) -> bytes:
        """A file's own bytes, by methods 0 to 2."""
        parts = {(part["kind"], part["name"]): part for part in header["parts"]}
        method, section = self.part(parts["original", name])
        return originals.rebuild(method, section, lambda: self.part(parts["structure", ""]))


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
    seed = xxhash.xxh3_64_intdigest(table.encode() + b"\0" + key + layout)
    assert checksum == xxhash.xxh3_64_intdigest(payload, seed=seed), f"{table} {key!r}"
    return payload


def letters(data: Bytes, count: int) -> str:
    """Letters of five bits each."""
    bits = int.from_bytes(data.take((5 * count + 7) // 8), "little")
    return "".join(_LETTERS[bits >> 5 * place & 31] for place in range(count))


def _leaf(data: Bytes) -> list[bytes]:
    width, count = data.unpack("B"), data.varint()
    assert count <= 400
    head, tail, entries = b"", 0, []
    for _ in range(count):
        shared = data.varint()
        length = data.varint() if width == 255 else width
        head = head[:shared] + data.take(length - shared)
        zigzag = data.varint()
        tail = (tail + ((zigzag >> 1) ^ -(zigzag & 1))) % 2**64
        entries.append(head + struct.pack(">Q", tail))
    assert data.at == len(data.data)
    return entries


def metadata(data: bytes) -> dict[str, Any]:
    """A msgpack map; datetimes are the standard extension, arrays extension 1."""

    def extension(code: int, inner: bytes) -> Any:
        assert code == 1
        dtype, shape, elements = msgpack.unpackb(inner)
        return np.frombuffer(elements, "<" + dtype).reshape(shape)

    tree: dict[str, Any] = msgpack.unpackb(data, timestamp=3, ext_hook=extension)
    return tree


def structure(data: Bytes) -> dict[str, Any]:
    """A structure blob: the first model's columns per atom, and every model under `models`."""
    head = data.section()
    scale, _, _, title = head.unpack("B"), head.unpack("B"), head.text(), head.text()
    for _ in range(head.varint()):
        head.text(), head.text()
    topologies = head.varint()
    which = [(_unzigzag(np.uint64(head.varint())), head.varint()) for _ in range(head.varint())]
    shapes = [_topology(data.section()) for _ in range(topologies)]
    models = [_model(data, int(number), shapes[topology]) for number, topology in which]
    assert data.at == len(data.data), "bytes left over"
    first = models[0]
    columns = {name: reals(numbers) for name, numbers in first["numbers"].items()}
    columns["coords"] = columns["coords"].reshape(-1, 3)
    return {**first, **columns, "title": title, "plddt_scale": scale, "n_models": len(models), "models": models}


def _model(data: Bytes, number: int, atoms: dict[str, Any]) -> dict[str, Any]:
    n = len(atoms["atom_name"])
    numbers = {
        name: data.section().numbers(width * n, width)
        for name, width in (("coords", 3), ("b_factor", 1), ("occupancy", 1))
    }
    return {**atoms, "number": number, "numbers": numbers}


def _original(data: Bytes) -> tuple[int, Bytes]:
    """Method, and what it holds; what follows the method where it is packed by an exemplar."""
    method = data.unpack("B")
    return method, data.section() if method < 128 else data


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


def index_value(key: bytes) -> Any:
    """The value in a key of a declared index; a text that was cut ends in "…", a list or dict is `...`."""
    kind, rest = key[0], key[1:]
    if kind == 3:
        bits = struct.unpack(">Q", rest[:8])[0]
        bits = bits ^ (1 << 63) if bits >> 63 else bits ^ ((1 << 64) - 1)
        real = struct.unpack(">d", struct.pack(">Q", bits))[0]
        off = struct.unpack(">H", rest[8:])[0] - (1 << 15)
        return int(real) + off if off else real
    if kind == 4:
        text, end = rest[:-2], rest[-2:]
        return text.replace(b"\0\xff", b"\0").decode() + {b"\0\0": "", b"\0\1": "…"}[end]
    if kind == 5:
        return _EPOCH + dt.timedelta(microseconds=struct.unpack(">Q", rest)[0] - (1 << 63))
    return {1: None, 2: rest == b"\1", 6: ...}[kind]
