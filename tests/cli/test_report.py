"""``proteusdb report`` writes the page that `Prediction.to_html` makes."""

from proteusdb import DatabaseManager
from shell import Shell


def test_a_report_is_the_page_in_a_file(changed: Shell) -> None:
    (name,) = changed("query", "--ids", "--limit", "1").stdout.split()
    assert "page.html: " in changed("report", name, "-o", "page.html").stderr
    with DatabaseManager(database_path=changed.folder / "proteus.db", read_only=True) as db:
        page = db.get_prediction(name).to_html()
    assert (changed.folder / "page.html").read_text(encoding="utf-8") == page
    assert changed("report", name, "-o", "-").stdout == page
    told = changed.json("report", name, "-o", "other.html", "--json")
    assert told == {"prediction_id": name, "path": "other.html", "bytes": len(page.encode())}


def test_what_a_report_refuses(changed: Shell) -> None:
    assert "nobody" in changed("report", "nobody", "-o", "page.html", code=1).stderr
    assert not (changed.folder / "page.html").exists()
    changed("report", "nobody", code=2)
    changed("report", "nobody", "-o", "-", "--json", code=2)
