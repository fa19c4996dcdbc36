"""Commands that write: load, update, delete."""

from collections.abc import Callable
from pathlib import Path

from proteusdb.testing.synthetic import write_layout
from shell import Shell


def test_load_stores_every_file_and_loading_again_skips_them(fresh: Shell, files: list[Path]) -> None:
    folder = str(files[0].parent)
    first = fresh.json("load", folder)
    assert (first["stored"], len(first["ids"]), first["failed"]) == (len(files), len(files), [])
    again = fresh.json("load", folder)
    assert (again["stored"], len(again["skipped"])) == (0, len(files))


def test_load_into_a_pipe_shows_no_progress_and_tells_the_counts(fresh: Shell, files: list[Path]) -> None:
    ran = fresh("load", str(files[0]), "--model", "mymodel", "--workers", "1")
    assert "stored\t1\n" in ran.stdout
    assert ran.stderr == ""
    assert fresh.lines("query")[0]["model"] == "mymodel"


def test_load_tells_companions_and_copies(fresh: Shell, tmp_path: Path) -> None:
    write_layout(tmp_path / "run", "alphafold2", seed=1)
    told = fresh.json("load", str(tmp_path / "run"), "--ids", "stem")
    assert told["stored"] == 3
    assert {Path(name).name: of for name, of in told["aliases"].items()} == {
        "ranked_0.pdb": "relaxed_model_2_ptm_pred_0",
        "ranked_1.pdb": "unrelaxed_model_1_ptm_pred_0",
    }
    assert fresh("load", str(tmp_path / "run"), "--ids", "stem").stdout.count("aliases\t2\n") == 1
    (best,) = fresh.lines("best", "--by", "ranking_score", "--per", "job")
    assert best["job"] == "target1"


def test_load_names_broken_files_and_ends_with_1(
    fresh: Shell, files: list[Path], broken_file: Callable[[Path], Path]
) -> None:
    broken = broken_file(fresh.folder)
    ran = fresh("load", str(files[0]), str(broken), "--on-error", "skip", code=1)
    assert "stored\t1\n" in ran.stdout
    assert "broken.pdb" in ran.stderr


def test_load_that_raises_stops_at_the_broken_file(fresh: Shell, broken_file: Callable[[Path], Path]) -> None:
    ran = fresh("load", str(broken_file(fresh.folder)), "--on-error", "raise", code=1)
    assert ran.stderr.startswith("proteusdb: ")
    assert "broken.pdb" in ran.stderr


def test_plddt_scale_none_leaves_confidence_unknown(fresh: Shell, files: list[Path]) -> None:
    fresh("load", str(files[0]), "--plddt-scale", "none")
    assert fresh.lines("query")[0]["confidence"] is None


def test_db_option_and_environment_name_the_database(fresh: Shell, files: list[Path]) -> None:
    fresh("load", str(files[0]), "--db", "other.db")
    assert (fresh.folder / "other.db").is_file()
    assert not (fresh.folder / "proteus.db").exists()
    assert fresh.json("count", "--db", "other.db") == {"count": 1}
    assert fresh.json("count", "--db", f"lmdb://{fresh.folder}/other.db") == {"count": 1}


def test_update_merges_metadata_as_a_new_version(changed: Shell) -> None:
    name = changed("query", "--ids", "--limit", "1").stdout.strip()
    told = changed.json(
        "update", name, "--set", "organism=E. coli", "--set", "temperature=300", "--data", '{"rank": 4}'
    )
    assert told == {"prediction_id": name, "version": 2}
    assert changed("update", name, "--unset", "temperature").stdout == "version 3\n"
    record = changed.json("get", name)
    assert (record["metadata"]["organism"], record["rank"]) == ("E. coli", 4)
    assert "temperature" not in record["metadata"]
    assert changed.json("get", name, "--version", "2")["metadata"]["temperature"] == 300
    assert [v["version"] for v in changed.json("history", name)] == [1, 2, 3]


def test_update_of_another_version_than_expected_is_refused(changed: Shell) -> None:
    name = changed("query", "--ids", "--limit", "1").stdout.strip()
    ran = changed("update", name, "--set", "a=1", "--expected-version", "7", code=1)
    assert "7" in ran.stderr
    assert changed.json("get", name)["version"] == 1


def test_delete_removes_the_named_ones_from_stdin_too(changed: Shell) -> None:
    names = changed("query", "--ids").stdout
    assert changed.json("delete", names.split()[0]) == {"deleted": [names.split()[0]]}
    changed("delete", "-", stdin="\n".join(names.split()[1:4]))
    assert changed("query", "--ids").stdout.split() == names.split()[4:]


def test_delete_is_all_or_nothing(changed: Shell) -> None:
    names = changed("query", "--ids").stdout.split()
    ran = changed("delete", names[0], "nobody", code=1)
    assert "nobody" in ran.stderr
    assert changed("query", "--ids").stdout.split() == names


def test_delete_of_nothing_from_an_empty_pipe_is_no_error(changed: Shell) -> None:
    assert "0 deleted" in changed("delete", "-", stdin="").stderr
