"""FORMAT.md is true: a reader written from it alone finds what was stored."""

import contextlib
import datetime as dt
import struct
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pytest
import xxhash

import proteusdb
from compat import originals
from compat.reader import TABLES, Bytes, Store, metadata, open_store, unseal
from corpus import structure_files
from proteusdb import DatabaseManager, DatabaseMigrator
from proteusdb.errors import ProteusError
from proteusdb.testing.synthetic import synthetic_prediction

WHEN = dt.datetime(2024, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC)
VALUES = (
    *(2**63 - 1, -0.5, True, WHEN, "E. coli", None, [1], "a\0b", 1, 1.0, False, "x" * 500),
    *(-(2**63), 2**53 + 1, "", {"k": 1}),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("format") / "proteus.db"
    record = synthetic_prediction(40, 2, chains=2, pae=True)
    raw = synthetic_prediction(15, 3, decimals=None)
    with DatabaseManager("lmdb", path, compression=False) as db:
        db.store_prediction(**{**record, "metadata": {"when": WHEN, "deep": {"list": [1, None, True, "ä"]}}},
                            prediction_id="full", created_at=WHEN)  # fmt: skip
        db.update_prediction("full", {"metadata": {"confidence": 0.25, "ranking_score": -7.5}})
        db.store_prediction(raw["sequence"], raw["structure"].to_mmcif(), prediction_id="file")
        db.store_prediction("ACGX:MK", None, prediction_id="bare")
        db.delete_prediction("bare")
        db.store_analysis("full", {"matrix": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"method": "x"})
        db.create_index("metadata.deep.list")
        db.create_index("metadata.v")
        db.drop_index("metadata.deep.list")
        for number, value in enumerate(VALUES):
            db.store_prediction("MK", None, {"v": value}, prediction_id=f"v{number}")
        # Enough to be folded from loose blobs into segments; some of it goes again, and some stays loose.
        db.store_predictions([{**synthetic_prediction(70, n), "prediction_id": f"b{n}"} for n in range(20)])
        db.delete_prediction("b3", purge=True)
        db.store_prediction(**synthetic_prediction(20, 30))
    return path


@pytest.fixture
def store(path: Path) -> Any:
    with open_store(path) as opened:
        yield opened


def test_there_are_the_tables_of_the_document_and_no_others(store: Store) -> None:
    with store.environment.begin() as transaction:
        assert sorted(name.decode() for name, _ in transaction.cursor()) == sorted(TABLES)


def test_the_format_record_names_the_program_and_its_schema(store: Store) -> None:
    record = store.open("meta", b"format")
    assert record.take(9) == b"proteusdb"
    assert record.unpack("I") == 3
    record.take(16)
    assert (record.unpack("Q"), record.text()) == (0, proteusdb.__version__)
    assert record.at == len(record.data)


def test_each_commit_names_what_it_touched(store: Store) -> None:
    entries = list(store.entries("changes"))
    assert all(unseal("changes", key, value) == b"" for key, value in entries)
    named = [(key[8], struct.unpack(">QI", key[9:])) for key, _ in entries if key[8] == 2]
    rows = {row: store.versions(row) for row in store.ids().values()}
    assert sorted(named) == sorted((2, (row, version)) for row, versions in rows.items() for version in versions)
    for key, _ in entries:
        if key[8] == 2:
            row, version = struct.unpack(">QI", key[9:])
            assert key[:8] == time_key(store.header(row, version)["updated_at"])
    models = {metadata(unseal("models", key, value))["model_id"] for key, value in store.entries("models")}
    assert {key[9:].decode() for key, _ in entries if key[8] == 1} == models
    assert {key[9:] for key, _ in entries if key[8] == 3} == {key for key, _ in store.entries("analyses")}
    assert {key[8] for key, _ in entries} == {1, 2, 3}


def test_the_time_of_the_last_purge_is_kept(store: Store) -> None:
    removed = store.open("meta", b"removed").unpack("q")
    times = [store.header(row, v)["updated_at"] for row in store.ids().values() for v in store.versions(row)]
    assert min(times) < removed < max(times)


def test_moves_between_schemas_and_what_was_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "proteus.db"
    with DatabaseManager("lmdb", path) as db:
        db.store_prediction("MKV", None, prediction_id="a")
        db.store_prediction("MKT", None, prediction_id="b")
    with DatabaseMigrator(path) as migrator:
        migrator.downgrade_schema(1)
        migrator.upgrade_schema()
    with lmdb.open(str(path), subdir=False, max_dbs=40, lock=False) as environment:
        headers = environment.open_db(b"headers", create=False)
        with environment.begin(write=True) as transaction:
            key, value = next(iter(transaction.cursor(headers)))
            damaged = value[:12] + bytes([value[12] ^ 1]) + value[13:]
            transaction.put(key, damaged, db=headers)
    with DatabaseManager("lmdb", path) as db:
        assert db.verify_integrity(repair=True).ok
    with open_store(path) as store:
        data = store.open("meta", b"moves")
        moves = []
        for _ in range(data.varint()):
            moves.append((data.varint(), data.varint()))
            assert data.unpack("q") > 1_700_000_000_000_000
            assert "@" in data.text()
            assert data.text() == proteusdb.__version__
        assert (moves, data.at) == ([(3, 2), (2, 1), (1, 2), (2, 3)], len(data.data))
        item = store.open("quarantine", struct.pack(">Q", 1))
        assert "version 1" in item.text()
        assert "checksum" in item.text()
        assert item.unpack("q") > 1_700_000_000_000_000
        assert (item.text(), item.blob(), item.blob(), item.varint()) == ("headers", key, damaged, 0)
        assert item.at == len(item.data)


def test_the_counters_count(store: Store) -> None:
    data = store.open("meta", b"counters")
    counters = [data.varint() for _ in range(13)]
    headers = [store.header(row, store.versions(row)[-1]) for row in store.ids().values()]
    current = [header for header in headers if not header["deleted"]]
    assert counters[7] == len(current)
    assert counters[8] == sum(header["length"] for header in current)


def test_every_column_of_a_header_is_where_the_document_says(store: Store) -> None:
    record = synthetic_prediction(40, 2, chains=2)
    row = store.ids()["full"]
    assert store.versions(row) == [1, 2]
    first, second = store.header(row, 1), store.header(row, 2)
    assert first["metadata"] == {"when": WHEN, "deep": {"list": [1, None, True, "ä"]}}
    assert (second["confidence"], second["ranking_score"]) == (0.25, -7.5)
    assert (first["ranking_score"], first["deleted"]) == (None, False)
    assert first["confidence"] == pytest.approx(first["mean_plddt"] / 100)
    for name in ("sequence", "job", "seed", "sample", "rank"):
        assert first[name] == second[name] == record[name]
    assert first["created_at"] == 1_709_294_400_000_005
    assert first["updated_at"] < second["updated_at"]
    assert first["chain_types"] == ["protein", "protein"]
    assert [(part["kind"], part["name"]) for part in first["parts"]] == [("structure", ""), ("array", "pae")]
    assert first["parts"] == second["parts"], "a metadata update shares the blobs"


def test_a_deletion_is_a_version_without_parts(store: Store) -> None:
    row = store.ids()["bare"]
    assert [store.header(row, version)["deleted"] for version in store.versions(row)] == [False, True]
    assert store.header(row, 2)["parts"] == []


def test_structures_and_arrays_decode_to_what_was_stored(store: Store, path: Path) -> None:
    for key, seed, length, options in (
        ("full", 2, 40, {"chains": 2, "pae": True}),
        ("file", 3, 15, {"decimals": None}),
    ):
        record = synthetic_prediction(length, seed, **options)
        header = store.header(store.ids()[key], 1)
        parts = {part["kind"]: store.part(part) for part in header["parts"]}
        found, given = parts["structure"], record["structure"]
        for column in ("coords", "b_factor", "occupancy", "atom_name", "residue_name", "chain_id", "residue_number"):
            np.testing.assert_array_equal(found[column], getattr(given, column), err_msg=f"{key} {column}")
        assert not np.any(found["hetero"])
        if "array" in parts:
            np.testing.assert_array_equal(parts["array"], record["arrays"]["pae"])


def test_blobs_lie_in_segments_of_at_most_65520_bytes(store: Store) -> None:
    sizes = [len(value) for _, value in store.entries("segments")]
    assert sizes
    assert max(sizes) <= 65_520


def test_models_and_analyses_are_msgpack(store: Store) -> None:
    number = store.header(store.ids()["full"], 1)["model"]
    model = metadata(store.open("models", struct.pack(">I", number)).data)
    name = synthetic_prediction(40, 2, chains=2)["model"]
    assert (model["name"], model["version"], model["configuration"]) == (name, None, {})
    assert store.open("model_ids", model["model_id"].encode()).data == struct.pack(">I", number)
    ((key, _),) = store.entries("analyses")
    data = store.open("analyses", key)
    assert data.unpack("Q") == store.ids()["full"]
    analysis = metadata(data.data[data.at :])
    assert (analysis["prediction_id"], analysis["parameters"]) == ("full", {"method": "x"})
    np.testing.assert_array_equal(analysis["results"]["matrix"], np.arange(6, dtype=np.float32).reshape(2, 3))


def test_the_indexes_hold_every_current_row_and_nothing_else(store: Store) -> None:
    rows = {row: store.header(row, store.versions(row)[-1]) for row in store.ids().values()}
    live = {row: header for row, header in rows.items() if not header["deleted"]}
    number = {text: n for n, text in store.sequences().items()}
    expected: dict[str, Callable[[int, Any], bytes | None]] = {
        "by_length": lambda row, h: struct.pack(">IQ", h["length"], row),
        "by_created": lambda row, h: time_key(h["created_at"]) + struct.pack(">Q", row),
        "by_confidence": lambda row, h: (
            None if h["confidence"] is None else real_key(h["confidence"]) + struct.pack(">Q", row)
        ),
        "by_model_confidence": lambda row, h: (
            None
            if h["confidence"] is None
            else struct.pack(">I", h["model"]) + real_key(h["confidence"]) + struct.pack(">Q", row)
        ),
        "by_model": lambda row, h: (
            struct.pack(">I", h["model"]) + time_key(h["created_at"]) + struct.pack(">Q", row) if h["model"] else None
        ),
        "by_job": lambda row, h: None if h["job"] is None else h["job"].encode() + b"\0" + struct.pack(">Q", row),
        "rows_by_sequence": lambda row, h: struct.pack(">QQ", number[h["sequence"]], row),
    }
    for table, key_of in expected.items():
        keys = sorted(key for row, header in live.items() if (key := key_of(row, header)) is not None)
        assert store.index(table) == keys, table
        assert keys, table


def time_key(micros: int) -> bytes:
    return struct.pack(">Q", (micros + 2**63) % 2**64)


def real_key(value: float) -> bytes:
    (bits,) = struct.unpack(">Q", struct.pack(">d", value))
    return struct.pack(">Q", bits | 1 << 63 if bits >> 63 == 0 else ~bits % 2**64)


def test_sequences_are_found_by_hash_and_by_the_beginnings_of_their_chains(store: Store) -> None:
    sequences = store.sequences()
    hashes = sorted(xxhash.xxh3_64_digest(text.encode())[:5] + struct.pack(">Q", n) for n, text in sequences.items())
    assert store.index("sequence_hashes") == hashes
    beginnings = {(chain[:12], n) for n, text in sequences.items() for chain in text.split(":")}
    assert store.index("sequence_prefixes") == sorted(struct.pack(">QQ", high_bits(text), n) for text, n in beginnings)
    assert any(len(text) == 12 for text, _ in beginnings), "no chain is longer than what is indexed"


def high_bits(text: str) -> int:
    return sum((ord(letter) - ord("A") + 1) << (59 - 5 * place) for place, letter in enumerate(text))


def test_every_run_of_residues_is_in_the_row_of_its_stretch(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    path = tmp_path / "many.db"
    made = ["".join(dice.choice(list("ACDEFGHIKLMNPQRSTVWYX"), n)) for n in dice.integers(200, 500, 1_700)]
    with DatabaseManager("lmdb", path) as db:
        db.store_predictions([{"sequence": text} for text in made])
    with open_store(path) as store:
        blocks = store.blocks()
        assert [text for _, block in blocks for text in block] == made
        chunks = store.chunks()
    assert [(chunk["before"], len(chunk["counts"])) for chunk in chunks] == [(0, 32), (32, 32)]
    for chunk in chunks:
        stretches = []
        covered = blocks[chunk["before"] : chunk["before"] + 32]
        assert chunk["first"] == covered[0][0]
        for (_, block), count in zip(covered, chunk["counts"], strict=True):
            assert len(block) == count
            middle = (count + 1) // 2
            stretches += [block[:middle], block[middle:]]
        sets = [{text[n : n + 3] for text in stretch for n in range(len(text) - 2)} for stretch in stretches]
        for run, row in enumerate(chunk["rows"]):
            word = "".join("ACDEFGHIKLMNPQRSTVWY"[run // step % 20] for step in (400, 20, 1))
            bits = [row[place // 8] >> place % 8 & 1 for place in range(len(stretches))]
            assert bits == [word in found for found in sets], word


def test_every_blob_is_referred_to_as_often_as_it_says_and_none_overlap(store: Store) -> None:
    headers = [store.header(row, version) for row in store.ids().values() for version in store.versions(row)]
    referring = Counter(part["blob"] for header in headers for part in header["parts"])
    taken: dict[int, list[tuple[int, int]]] = {}
    loose = []
    for key, value in store.entries("blobs"):
        place = Bytes(unseal("blobs", key, value))
        segment, offset, length, references = (place.varint() for _ in range(4))
        (blob,) = struct.unpack(">Q", key)
        assert references == referring.pop(blob), f"blob {blob}"
        if segment:
            taken.setdefault(segment, []).append((offset, length))
        else:
            loose.append((key, length))
    assert not referring, "headers refer to blobs that are not there"
    assert [(key, len(value)) for key, value in store.entries("loose")] == loose
    dead = {key: Bytes(unseal("dead", key, value)).unpack("Q") for key, value in store.entries("dead")}
    assert dead, "nothing was purged"
    for key, value in store.entries("segments"):
        places = sorted(taken.pop(struct.unpack(">Q", key)[0]))
        assert all(a + n <= b for (a, n), (b, _) in pairwise(places)), "two blobs overlap"
        assert sum(length for _, length in places) + dead.pop(key, 0) == len(value)
    assert not taken
    assert not dead


def test_all_counters_are_those_of_the_tables(store: Store) -> None:
    data = store.open("meta", b"counters")
    last = [data.varint() for _ in range(5)]
    for table, number in zip(("headers", "blobs", "segments", "sequences", "models"), last, strict=True):
        keys = [int.from_bytes(key[: 4 if table == "models" else 8]) for key, _ in store.entries(table)]
        assert max(keys) <= number, table
    loose = [len(value) for _, value in store.entries("loose")]
    assert [data.varint(), data.varint()] == [len(loose), sum(loose)]
    headers = [store.header(row, store.versions(row)[-1]) for row in store.ids().values()]
    current = [header for header in headers if not header["deleted"]]
    assert [data.varint(), data.varint()] == [len(current), sum(header["length"] for header in current)]
    parts = [part for header in current for part in header["parts"]]
    for kinds in (("structure",), ("array",), ("original", "source")):
        assert data.varint() == sum(part["size"] for part in parts if part["kind"] in kinds), kinds
    newest = max(store.header(row, v)["updated_at"] for row in store.ids().values() for v in store.versions(row))
    assert data.varint() >= newest
    assert data.at == len(data.data)


def test_analyses_are_listed_under_their_rows(store: Store) -> None:
    analyses = {key: Bytes(unseal("analyses", key, value)).unpack("Q") for key, value in store.entries("analyses")}
    assert [key for key, _ in store.entries("analyses_by_row")] == sorted(
        struct.pack(">Q", row) + key for key, row in analyses.items()
    )
    models = {key: Bytes(unseal("models", key, value)).data for key, value in store.entries("models")}
    listed = {key.decode(): unseal("model_ids", key, value) for key, value in store.entries("model_ids")}
    assert listed == {metadata(model)["model_id"]: key for key, model in models.items()}


def test_files_are_rebuilt_from_their_structures(tmp_path: Path) -> None:
    record = synthetic_prediction(30, 4, chains=2, hydrogens=True)
    loose = synthetic_prediction(9, 5, decimals=None)["structure"]
    texts = {"pdb": record["structure"].to_pdb(), "cif": record["structure"].to_mmcif(), "float": loose.to_mmcif()}
    texts["odd"] = "REMARK odd\n" + texts["pdb"].replace("ATOM      9 ", "ATOM     77 ").replace("  CB  ", " CB   ")
    given = {name: text.encode() for name, text in texts.items()}
    files = structure_files("predictions", "odd")
    given.update({path.name: path.read_bytes() for path in files if path.stat().st_size < 100_000})
    stored = {}
    # This reader knows plain columns, and files are predicted where columns are compressed: each is stored both ways.
    for path, compression in ((tmp_path / "plain.db", False), (tmp_path / "proteus.db", True)):
        with DatabaseManager("lmdb", path, compression=compression) as db:
            for name, data in given.items():
                with contextlib.suppress(ProteusError):
                    db.store_prediction(None, data, prediction_id=name)
                    stored[name] = dict(db.get_prediction(name).originals)
    methods = set()
    with open_store(tmp_path / "proteus.db") as store, open_store(tmp_path / "plain.db") as plain:
        for name, files in stored.items():
            parts = {part["name"]: part for part in store.header(store.ids()[name], 1)["parts"]}
            columns = [part for part in plain.header(plain.ids()[name], 1)["parts"] if part["kind"] == "structure"]
            for file, data in files.items():
                method, section = store.part(parts[file])
                if method >= 128:
                    words = partial(_words, store, parts, file)
                    method, section = method - 128, Bytes(originals.unpacked(section, words))
                if method <= 2:
                    with contextlib.suppress(originals.TablesError):
                        assert originals.rebuild(method, section, lambda: plain.part(columns[0])) == data, name  # noqa: B023
                        methods.add(method)
    assert {"pdb", "cif", "float"} <= set(stored)
    assert methods >= {1, 2}


def _words(store: Store, parts: dict[str, Any], file: str, place: int) -> bytes:
    words: bytes = store.part(parts[f"{file}#{place}"]).tobytes()
    return words


def test_index_keys_sort_as_their_values_do(store: Store) -> None:
    rows = {row: store.header(row, store.versions(row)[-1]) for row in store.ids().values()}
    live = {row: header for row, header in rows.items() if not header["deleted"]}
    for table, column in (("by_length", "length"), ("by_created", "created_at"), ("by_confidence", "confidence")):
        order = [struct.unpack(">Q", key[-8:])[0] for key in store.index(table)]
        expected = sorted((h[column], row) for row, h in live.items() if h[column] is not None)
        assert order == [row for _, row in expected], table


def test_a_declared_index_holds_the_values_in_their_order(store: Store) -> None:
    assert store.indexes() == {2: "metadata.v"}
    rows = {row: key for key, row in store.ids().items()}
    found = [(value, rows[row]) for value, row in store.indexed(2)]
    named = [(value, f"v{number}") for number, value in enumerate(VALUES)]
    families: list[list[tuple[Any, str]]] = [
        [pair for pair in named if pair[0] is None],
        sorted((pair for pair in named if isinstance(pair[0], bool)), key=lambda pair: pair[0]),
        sorted((p for p in named if isinstance(p[0], int | float) and not isinstance(p[0], bool)), key=lambda p: p[0]),
        sorted((pair for pair in named if isinstance(pair[0], str)), key=lambda pair: pair[0].encode()),
        [pair for pair in named if isinstance(pair[0], dt.datetime)],
        [(..., key) for value, key in named if isinstance(value, list | dict)],
    ]
    cut = [(f"{'x' * 400}…" if value == "x" * 500 else value, key) for family in families for value, key in family]
    assert found == cut
