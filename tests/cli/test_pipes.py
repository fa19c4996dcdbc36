"""``-`` as a file: what goes in and comes out of a pipe is what would be in the file."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

from shell import Shell, environment


def piped(folder: Path, *args: str, stdin: bytes = b"", code: int = 0) -> bytes:
    """The bytes a command writes to stdout."""
    ran = subprocess.run(
        [sys.executable, "-m", "proteusdb", *args],
        cwd=folder,
        env=environment(),
        input=stdin,
        capture_output=True,
        timeout=120,
    )
    assert ran.returncode == code, ran.stderr.decode()
    return ran.stdout


def test_a_tar_stream_is_loaded(fresh: Shell, files: list[Path]) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w|gz") as tar:
        tar.add(files[0].parent, "predictions")
    told = json.loads(piped(fresh.folder, "load", "-", "--ids", "stem", "--json", stdin=stream.getvalue()))
    assert (told["stored"], told["failed"]) == (len(files), [])
    cut = stream.getvalue()[: len(stream.getvalue()) // 2]
    told = json.loads(piped(fresh.folder, "load", "-", "--db", "cut.db", "--json", stdin=cut))
    assert 0 < told["stored"] < len(files)
    assert "cannot be read to its end" in told["pending"][0]["reason"]
    assert fresh("verify", "--db", "cut.db").stdout == "ok\n"


def test_exports_go_to_a_pipe(loaded: Shell, files: list[Path]) -> None:
    rows = piped(loaded.folder, "export", "-", "--format", "jsonl").splitlines()
    assert [json.loads(row)["prediction_id"] for row in rows] == loaded("query", "--ids").stdout.split()
    fasta = piped(loaded.folder, "export", "-", "--format", "fasta", "--limit", "2")
    assert fasta.count(b">") == 2
    with tarfile.open(fileobj=io.BytesIO(piped(loaded.folder, "export", "-", "--format", "original"))) as tar:
        assert {Path(name).name for name in tar.getnames()} >= {file.name for file in files}
    assert "stdout" in loaded("export", "-", "--format", "csv", "--json", code=2).stderr


def test_a_backup_goes_through_a_pipe(loaded: Shell, fresh: Shell) -> None:
    whole = piped(loaded.folder, "backup", "-")
    piped(fresh.folder, "restore", "-", stdin=whole)
    assert fresh("query", "--ids").stdout == loaded("query", "--ids").stdout
    before = sorted(fresh.folder.iterdir())
    piped(fresh.folder, "restore", "-", "--db", "cut.db", stdin=whole[: len(whole) // 2], code=1)
    piped(fresh.folder, "restore", "-", "--db", "none.db", code=1)
    assert sorted(fresh.folder.iterdir()) == before
    assert "stdout" in loaded("backup", "-", "--json", code=2).stderr


def test_changes_come_from_stdin(changed: Shell) -> None:
    (name,) = changed("query", "--ids", "--limit", "1").stdout.split()
    changed("update", name, "--data", "-", stdin='{"metadata": {"note": "from a pipe"}}')
    assert changed.json("get", name)["metadata"]["note"] == "from a pipe"
    assert "JSON" in changed("update", name, "--data", "-", stdin="{", code=2).stderr
    piped(changed.folder, "delete", "-", stdin=b"\xff\n", code=2)
