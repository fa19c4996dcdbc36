"""A store as another program reads it: py-lmdb and msgpack, and no line of the package.

::

    python plain.py PATH        one JSON line a prediction: id, sequence, chains, metadata, coordinates, arrays, files

It reads what was written with `compression=False`, skips what it does not need, and checks no checksum; `reader.py` is
the one that does. It is run as a process of its own, while nobody else has the file open.
"""

from __future__ import annotations

import json
import struct
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import lmdb
import msgpack

HEAD = 9
"""Layout and checksum in front of a sealed value; a blob has one byte more."""


class Reader:
    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self) -> int:
        value = shift = 0
        while True:
            (byte,) = self.take(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def bytes(self) -> bytes:
        return self.take(self.varint())

    def section(self) -> Reader:
        method, length = self.take(1)[0], self.varint()
        assert method == 0, "compressed: this reader is for compression=False"
        stored = self.bytes()
        assert len(stored) == length
        return Reader(stored)

    def integers(self, count: int, stride: int) -> list[int]:
        (width,) = self.take(1)
        if width == 255:
            return [unzigzag(self.varint())] * count
        planes = [self.take(count) for _ in range(width)]
        values: list[int] = []
        for place in range(count):
            before = values[place - stride] if stride and place >= stride else 0
            values.append(before + unzigzag(int.from_bytes(bytes(plane[place] for plane in planes))))
        return values


def unzigzag(code: int) -> int:
    return code >> 1 ^ -(code & 1)


def predictions(path: str) -> Iterator[dict[str, Any]]:
    with lmdb.open(path, subdir=False, readonly=True, lock=False, max_dbs=64) as env, env.begin() as txn:
        tables = {name: env.open_db(name, txn, create=False) for name in (b"ids", b"headers", b"sequences", b"blobs",
                                                                           b"segments", b"loose")}  # fmt: skip

        def get(table: bytes, key: bytes) -> bytes:
            found: bytes | None = txn.get(key, db=tables[table])
            assert found is not None, (table, key)
            return found

        def sequence(number: int) -> str:
            blocks = txn.cursor(tables[b"sequences"])
            # The block is the last one that begins at or before the sequence.
            found = blocks.set_range(struct.pack(">Q", number + 1))
            assert blocks.prev() if found else blocks.last()
            block, (first,) = Reader(blocks.value(), HEAD), struct.unpack(">Q", blocks.key())
            lengths = [block.varint() for _ in range(block.varint())]
            texts = [letters(block, length) for length in lengths]
            return texts[number - first]

        for key, value in txn.cursor(tables[b"ids"]):
            (row,) = struct.unpack("<Q", value[HEAD:])
            versions = txn.cursor(tables[b"headers"])
            # The newest version is the last key of the row, which stands before the first of the next row.
            if versions.set_range(struct.pack(">Q", row + 1)):
                versions.prev()
            else:
                versions.last()
            header = Reader(versions.value(), HEAD)
            yield {"id": key.decode(), **prediction(header, get, sequence)}


def letters(data: Reader, count: int) -> str:
    bits = int.from_bytes(data.take((5 * count + 7) // 8), "little")
    return "".join("?ABCDEFGHIJKLMNOPQRSTUVWXYZ:"[bits >> 5 * place & 31] for place in range(count))


def prediction(header: Reader, get: Any, sequence_of: Any) -> dict[str, Any]:
    (flags,) = struct.unpack("<H", header.take(2))
    _, length, sequence = header.varint(), header.varint(), header.varint()
    (created,) = struct.unpack("<q", header.take(8))
    committed = created + unzigzag(header.varint())
    for bit in (2, 4, 8):
        if flags & bit:
            header.varint()
    reals = {bit: struct.unpack("<d", header.take(8))[0] for bit in (16, 32, 64) if flags & bit}
    name = str(uuid.UUID(bytes=header.take(16))) if flags & 256 else header.bytes().decode()
    job = header.bytes() if flags & 128 else b""
    chains = header.bytes() if flags & 512 else b"\1"
    place = header.varint() if flags & 4096 else None
    metadata = list(msgpack.unpackb(header.bytes(), timestamp=3).items()) if flags & 1024 else []
    if place is not None:
        metadata.insert(place, ("confidence", reals[16]))
    found: dict[str, Any] = {
        "named": name,
        "deleted": bool(flags & 1),
        "length": length,
        "created_at": created,
        "committed": committed,
        "job": job.decode() if flags & 128 else None,
        "sequence": sequence_of(sequence),
        "chains": [("protein", "rna", "dna")[kind - 1] for kind in chains],
        "metadata": dict(metadata),
        "arrays": {},
        "files": {},
    }
    for _ in range(header.varint() if flags & 2048 else 0):
        kind, part, _, blob = header.take(1)[0], header.bytes().decode(), header.varint(), header.varint()
        body = Reader(blob_of(blob, get), HEAD + 1)
        if kind == 0:
            found["coords"] = coords(body)
        elif kind == 1:
            found["arrays"][part] = array(body)
        elif kind == 2:
            assert body.take(1) == b"\0", "a file that was stored whole"
            found["files"][part] = body.section().data.decode()
    return found


def blob_of(number: int, get: Any) -> bytes:
    key = struct.pack(">Q", number)
    place = Reader(get(b"blobs", key), HEAD)
    segment, offset, length = place.varint(), place.varint(), place.varint()
    if not segment:
        return get(b"loose", key)  # type: ignore[no-any-return]
    return get(b"segments", struct.pack(">Q", segment))[offset : offset + length]  # type: ignore[no-any-return]


def coords(body: Reader) -> list[float]:
    """x, y, z of each atom of the first model."""
    head = body.section()
    head.take(2), head.bytes(), head.bytes()
    for _ in range(head.varint()):
        head.bytes(), head.bytes()
    topologies, models = head.varint(), head.varint()
    assert topologies == 1
    assert models >= 1
    topology = body.section()
    atoms = atoms_in(topology)
    column = body.section()
    (decimals,) = column.take(1)
    if decimals == 255:
        planes = [column.take(3 * atoms) for _ in range(4)]
        packed = b"".join(bytes(four) for four in zip(*planes, strict=True))
        return list(struct.unpack(f">{3 * atoms}f", packed))
    return [value / 10**decimals for value in column.integers(3 * atoms, 3)]


def atoms_in(topology: Reader) -> int:
    """How many atoms the residues of a topology have by their shapes."""
    residues = topology.varint()
    for _ in range(5):
        for _ in range(topology.varint()):
            topology.bytes()
        topology.integers(residues, 0)
    for stride in (1, 1, 0, 0, 0):
        topology.integers(residues, stride)
    shapes = topology.integers(residues, 0)
    counts = topology.integers(topology.varint(), 0)
    return sum(counts[shape] for shape in shapes)


def array(body: Reader) -> dict[str, Any]:
    """dtype, shape and the elements' bytes in hexadecimal, little-endian, in C order."""
    dtype = body.bytes().decode()
    shape = [body.varint() for _ in range(body.varint())]
    view, coder = body.data[body.at : body.at + 2]
    assert (view, coder) == (0, 0), "the elements as they are"
    elements = body.data[body.at + 2 :]
    return {"dtype": dtype, "shape": shape, "hex": elements.hex()}


def plain(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()


if __name__ == "__main__":
    for each in predictions(sys.argv[1]):
        print(json.dumps(each, default=plain))
