"""Three nodes of Apache Cassandra on this machine, shared by all processes of a test run.

::

    cassandra_server/pom.xml      its jars                     -> build/services/cassandra/lib
    127.0.0.1, .2, .3             the nodes, one port for all
    <folder>/1/log  <folder>/1/pid  <folder>/users/<pid>
    <folder>.log                  what the keeper did; stays where the nodes did not start

    cluster = shared()            the first process that asks starts it, the last that ends stops it
    cluster.kill(3); cluster.start(3); cluster.wait()

A keeper process of its own starts the nodes, up to three times on new ports, and ends them when no process that asked
is alive any more, however those ended. A node that dies by itself is started again, and its last words are kept. Each
node owns a third of the ring. A test that stops nodes does so within `alone()`; all others hold `among()`.

`PROTEUSDB_TEST_CASSANDRA` names the folder of a cluster that `python -m services.cassandra FOLDER` keeps for many runs.
"""

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from .need import program
from .server import LOOPBACK, listening, until

__all__ = ["Cassandra", "shared"]

VARIABLE = "PROTEUSDB_TEST_CASSANDRA"
CURE = "install a JDK and Maven (Debian: default-jdk-headless maven)"
SOURCES = Path(__file__).parent / "cassandra_server"
BUILT = Path(__file__).parents[2] / "build" / "services" / "cassandra"
NODES = (1, 2, 3)
HEAP = "512m"
ATTEMPTS = 3
STARTING = 170.0
"""Seconds that three nodes may take on a busy machine; all attempts fit into the time a test may take."""

_OPENED = """java.base/java.lang java.base/java.lang.module java.base/java.lang.reflect java.base/java.util
java.base/java.io java.base/java.nio java.base/sun.nio.ch java.base/jdk.internal.loader java.base/jdk.internal.ref
java.base/jdk.internal.reflect java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.util.jar
jdk.management/com.sun.management.internal""".split()
_EXPORTED = """java.base/jdk.internal.misc java.base/jdk.internal.ref java.base/java.lang.ref
java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry java.sql/java.sql
jdk.unsupported/sun.misc""".split()
"""What of the JDK Cassandra reaches into."""

SETTINGS: dict[str, Any] = {
    "cluster_name": "tests",
    "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
    "num_tokens": 1,
    "auto_bootstrap": False,
    "endpoint_snitch": "SimpleSnitch",
    "storage_compatibility_mode": "NONE",
    "commitlog_sync": "periodic",
    "commitlog_sync_period": "1000ms",
    "commitlog_segment_size": "32MiB",
    "commitlog_total_space": "256MiB",
    "memtable_heap_space": "96MiB",
    "memtable_offheap_space": "64MiB",
    "disk_failure_policy": "die",
    "commit_failure_policy": "die",
    "hints_flush_period": "1000ms",
    "concurrent_reads": 8,
    "concurrent_writes": 8,
    "concurrent_compactors": 1,
    "key_cache_size": "8MiB",
    "counter_cache_size": "0MiB",
    "file_cache_size": "32MiB",
    "networking_cache_size": "16MiB",
    "native_transport_max_frame_size": "16MiB",
    "auto_snapshot": False,
    "phi_convict_threshold": 12,
    "paxos_variant": "v2",
    "read_request_timeout": "5000ms",
    "write_request_timeout": "5000ms",
    "range_request_timeout": "5000ms",
    "cas_contention_timeout": "3000ms",
    "request_timeout": "20000ms",
}


class Cassandra:
    """The nodes of a folder, seen from any process.

    Parameters
    ----------
    folder : Path
        Where their data and logs are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def port(self) -> int:
        """Of CQL, on every node."""
        return int(self._ports["cql"])

    @property
    def _ports(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.folder / "ports").read_text())
        return found

    @staticmethod
    def host(node: int) -> str:
        """The address of a node."""
        return f"127.0.0.{node}"

    @property
    def hosts(self) -> list[str]:
        """The addresses of all."""
        return [self.host(node) for node in NODES]

    # --- nodes --------------------------------------------------------------------------------------------------------

    def start(self, *nodes: int) -> None:
        """Starts nodes on the data they have."""
        java = program("java", CURE)
        for node in nodes:
            home = self.folder / str(node)
            home.mkdir(parents=True, exist_ok=True)
            (home / "cassandra.yaml").write_text(json.dumps(self._settings(node), indent=1))
            with (home / "log").open("ab") as log:
                process = subprocess.Popen(
                    [java, *self._options(node)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home,
                    start_new_session=True,
                )  # fmt: skip
            (home / "pid").write_text(str(process.pid))
            _STARTED.append(process)

    def kill(self, *nodes: int) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL, nodes)

    def stop(self, *nodes: int) -> None:
        """SIGTERM: a node tells the others and writes what it has."""
        self._end(signal.SIGTERM, nodes)

    def wait(self, *nodes: int, seconds: float = STARTING) -> None:
        """Until these nodes, or all, serve and know each other as up."""
        end = time.monotonic() + seconds
        for node in nodes or NODES:
            while not self._serves(node):
                if time.monotonic() > end:
                    raise TimeoutError(f"after {seconds:g} s: {self.story(node)}")
                # To ask is work too, on a machine that has enough of it.
                time.sleep(0.5)

    def alive(self, node: int) -> bool:
        """Whether its process runs."""
        pid = self._pid(node)
        for process in _STARTED:
            process.poll()
        try:
            return pid is not None and str(self.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    def story(self, node: int) -> str:
        """The last that a node said."""
        texts = [self.folder / str(node) / name for name in ("log", "system.log")]
        tails = "\n".join(text.read_bytes()[-3000:].decode(errors="replace") for text in texts if text.exists())
        return f"node {node} does not serve; it said:\n{tails}"

    def _sees_all(self, node: int) -> bool:
        """Whether a node knows every other, and takes each for alive."""
        from cassandra import ConsistencyLevel
        from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
        from cassandra.policies import FallthroughRetryPolicy, WhiteListRoundRobinPolicy

        only = ExecutionProfile(
            WhiteListRoundRobinPolicy([self.host(node)]), FallthroughRetryPolicy(), ConsistencyLevel.ALL,
            request_timeout=20,
        )  # fmt: skip
        with Cluster(
            [self.host(node)], port=self.port, protocol_version=5, execution_profiles={EXEC_PROFILE_DEFAULT: only},
            schema_metadata_enabled=False, token_metadata_enabled=False, connect_timeout=20,
            control_connection_timeout=20,
        ) as cluster:  # fmt: skip
            asked = cluster.connect()
            said = [row[0] or "" for row in asked.execute("SELECT status_with_port FROM system_views.gossip_info")]
            # Three replicas are kept of this one, so this is refused where one of the three seems dead.
            asked.execute("SELECT keyspace_name FROM system_distributed.view_build_status LIMIT 1")
        return sum("NORMAL" in status for status in said) == len(NODES)

    def _end(self, how: signal.Signals, nodes: tuple[int, ...]) -> None:
        for node in nodes:
            if self.alive(node):
                os.kill(self._pid(node) or 0, how)
        for node in nodes:
            until(lambda node=node: not self.alive(node), 60, lambda node=node: f"node {node} does not end")

    def _pid(self, node: int) -> int | None:
        try:
            return int((self.folder / str(node) / "pid").read_text())
        except (OSError, ValueError):
            return None

    def _serves(self, node: int) -> bool:
        if not self.alive(node):
            raise RuntimeError(self.story(node))
        if not listening(self.port, self.host(node)):
            return False
        try:
            return self._sees_all(node)
        except Exception:
            # It listens before it answers.
            return False

    def _settings(self, node: int) -> dict[str, Any]:
        home, address = self.folder / str(node), self.host(node)
        folders = {f"{name}_directory": f"{home}/{name}" for name in ("commitlog", "saved_caches", "hints", "cdc_raw")}
        storage = self._ports["storage"]
        seeds = {"seeds": ",".join(f"{host}:{storage}" for host in self.hosts)}
        return {
            **SETTINGS,
            **folders,
            "data_file_directories": [f"{home}/data"],
            # Each owns a third, so all may start at once and none has to be given its data.
            "initial_token": str(-(2**63) + (2**64 // len(NODES)) * (node - 1)),
            "seed_provider": [{"class_name": "org.apache.cassandra.locator.SimpleSeedProvider", "parameters": [seeds]}],
            "listen_address": address,
            "rpc_address": address,
            "storage_port": storage,
            "native_transport_port": self.port,
        }

    def _options(self, node: int) -> list[str]:
        home, lib = self.folder / str(node), BUILT / "lib"
        (home / "tmp").mkdir(exist_ok=True)
        [jamm] = lib.glob("jamm-*.jar")
        opened = [word for each in _OPENED for word in ("--add-opens", f"{each}=ALL-UNNAMED")]
        exported = [word for each in _EXPORTED for word in ("--add-exports", f"{each}=ALL-UNNAMED")]
        properties = {
            "jdk.attach.allowAttachSelf": "true",
            "java.net.preferIPv4Stack": "true",
            "java.io.tmpdir": f"{home}/tmp",
            "jna.tmpdir": f"{home}/tmp",
            "io.netty.tryReflectionSetAccessible": "true",
            "cassandra.config": f"file://{home}/cassandra.yaml",
            "cassandra.storagedir": str(home),
            "cassandra.logdir": str(home),
            "logback.configurationFile": f"file://{SOURCES}/logback.xml",
            "cassandra-foreground": "yes",
            "cassandra.jmx.local.port": str(self._ports["jmx"] + node),
            "cassandra.ring_delay_ms": "2000",
            "cassandra.skip_wait_for_gossip_to_settle": "0",
            "cassandra.consistent.rangemovement": "false",
            "cassandra.superuser_setup_delay_ms": "0",
            "cassandra.available_processors": "2",
        }
        return [
            "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms256m", f"-Xmx{HEAP}", "-Xss512k",
            "-XX:MaxDirectMemorySize=256m", "-XX:+ExitOnOutOfMemoryError", f"-javaagent:{jamm}", *opened, *exported,
            *(f"-D{name}={value}" for name, value in properties.items()),
            "-cp", f"{lib}/*", "org.apache.cassandra.service.CassandraDaemon",
        ]  # fmt: skip

    # --- who uses it --------------------------------------------------------------------------------------------------

    def join(self) -> None:
        """Keeps the cluster as long as this process lives."""
        (self.folder / "users" / str(os.getpid())).touch()

    def used(self) -> bool:
        """Whether a process that joined is alive."""
        for user in (self.folder / "users").iterdir():
            if not Path(f"/proc/{user.name}").exists():
                user.unlink(missing_ok=True)
        return any((self.folder / "users").iterdir())

    @contextmanager
    def among(self) -> Iterator[None]:
        """While this is held, no node is stopped by a test."""
        with _locked(self.folder / "nodes", fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While this is held, nobody else uses the cluster; at the end every node serves again."""
        with _locked(self.folder / "nodes", fcntl.LOCK_EX):
            try:
                yield
            finally:
                self.start(*(node for node in NODES if not self.alive(node)))
                self.wait()

    def revive(self) -> None:
        """Starts nodes again that ended while no test had stopped them."""
        with (self.folder / "nodes").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            for node in NODES:
                if not self.alive(node):
                    print(f"node {node} ended by itself and is started again; {self.story(node)}", flush=True)
                    self.start(node)
                    self.wait(node)

    # --- its beginning and its end ------------------------------------------------------------------------------------

    @property
    def log(self) -> Path:
        """What the keeper did; it outlives the folder."""
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def failed(self) -> bool:
        """Whether the keeper gave up."""
        return (self.folder / "failed").exists()

    def up(self) -> bool:
        """Whether all nodes were started; where the keeper has ended instead, what it said."""
        if (self.folder / "ready").exists():
            return True
        for process in _STARTED:
            process.poll()
        if self.failed or self._ended():
            raise RuntimeError(self.told())
        return False

    def told(self) -> str:
        """The end of what the keeper said."""
        return f"the keeper of the nodes said:\n{self.log.read_bytes()[-8000:].decode(errors='replace')}"

    def _ended(self) -> bool:
        keeper = (self.folder / "keeper").read_text()
        try:
            return str(self.folder).encode() not in Path(f"/proc/{keeper}/cmdline").read_bytes()
        except OSError:
            return True


_STARTED: list["subprocess.Popen[bytes]"] = []


@cache
def shared() -> Cassandra:
    """The cluster of this test run, which starts with the first call."""
    given = os.environ.get(VARIABLE)
    if given:
        return Cassandra(Path(given))
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}-{time.time_ns()}"
    folder = Path(tempfile.gettempdir()) / f"proteusdb-cassandra-{run}"
    cluster = Cassandra(folder)
    program("java", CURE)
    _build()
    (folder / "users").mkdir(parents=True, exist_ok=True)
    cluster.join()
    with _locked(folder / "lock", fcntl.LOCK_EX):
        if not (folder / "keeper").exists():
            with cluster.log.open("ab") as log:
                command = [sys.executable, "-m", "services.cassandra", str(folder), "while used"]
                keeper = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=Path(__file__).parents[1],
                    start_new_session=True,
                )  # fmt: skip
            _STARTED.append(keeper)
            (folder / "keeper").write_text(str(keeper.pid))
        until(cluster.up, ATTEMPTS * STARTING + 60, cluster.told)
    return cluster


def keep(cluster: Cassandra, *, while_used: bool) -> None:
    """Starts the nodes and ends them when nobody is left, or this process is told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _begin(cluster)
        (cluster.folder / "ready").touch()
        while not while_used or cluster.used():
            time.sleep(1.0)
            cluster.revive()
    finally:
        cluster.kill(*NODES)
        if not cluster.failed:
            shutil.rmtree(cluster.folder, ignore_errors=True)
            if while_used:
                cluster.log.unlink(missing_ok=True)


def _begin(cluster: Cassandra) -> None:
    """All nodes serve; where they do not, once more on new ports and without data."""
    for attempt in range(1, ATTEMPTS + 1):
        if not (cluster.folder / "ports").exists():
            _claim(cluster.folder)
        try:
            cluster.start(*NODES)
            cluster.wait()
            return
        except Exception as error:
            print(f"attempt {attempt} of {ATTEMPTS} failed: {error}", flush=True)
            cluster.kill(*NODES)
            for node in NODES:
                shutil.rmtree(cluster.folder / str(node), ignore_errors=True)
            (cluster.folder / "ports").unlink()
    (cluster.folder / "failed").touch()
    raise RuntimeError("the nodes did not start")


def _claim(folder: Path) -> None:
    """Ports that nobody uses at any of the nodes' addresses, and that are not given to connections that go out."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    hosts = [Cassandra.host(node) for node in NODES]
    ports: dict[str, int] = {}
    while len(ports) < 3:
        port = random.SystemRandom().randrange(10_000, first - len(NODES))
        name, wanted = [
            ("cql", [(host, port) for host in hosts]),
            ("storage", [(host, port) for host in hosts]),
            ("jmx", [(LOOPBACK, port + node) for node in NODES]),
        ][len(ports)]
        if all(_free(*each) for each in wanted):
            ports[name] = port
    (folder / "ports").write_text(json.dumps(ports))


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _build() -> None:
    """Fetches the jars, once for all that test in this checkout."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with _locked(BUILT / "lock", fcntl.LOCK_EX):
        if (BUILT / "complete").exists():
            return
        command = [
            program("mvn", CURE), "-B", "-q", "-f", str(SOURCES / "pom.xml"), "dependency:copy-dependencies",
            "-DincludeScope=runtime", f"-DoutputDirectory={BUILT / 'lib'}",
        ]  # fmt: skip
        run = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if run.returncode:
            raise RuntimeError(f"{command} failed:\n{run.stdout[-4000:]}")
        (BUILT / "complete").touch()


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, how)
        yield


if __name__ == "__main__":
    _folder = Path(sys.argv[1]).absolute()
    (_folder / "users").mkdir(parents=True, exist_ok=True)
    _build()
    keep(Cassandra(_folder), while_used=len(sys.argv) > 2)
