"""`benches/compare` measures what it says: each store gives back what it got, and the table goes where it belongs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- written by `make bench` -->", "<!-- until here -->"


def compare(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it as a person does."""
    command = [sys.executable, str(ROOT / "benches" / "compare"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


forks = pytest.mark.skipif(sys.platform == "win32", reason="each store is measured in a forked process")


@forks
def test_each_store_gives_back_its_records_and_fills_a_row_of_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    ran = compare("--n", "6", "--rounds", "1", "--readme", str(page))
    assert ran.returncode == 0, ran.stderr
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"|\n{END}\nafter\n")
    assert "\nold\n" not in text
    rows = {row[0]: row[1:] for row in (line.strip("| ").split(" | ") for line in text.splitlines() if "|" in line)}
    assert {"proteusdb", "py-lmdb, pickles", "SQLite, msgpack and zstd-3", "folder of .pdb.gz"} <= set(rows)
    for title, cells in rows.items():
        if title not in ("store", "---|---|---|---|---|---|---"):
            numbers = [float(re.split(r" \(", cell)[0].replace(",", "")) for cell in cells]
            assert len(numbers) == 6, title
            assert all(number > 0 for number in (numbers[0], *numbers[2:])), title


@forks
def test_a_page_without_the_marks_is_left_alone_and_said(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n", encoding="utf-8")
    ran = compare("--n", "4", "--rounds", "1", "--only", "proteusdb", "--readme", str(page))
    assert ran.returncode == 1
    assert f"no section between {BEGIN} and {END}" in ran.stderr
    assert page.read_text(encoding="utf-8") == "nothing here\n"


def test_the_front_page_has_the_marks_once_and_names_no_path() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    section = page.split(BEGIN)[1].split(END)[0]
    assert "| proteusdb |" in section
    assert not re.search(r"(^|\s)/(home|work|tmp|root|Users)/", section)
