"""The command `index`: created, listed, used, dropped; and `where` tells a person where it went wrong."""

from pathlib import Path

from proteusdb import DatabaseManager
from shell import Shell


def fill(folder: Path) -> None:
    with DatabaseManager(database_path=folder / "proteus.db") as db:
        for number in range(8):
            organism = "E. coli" if number % 4 == 0 else "yeast"
            db.store_prediction("MKT" + "A" * number, None, {"organism": organism}, prediction_id=f"p{number}")


def test_an_index_is_created_listed_used_and_dropped(fresh: Shell) -> None:
    fill(fresh.folder)
    assert fresh.json("index", "create", "metadata.organism") == {"field": "metadata.organism", "created": True}
    assert "was there" in fresh("index", "create", "metadata.organism").stderr
    assert fresh.json("index", "list") == {"metadata.organism": 8}
    assert fresh("index", "list").stdout == "field\tpredictions\nmetadata.organism\t8\n"
    told = fresh.json("explain", "--where", "metadata.organism == 'E. coli' and length < 5")
    assert told["access"].startswith("index on metadata.organism")
    assert (told["visited"], told["answered"]) == (1, ["metadata.organism == 'E. coli'"])
    assert fresh("count", "--where", "metadata.organism glob 'E.*'").stdout.strip() == "2"
    assert "dropped" in fresh("index", "drop", "metadata.organism").stderr
    assert fresh.json("index", "list") == {}


def test_what_cannot_be_indexed_is_told_with_what_can(fresh: Shell) -> None:
    fill(fresh.folder)
    assert "metadata.organism" in fresh("index", "create", "organism", code=1).stderr
    assert "declared are: none" in fresh("index", "drop", "seed", code=1).stderr
    assert "a FIELD" in fresh("index", "create", code=2).stderr
    assert "no FIELD" in fresh("index", "list", "seed", code=2).stderr


def test_a_wrong_where_is_shown_with_its_place(fresh: Shell) -> None:
    fill(fresh.folder)
    told = fresh("count", "--where", "length > 3 and lenght < 9", code=1).stderr
    lines = told.splitlines()
    shown = next(number for number, line in enumerate(lines) if "length > 3 and lenght < 9" in line)
    assert lines[shown + 1].index("^") == lines[shown].index("lenght")
    assert 'did you mean "length"' in told
