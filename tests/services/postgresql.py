"""PostgreSQL: a cluster of its own, made, crashed and started again at will.

::

    <folder>/data   the cluster          <folder>/log   what the server said

The programs are Debian's or any other on the PATH. PostgreSQL refuses to run as root; a test run as root starts it as
the user `postgres` (or `nobody`). Commits reach the operating system before they are acknowledged
(`synchronous_commit`), and nothing is synced to the disk: a killed server loses nothing that way, and a test need not
survive a power failure.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .need import absent
from .server import LOOPBACK, free_port

__all__ = ["PostgreSQL"]

CURE = "install PostgreSQL (Debian: postgresql postgresql-contrib)"
USER = "tester"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "max_connections": "60",
}


def programs() -> Path:
    """The folder of `initdb` and `pg_ctl`, of the newest version there is."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    found = packaged[-1] if packaged else shutil.which("initdb")
    return Path(found).parent if found else absent("PostgreSQL", CURE)


class PostgreSQL:
    """A running cluster. `with PostgreSQL() as server: connect(server.url)`."""

    def __init__(self, password: str | None = None) -> None:
        self._programs = programs()
        self._folder = Path(tempfile.mkdtemp(prefix="proteusdb-postgresql-"))
        self._account = _account(self._folder)
        self.port = free_port()
        self.password = password
        self._initialise()
        self.start()

    @property
    def url(self) -> str:
        """Of a database that is made new by `create`, or of the one each cluster has."""
        return self.address("postgres")

    def address(self, database: str) -> str:
        """The URL of one database."""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        return f"postgresql://{USER}{secret}@{LOOPBACK}:{self.port}/{database}"

    def create(self, name: str) -> str:
        """Makes a database; its URL."""
        environment = {"PGPASSWORD": self.password} if self.password else {}
        self._run("createdb", "-h", LOOPBACK, "-p", str(self.port), "-U", USER, name, environment=environment)
        return self.address(name)

    def start(self) -> None:
        """Starts it on the data it has, and waits until it serves."""
        settings = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        options = f"-p {self.port} -k {self._folder} {settings}"
        self._run("pg_ctl", "-D", self._data, "-l", f"{self._folder}/log", "-w", "-t", "60", "-o", options, "start")

    def kill(self) -> None:
        """Ends it as a crash does: no checkpoint, every connection lost; the next start recovers."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def stop(self) -> None:
        """Ends it in order."""
        self._run("pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop")

    def log(self) -> str:
        """What the server said."""
        return (self._folder / "log").read_text(errors="replace")

    def __enter__(self) -> "PostgreSQL":
        return self

    def __exit__(self, *_: object) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> str:
        return f"{self._folder}/data"

    def _initialise(self) -> None:
        how = ["-A", "trust"]
        if self.password:
            secret = self._folder / "password"
            secret.write_text(self.password)
            how = ["-A", "scram-sha-256", "--pwfile", str(secret)]
        self._run("initdb", "-D", self._data, "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", *how)

    def _run(self, program: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        """Runs one of PostgreSQL's programs as a user it accepts; its output is the error where it fails."""
        run = subprocess.run(
            [str(self._programs / program), *arguments],
            cwd=self._folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self._folder), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self._account,
        )
        if run.returncode:
            raise RuntimeError(f"{program} failed:\n{run.stdout}")


def _account(folder: Path) -> dict[str, Any]:
    """Arguments of `subprocess.run` for the user that runs the server; the folder is made theirs."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return absent("a user that may run PostgreSQL", "it refuses to run as root")
