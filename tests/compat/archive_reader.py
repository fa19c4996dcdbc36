"""A second reader of archives, written from ARCHIVE.md with tarfile, msgpack and xxhash alone.

::

    archive = Archive(path)       every checksum is compared
    archive.manifest, archive.records
    archive.blob(part)
"""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import msgpack
import xxhash

__all__ = ["Archive"]


class Archive:
    """One archive, read as a whole."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        with tarfile.open(path) as tar:
            infos = tar.getmembers()
            self.members = {info.name: tar.extractfile(info).read() for info in infos}  # type: ignore[union-attr]
        assert infos[0].name == "proteusdb-archive-1"
        assert [info.name for info in infos][-2:] == ["manifest.msgpack", "manifest.xxh128"]
        assert {(info.mode, info.mtime, info.uid, info.gid) for info in infos} == {(0o644, 0, 0, 0)}
        packed = self.members["manifest.msgpack"]
        assert xxhash.xxh3_128_hexdigest(packed) == self.members["manifest.xxh128"].decode()
        self.manifest: dict[str, Any] = msgpack.unpackb(packed)
        assert xxhash.xxh3_128_hexdigest(data[: infos[-2].offset]) == self.manifest["digest"]
        assert data[-1024:] == bytes(1024)
        self.records: list[dict[str, Any]] = []
        for name, member in self.members.items():
            if name.endswith("/records"):
                unpacker = msgpack.Unpacker(timestamp=3, ext_hook=_array)
                unpacker.feed(member)
                self.records += list(unpacker)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The records of one kind, in order."""
        return [record for record in self.records if record["kind"] == kind]

    def blob(self, part: dict[str, Any]) -> bytes:
        """The bytes of a part."""
        blobs = self.members[f"{part['chunk']:06}/blobs"]
        data = blobs[part["offset"] : part["offset"] + part["length"]]
        assert len(data) == part["length"]
        return data


def _array(code: int, data: bytes) -> Any:
    assert code == 1
    dtype, shape, elements = msgpack.unpackb(data)
    return (dtype, shape, elements)
