"""The command `metrics`: for people, for programs, for Prometheus."""

import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from shell import Shell, environment


def test_figures_for_people_and_programs(loaded: Shell) -> None:
    told = loaded.json("metrics")
    assert told["storage"]["predictions"] == 9
    assert {"queries", "slow_queries", "caches", "connections", "readers", "system"} <= told.keys()
    lines = dict(line.split("\t", 1) for line in loaded("metrics").stdout.splitlines())
    assert lines["storage.predictions"] == "9"


def test_wrong_ports_and_an_absent_database(fresh: Shell, loaded: Shell) -> None:
    for wrong in ("soon", "70000", "localhost:", "-1"):
        assert "port" in loaded("metrics", "--serve", wrong, code=2).stderr
    assert "proteus.db" in fresh("metrics", code=1).stderr


def test_served_until_ctrl_c(loaded: Shell) -> None:
    pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")
    command = [sys.executable, "-m", "proteusdb", "metrics", "--serve", "0"]
    with subprocess.Popen(
        command, cwd=loaded.folder, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as served:
        try:
            assert served.stderr is not None
            line = served.stderr.readline()
            url = re.search(r"http://127\.0\.0\.1:\d+/metrics", line)
            assert url is not None, line
            with urllib.request.urlopen(url[0], timeout=60) as answer:
                text = answer.read().decode()
            assert re.search(r'proteusdb_records\{.*kind="predictions"\} 9\.0', text)
            served.send_signal(signal.SIGINT)
            assert served.wait(60) == 130
        finally:
            served.kill()
