"""Bytes by the hash of their content, in pieces that a document can hold.

::

    {"_id": "3f0c...", "at": 1731..., "pieces": 2, "data": <the first 8 MB>}
    {"_id": "3f0c....1", "data": <the rest>}

A blob says nothing until a version names it, so blobs are written before all else and need no transaction.

Invariants: the first piece is written last and removed first, so where it is there, all are; `at` is the number of the
last commit that brought the blob, and who removes what is old leaves what was brought since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pymongo.errors import BulkWriteError

from ..shared.rows import Blobs
from .connections import Store
from .schema import Document, portions

__all__ = ["PIECE", "drop_unnamed", "present", "put", "read"]

PIECE = 8 << 20
"""The most bytes of one document: half of what MongoDB takes."""
_TOGETHER = 500
_DUPLICATE = 11000


def read(store: Store, keys: Collection[str]) -> Blobs:
    """The bytes under these keys, as far as they are there."""
    found: Blobs = {}
    for portion in portions(list(keys), _TOGETHER):
        for first in store.blobs.find({"_id": {"$in": portion}}):
            data = bytes(first["data"])
            if first["pieces"] > 1:
                data = b"".join([data, *_rest(store, first["_id"], first["pieces"])])
            found[first["_id"]] = data
    return found


def present(store: Store, keys: Sequence[str]) -> set[str]:
    """Those of the keys that are there."""
    return {
        found["_id"]
        for portion in portions(keys)
        for found in store.blobs.find({"_id": {"$in": portion}, "pieces": {"$gte": 1}}, {"_id": 1})
    }


def put(store: Store, blobs: Mapping[str, bytes], number: int) -> None:
    """Writes those that are not there yet, and notes of the others that this commit wants them too."""
    there = present(store, list(blobs))
    for portion in portions(sorted(there)):
        store.blobs.update_many({"_id": {"$in": portion}}, {"$set": {"at": number}})
    fresh = {key: data for key, data in blobs.items() if key not in there}
    _insert(store, [piece for key, data in fresh.items() for piece in _further(key, data)])
    _insert(store, [_first(key, data, number) for key, data in fresh.items()])


def drop_unnamed(store: Store, keys: Sequence[str], staying: Document, before: int) -> None:
    """Removes those that no version names, of the versions that stay, and that nobody brought later."""
    for portion in portions(keys, _TOGETHER):
        names = store.predictions.find({"blobs.key": {"$in": portion}, **staying}, {"blobs": 1})
        named = {blob["key"] for found in names for blob in found["blobs"]}
        loose = [key for key in portion if key not in named]
        pieces = {found["_id"]: found["pieces"] for found in store.blobs.find({"_id": {"$in": loose}}, {"pieces": 1})}
        store.blobs.delete_many({"_id": {"$in": loose}, "at": {"$lte": before}})
        left = present(store, loose)
        rest = [_name(key, n) for key, count in pieces.items() if key not in left for n in range(1, count)]
        if rest:
            store.blobs.delete_many({"_id": {"$in": rest}})


def _name(key: str, number: int) -> str:
    return f"{key}.{number}"


def _first(key: str, data: bytes, number: int) -> Document:
    return {"_id": key, "at": number, "pieces": max(1, -(-len(data) // PIECE)), "data": data[:PIECE]}


def _further(key: str, data: bytes) -> Iterator[Document]:
    for number, start in enumerate(range(PIECE, len(data), PIECE), 1):
        yield {"_id": _name(key, number), "data": data[start : start + PIECE]}


def _rest(store: Store, key: str, pieces: int) -> Iterator[bytes]:
    for number in range(1, pieces):
        found: Any = store.blobs.find_one({"_id": _name(key, number)})
        # Where a piece is missing, the hash of the whole tells.
        yield b"" if found is None else bytes(found["data"])


def _insert(store: Store, documents: Sequence[Document]) -> None:
    """Inserts; what is there already has the same bytes, since its name is their hash."""
    for portion in _portions(documents):
        try:
            store.blobs.insert_many(portion, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != _DUPLICATE for each in error.details["writeErrors"]):
                raise


def _portions(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """As many as one call may send within its time."""
    portion: list[Document] = []
    size = 0
    for document in documents:
        portion.append(document)
        size += len(document["data"])
        if size > PIECE or len(portion) == _TOGETHER:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
