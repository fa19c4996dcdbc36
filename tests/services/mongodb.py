"""A server that speaks MongoDB's protocol, or a real one that is told by `PROTEUSDB_TEST_MONGODB_URI`.

::

    mongodb_server/pom.xml       its jars, with an H2 store    -> build/services/mongodb/lib
    mongodb_server/Server.java   a small main                  -> build/services/mongodb/Server.class
    java Server PORT FILE        its data is in FILE

mongo-java-server has no sessions, no transactions and no `explain`: with it the tests prove the way without them. Where
the variable names a real server, the same tests prove the other way.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .need import program
from .server import LOOPBACK, Process, free_port, listening

__all__ = ["MongoDB"]

VARIABLE = "PROTEUSDB_TEST_MONGODB_URI"
CURE = f"install a JDK and Maven (Debian: default-jdk-headless maven), or name a MongoDB server in {VARIABLE}"
SOURCES = Path(__file__).parent / "mongodb_server"
BUILT = Path(__file__).parents[2] / "build" / "services" / "mongodb"


class MongoDB:
    """A running server. `with MongoDB() as server: connect(server.url)`."""

    def __init__(self) -> None:
        self._given = os.environ.get(VARIABLE)
        self._process: Process | None = None
        if self._given:
            return
        self._java = program("java", CURE)
        _build()
        self._folder = Path(tempfile.mkdtemp(prefix="proteusdb-mongodb-"))
        self.port = free_port()
        self.start()

    @property
    def real(self) -> bool:
        """Whether it is somebody's own server, which must not be killed."""
        return self._given is not None

    @property
    def url(self) -> str:
        """Without a database's name."""
        return (self._given or f"mongodb://{LOOPBACK}:{self.port}").rstrip("/")

    def start(self) -> None:
        """Starts it on the data it has, and waits until it serves."""
        classes = f"{BUILT / 'lib'}/*:{BUILT}"
        memory = ["-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        command = [self._java, *memory, "-cp", classes, "Server", str(self.port), str(self._folder / "data.h2")]
        self._process = Process(command, self._folder / "log")
        self._process.ready(lambda: listening(self.port), 60)

    def kill(self) -> None:
        """Ends it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def stop(self) -> None:
        """Ends it in order."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __enter__(self) -> "MongoDB":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.real:
            self.kill()
            shutil.rmtree(self._folder, ignore_errors=True)


def _build() -> None:
    """Fetches the jars and compiles the main, once for all that test in this checkout."""
    with _alone():
        made, sources = BUILT / "Server.class", SOURCES.iterdir()
        if made.exists() and made.stat().st_mtime > max(source.stat().st_mtime for source in sources):
            return
        maven, compiler = program("mvn", CURE), program("javac", CURE)
        lib = BUILT / "lib"
        pom = ["-f", str(SOURCES / "pom.xml")]
        _run(maven, "-B", "-q", *pom, "dependency:copy-dependencies", f"-DoutputDirectory={lib}")
        _run(compiler, "-cp", f"{lib}/*", "-d", str(BUILT), str(SOURCES / "Server.java"))


@contextmanager
def _alone() -> Iterator[None]:
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str) -> None:
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode:
        raise RuntimeError(f"{command} failed:\n{run.stdout[-4000:]}")
