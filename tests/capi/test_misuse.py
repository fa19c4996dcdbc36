"""What a caller can do wrong ends in a code and a message, and nothing is written where nothing may be."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capi.reader import Failed, Reader
from proteusdb import DatabaseManager


def test_a_file_that_is_none(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no store")
    for name in ("absent.db", "text.db"):
        path = str(tmp_path / name)
        with pytest.raises(Failed, match=name) as failed:
            reader.open(path)
        assert failed.value.code == "CONNECTION"
    assert not (tmp_path / "absent.db").exists()


def test_null_is_an_error_everywhere(reader: Reader, store: Any, read: dict[str, Any]) -> None:
    null = reader.ffi.NULL
    found = reader.get(store, next(iter(read)))
    out = reader.ffi.new("void *[1]")
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("open", (null, null)),
        ("open", (b"x.db", null)),
        ("count", (null, null)),
        ("ids_begin", (null, null)),
        ("ids_begin", (store, null)),
        ("ids_next", (null, null)),
        ("get", (null, b"x", 0, null)),
        ("get", (store, null, 0, null)),
        ("get_info", (null, null)),
        ("text", (null, b"job", null, 0, null)),
        ("text", (found, null, null, 0, null)),
        ("column", (null, b"coords", out, 8, null)),
        ("column", (found, null, out, 8, null)),
        ("array", (null, b"pae", out, 8, null)),
        ("array", (found, null, out, 8, null)),
    ]
    for name, given in calls:
        with pytest.raises(Failed) as failed:
            reader.call(name, *given)
        expected = "CONNECTION" if given[0] == b"x.db" else "VALIDATION"
        assert failed.value.code == expected, (name, given)
        assert expected == "CONNECTION" or "is null" in str(failed.value)
    for name in ("close", "free", "ids_free"):
        getattr(reader.lib, f"proteusdb_{name}")(null)


def test_names_that_are_none(reader: Reader, store: Any, read: dict[str, Any]) -> None:
    found = reader.get(store, next(name for name, told in read.items() if told["structure"] is not None))
    with pytest.raises(Failed, match=r'QUERY: column "colour": allowed are coords, b_factor'):
        reader.column(found, "colour")
    with pytest.raises(Failed, match=r'QUERY: text "colour": allowed are prediction_id, sequence'):
        reader.text(found, "colour")
    with pytest.raises(Failed, match=r'NOT_FOUND.*has no array "colour"'):
        reader.array(found, "colour")
    with pytest.raises(Failed, match=r"VALIDATION: prediction_id is not UTF-8"):
        reader.made("get", "proteusdb_prediction *", store, b"\xff", 0)
    with pytest.raises(Failed, match=r'NOT_FOUND: prediction "n0000" has no structure'):
        reader.column(reader.get(store, "n0000"), "coords")


@pytest.mark.parametrize("call", ["column", "array", "text"])
def test_a_buffer_that_is_too_small_is_left_alone(reader: Reader, store: Any, read: dict[str, Any], call: str) -> None:
    whole = call == "array"
    found = reader.get(store, "ä whole" if whole else next(n for n, told in read.items() if told["structure"]))
    name = {"column": b"atom_name", "array": b"f8", "text": b"sequence"}[call]
    told = reader.ffi.new("uint64_t *" if call == "text" else "proteusdb_layout *")
    reader.call(call, found, name, reader.ffi.NULL, 0, told)
    needed = told[0] if call == "text" else told.bytes
    out = reader.ffi.new("char[]", needed + 8)
    reader.ffi.memmove(out, b"\x7f" * (needed + 8), needed + 8)
    with pytest.raises(Failed, match=f"SPACE: a buffer of {needed} bytes is needed, this one has {needed - 1}"):
        reader.call(call, found, name, out, needed - 1, told)
    assert bytes(reader.ffi.buffer(out)) == b"\x7f" * (needed + 8)
    reader.call(call, found, name, out, needed, told)
    assert bytes(reader.ffi.buffer(out))[needed:] == b"\x7f" * 8
    assert bytes(reader.ffi.buffer(out))[:needed] != b"\x7f" * needed


def test_damage_is_a_code_and_never_an_answer(reader: Reader, tmp_path: Path) -> None:
    """In what is stored: LMDB's own pages have no checksums, and damage there may end the process."""
    path = tmp_path / "store.db"
    noise = np.random.default_rng(7).integers(0, 256, 1 << 16, np.uint8)
    with DatabaseManager(database_path=path) as db:
        db.store_prediction("MKV", None, {"note": "written once"}, prediction_id="P1", arrays={"noise": noise})
    whole = path.read_bytes()

    def damaged(place: bytes) -> Any:
        assert whole.count(place) == 1
        path.write_bytes(whole.replace(place, bytes([place[0] ^ 1]) + place[1:]))
        return reader.open(str(path))

    store = damaged(noise[30_000:30_064].tobytes())
    with pytest.raises(Failed, match=r'CORRUPTION.*"P1".*"noise"'):
        reader.array(reader.get(store, "P1"), "noise")
    reader.lib.proteusdb_close(store)
    store = damaged(b"written once")
    with pytest.raises(Failed, match="CORRUPTION: table headers, key"):
        reader.text(reader.get(store, "P1"), "metadata")
    reader.lib.proteusdb_close(store)


def test_messages_belong_to_threads(reader: Reader, store: Any) -> None:
    with pytest.raises(Failed, match='"nobody"'):
        reader.get(store, "nobody")
    told: list[str] = []

    def other() -> None:
        told.append(reader.message())
        with pytest.raises(Failed, match="somebody else"):
            reader.get(store, "somebody else")

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert told == [""]
    assert '"nobody"' in reader.message()


def test_threads_share_a_store(reader: Reader, store: Any, read: dict[str, Any]) -> None:
    wrong: list[Any] = []

    def work() -> None:
        for name, told in read.items():
            found = reader.get(store, name)
            if told["structure"] is not None and (reader.column(found, "coords") != told["structure"].coords).any():
                wrong.append(name)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
