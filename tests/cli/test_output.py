"""Rows and values as they are printed, without a process."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from proteusdb.cli import output
from proteusdb.cli.progress import progress_bar


def test_json_has_only_json_values() -> None:
    value = {
        "time": datetime(2024, 3, 25, 14, 0, tzinfo=timezone(timedelta(hours=2))),
        "nan": float("nan"),
        "array": np.array([[1.5, np.inf]], np.float32),
        "scalar": np.int64(7),
        "tuple": (1, None, True),
    }
    assert json.loads(output.json_line(value)) == {
        "time": "2024-03-25T12:00:00Z", "nan": None, "array": [[1.5, None]], "scalar": 7, "tuple": [1, None, True],
    }  # fmt: skip
    assert json.loads(output.json_text(value)) == json.loads(output.json_line(value))
    assert "\n" not in output.json_line({"a": "x\ny"})


def test_rows_in_a_pipe_stay_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    shown = output.show_rows(("id", "note"), [("a", "tab\tand\nline"), ("b", None), ("c", 0.5)], limit=1)
    assert shown == 3
    assert capsys.readouterr().out == "id\tnote\na\ttab\\tand\\nline\nb\t\nc\t0.5\n"


def test_pairs_in_a_pipe_are_flat(capsys: pytest.CaptureFixture[str]) -> None:
    when = datetime(2024, 3, 25, 12, tzinfo=UTC)
    output.show_pairs({"a": {"b": 1, "c": {}}, "when": when, "list": [1, "x"]})
    assert capsys.readouterr().out == 'a.b\t1\na.c\t{}\nwhen\t2024-03-25 12:00:00\nlist\t[1,"x"]\n'


def test_a_terminal_gets_a_table_cut_at_the_limit_without_control_characters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = output.show_rows(("id", "note"), [("[bold]a[/bold]", "\x1b[31mred"), ("b", "x")], limit=1)
    text = capsys.readouterr().out
    assert shown == 1
    assert "[bold]a[/bold]" in text
    assert "\\x1b[31mred" in text


def test_no_progress_bar_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("loading") as progress:
        assert progress is None
    assert capsys.readouterr() == ("", "")


def test_progress_bar_counts_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("loading", shown=True) as progress:
        assert progress is not None
        progress(10, None)
        progress(1200, 1200)
    assert capsys.readouterr().out == ""
