"""Commands that read: query, count, get, explain, best, history, stats, verify."""

import gzip
from pathlib import Path

from proteusdb import Structure
from shell import Shell

FIELDS = {
    "prediction_id", "version", "sequence", "chain_types", "model", "model_id", "model_version", "job", "seed",
    "sample", "rank", "ranking_score", "confidence", "created_at", "updated_at", "metadata", "length",
}  # fmt: skip


def pdb(files: list[Path]) -> Path:
    """An AlphaFold database file in PDB format: its stem is its id."""
    return next(f for f in files if f.name.startswith("AF-") and f.suffix == ".pdb")


def test_query_gives_one_json_object_a_line_in_id_order(loaded: Shell, files: list[Path]) -> None:
    rows = loaded.lines("query")
    assert len(rows) == len(files)
    assert [r["prediction_id"] for r in rows] == sorted(r["prediction_id"] for r in rows)
    assert all(row.keys() >= FIELDS for row in rows)
    assert all(row["created_at"].endswith("Z") for row in rows)


def test_query_into_a_pipe_is_tab_separated_with_whole_values(loaded: Shell, files: list[Path]) -> None:
    header, *rows = (line.split("\t") for line in loaded("query").stdout.splitlines())
    assert header == ["id", "model", "length", "confidence", "created", "sequence"]
    sequences = {row["prediction_id"]: row["sequence"] for row in loaded.lines("query")}
    assert {row[0]: row[5] for row in rows} == sequences


def test_query_ids_are_one_a_line(loaded: Shell) -> None:
    assert loaded("query", "--ids").stdout.split() == [r["prediction_id"] for r in loaded.lines("query")]


def test_each_filter_selects_what_it_says(loaded: Shell) -> None:
    rows = loaded.lines("query")
    first = rows[0]
    confident = [r for r in rows if r["confidence"] is not None]
    threshold = sorted(r["confidence"] for r in confident)[len(confident) // 2]
    expected = {
        ("--pattern", f"{first['sequence'].split(':')[0][:4]}*"): lambda r: any(
            chain.startswith(first["sequence"][:4]) for chain in r["sequence"].split(":")
        ),
        ("--confidence", str(threshold)): lambda r: r["confidence"] is not None and r["confidence"] >= threshold,
        ("--model", confident[0]["model"]): lambda r: r["model"] == confident[0]["model"],
        ("--length", "30-45"): lambda r: 30 <= r["length"] <= 45,
        ("--length", "46-"): lambda r: r["length"] >= 46,
        ("--length", str(first["length"])): lambda r: r["length"] == first["length"],
        ("--from", "2020-01-01"): lambda r: True,
        ("--to", "2020-01-01"): lambda r: False,
        ("--where", "length > 40"): lambda r: r["length"] > 40,
    }
    for option, matches in expected.items():
        wanted = [r["prediction_id"] for r in rows if matches(r)]
        assert loaded("query", "--ids", *option).stdout.split() == wanted, option
        assert loaded.json("count", *option) == {"count": len(wanted)}, option


def test_order_limit_and_offset_page_through_the_rows(loaded: Shell) -> None:
    whole = loaded("query", "--ids", "--order-by", "-length").stdout.split()
    page = loaded("query", "--ids", "--order-by", "-length", "--limit", "3", "--offset", "2").stdout.split()
    assert page == whole[2:5]


def test_as_of_shows_the_database_before_anything_was_stored(loaded: Shell) -> None:
    assert loaded.lines("query", "--as-of", "2001-01-01") == []


def test_count_is_a_bare_number(loaded: Shell, files: list[Path]) -> None:
    assert loaded("count").stdout == f"{len(files)}\n"


def test_get_shows_the_record(loaded: Shell, files: list[Path]) -> None:
    name = pdb(files)
    record = loaded.json("get", name.stem)
    assert record.keys() >= FIELDS
    assert record["originals"] == [name.name]
    assert f"sequence\t{record['sequence']}\n" in loaded("get", name.stem).stdout


def test_get_writes_the_format_of_the_suffix(loaded: Shell, files: list[Path], tmp_path: Path) -> None:
    name = pdb(files)
    wanted = Structure.from_file(name)
    for suffix in (".pdb", ".cif", ".ent.gz", ".bcif"):
        out = tmp_path / f"out{suffix}"
        assert loaded("get", name.stem, "-o", str(out)).stdout == ""
        got = Structure.from_file(out)
        assert (got.coords == wanted.coords).all(), suffix
        assert (got.atom_name == wanted.atom_name).all(), suffix
    assert gzip.decompress((tmp_path / "out.ent.gz").read_bytes()) == (tmp_path / "out.pdb").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.bcif", "out.cif", "out.ent.gz", "out.pdb"]


def test_get_to_stdout_is_mmcif_and_nothing_else(loaded: Shell, files: list[Path]) -> None:
    name = pdb(files)
    ran = loaded("get", name.stem, "-o", "-")
    assert ran.stdout.startswith("data_")
    assert (Structure.from_text(ran.stdout).coords == Structure.from_file(name).coords).all()


def test_get_original_gives_the_files_own_bytes(loaded: Shell, files: list[Path]) -> None:
    for name in files:
        if name.name.startswith("AF-"):
            assert loaded("get", name.stem, "--original", "-o", "-").stdout.encode() == name.read_bytes()


def test_get_does_not_write_over_the_database(loaded: Shell, files: list[Path]) -> None:
    count = loaded("count").stdout
    key = next(name.stem for name in files if name.name.startswith("AF-"))
    assert "the store itself" in loaded("get", key, "--original", "-o", "proteus.db", code=1).stderr
    assert loaded("count").stdout == count


def test_get_tells_programs_what_was_written(loaded: Shell, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.pdb"
    told = loaded.json("get", pdb(files).stem, "-o", str(out))
    assert told == {"prediction_id": pdb(files).stem, "path": str(out), "bytes": out.stat().st_size}


def test_explain_names_the_way_to_the_rows(loaded: Shell) -> None:
    plan = loaded.json("explain", "--length", "30-40")
    assert plan
    assert len(loaded("explain", "--length", "30-40").stdout.splitlines()) >= len(plan)


def test_best_gives_the_most_confident_of_each_sequence(loaded: Shell) -> None:
    rows = [r for r in loaded.lines("query") if r["confidence"] is not None]
    best = loaded.lines("best", "--by", "confidence", "--per", "sequence")
    assert {r["prediction_id"] for r in rows} == {r["prediction_id"] for r in best}


def test_history_lists_the_first_version(loaded: Shell, files: list[Path]) -> None:
    versions = loaded.json("history", pdb(files).stem)
    assert [v["version"] for v in versions] == [1]
    assert loaded("history", pdb(files).stem).stdout.splitlines()[0] == "version\ttime\tchanged"


def test_stats_count_what_is_stored(loaded: Shell, files: list[Path]) -> None:
    stats = loaded.json("stats")
    assert stats["predictions"] == len(files)
    assert "predictions\t9\n" in loaded("stats").stdout


def test_verify_finds_a_sound_database_ok(loaded: Shell) -> None:
    assert loaded("verify").stdout == "ok\n"
    told = loaded.json("verify")
    assert (told["ok"], told["faults"], told["quarantined"]) == (True, [], [])
    assert told["counts"]["predictions"] == told["counts"]["versions"] == 9
