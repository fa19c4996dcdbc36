"""Where a database is and how it is opened: constructor arguments, URLs and environment variables, all checked.

::

    DatabaseManager(...)           \\
    lmdb:///data/proteus.db?...     }--> Config (frozen) --open_backend--> Backend
    PROTEUSDB_URL                  /

Environment variables:

PROTEUSDB_URL
    What `DatabaseManager()` without a place opens: a URL or a path. Else `proteus.db` in the working directory.
PROTEUSDB_WORKERS
    Threads that read, encode and decode where `workers=` is not given. Else the processors this process may use.
PROTEUSDB_MAP_SIZE
    First size in bytes of the memory map of an LMDB store; for tests and machines that limit address space.

Invariants: a Config that exists holds allowed values only; a password is in no `repr` and in no URL.
"""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from ..backends.base import Backend
from ..errors import ValidationError
from ..formats.extras import need

__all__ = [
    "BACKENDS",
    "CONSISTENCIES",
    "DEFAULT_PATH",
    "Config",
    "core_compression",
    "default_workers",
    "one_of",
    "open_backend",
    "positive",
]

DEFAULT_PATH = "proteus.db"
CONSISTENCIES = ("one", "local_one", "quorum", "local_quorum", "all")
"""How many replicas of a cluster answer."""
BACKENDS = ("lmdb", "sqlite", "postgresql", "mongodb", "cassandra")
"""Back ends by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The arguments of `DatabaseManager`, checked.

    Raises
    ------
    ValidationError
        An argument is not allowed; the message lists what is.
    """

    backend: str = "lmdb"
    database_path: str | None = None
    host: str = "localhost"
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str = "proteus"
    compression: bool | str = True
    max_connections: int = 10
    timeout: float = 30.0
    retry_attempts: int = 3
    read_only: bool = False
    durability: str = "full"
    precision: str | float = "exact"
    keep_original: bool = False
    pae_precision: str | float = "exact"
    cache_size: int = 64 << 20
    keep_versions: int | None = None
    allow_network_fs: bool = False
    mode: int = 0o664
    tls: bool | Mapping[str, Any] | None = None
    sharding_strategy: str = "hash"
    hosts: tuple[str, ...] | None = None
    replicas: int | Mapping[str, int] = 3
    consistency: str = "quorum"
    datacenter: str | None = None
    in_flight: int = 128

    def __post_init__(self) -> None:
        self._check_backend()
        self._check_place()
        self._check_cluster()
        self._check_numbers()
        for name in ("read_only", "allow_network_fs", "keep_original"):
            _require(isinstance(getattr(self, name), bool), name, getattr(self, name), "True, False")
        one_of("durability", self.durability, ("full", "relaxed"))
        core_compression(self.compression)
        _require(
            self.precision == "exact" or _is_number(self.precision, above=0),
            "precision",
            self.precision,
            "'exact' or a largest error in Å above 0, as 0.02, 0.05, 0.1",
        )
        _require(
            self.pae_precision == "exact" or self.pae_precision in (0.1, 0.5, 1.0),
            "pae_precision",
            self.pae_precision,
            "'exact', 0.1, 0.5, 1.0 (Å)",
        )
        keep = self.keep_versions
        _require(
            keep is None or (_is_int(keep) and keep >= 1), "keep_versions", keep, "None (all), an int of 1 or more"
        )

    def _check_backend(self) -> None:
        one_of("backend", self.backend, BACKENDS)

    def _check_place(self) -> None:
        if self.database_path is not None:
            good = isinstance(self.database_path, str) and self.database_path != "" and "\0" not in self.database_path
            _require(good, "database_path", self.database_path, "the path of one file, as str or os.PathLike")
        for name in ("host", "database"):
            value = getattr(self, name)
            _require(isinstance(value, str) and value != "", name, value, "a str that is not empty")
        _require(self.username is None or isinstance(self.username, str), "username", self.username, "a str or None")
        # The value of a password stands in no message.
        _require(self.password is None or isinstance(self.password, str), "password", "(hidden)", "a str or None")
        _require(
            self.port is None or (_is_int(self.port) and 1 <= self.port <= 65535), "port", self.port, "None, 1 to 65535"
        )

    def _check_cluster(self) -> None:
        one_of("sharding_strategy", self.sharding_strategy, ("hash",))
        one_of("consistency", self.consistency, CONSISTENCIES)
        hosts = self.hosts
        good = isinstance(hosts, tuple) and bool(hosts) and all(isinstance(host, str) and host for host in hosts)
        _require(hosts is None or good, "hosts", hosts, "names or addresses of nodes")
        each = self.replicas.values() if isinstance(self.replicas, Mapping) else [self.replicas]
        named = not isinstance(self.replicas, Mapping) or all(isinstance(name, str) and name for name in self.replicas)
        good = named and bool(each) and all(_is_int(count) and count >= 1 for count in each)
        _require(good, "replicas", self.replicas, "an int of 1 or more, or a dict of data centre to one")
        centre = self.datacenter
        _require(centre is None or (isinstance(centre, str) and centre != ""), "datacenter", centre, "a name or None")

    def _check_numbers(self) -> None:
        _require(_is_number(self.timeout, above=0), "timeout", self.timeout, "a number of seconds above 0")
        for name, low, high in (
            ("max_connections", 1, None),
            ("retry_attempts", 0, None),
            ("cache_size", 0, None),
            ("in_flight", 1, None),
            ("mode", 0, 0o777),
        ):
            value = getattr(self, name)
            good = _is_int(value) and value >= low and (high is None or value <= high)
            allowed = f"{low} or more" if high is None else f"{low:#o} to {high:#o}"
            _require(good, name, value, f"an int, {allowed}")

    def core_compression(self) -> str:
        """The compression as the core names it: `fast`, `small` or `none`."""
        return core_compression(self.compression)

    def core_precision(self) -> tuple[float | None, float | None]:
        """Largest errors of coordinates and PAE in Å; `None` is exact."""
        exact = [None if value == "exact" else float(value) for value in (self.precision, self.pae_precision)]
        return exact[0], exact[1]

    @classmethod
    def names(cls) -> frozenset[str]:
        """The names of all arguments."""
        return frozenset(each.name for each in fields(cls))

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> "Config":
        """Constructor arguments to a Config; nothing that says where means `PROTEUSDB_URL`, else `proteus.db`."""
        given = dict(arguments)
        path = given.get("database_path")
        if path is None and given.get("backend", "lmdb") == "lmdb":
            from .url import place_of

            place = place_of(os.environ.get("PROTEUSDB_URL") or DEFAULT_PATH)
            # What the program says outweighs what the environment's URL adds.
            defaults = {each.name: each.default for each in fields(cls)}
            said = {name: value for name, value in given.items() if name not in place or value != defaults.get(name)}
            given = {
                **place,
                **{name: value for name, value in said.items() if name not in ("backend", "database_path")},
            }
        elif isinstance(path, os.PathLike):
            given["database_path"] = os.fspath(path)
        return cls(**given)


def open_backend(config: Config, *, any_schema: bool = False) -> Backend:
    """Opens the store a Config describes; with `any_schema` one of an older schema as it is.

    Raises
    ------
    ConnectionError
        It cannot be opened; the message says why and what to do.
    """
    from ..backends.layers import Cache, stacked

    backend = _OPENERS[config.backend](config, any_schema)
    token = getattr(backend, "change_token", None)
    return stacked(backend, [] if token is None else [Cache(token, config.cache_size)])


def _open_lmdb(config: Config, any_schema: bool) -> Backend:
    from ..backends.lmdb import LmdbBackend

    return LmdbBackend(**_lmdb_options(config), any_schema=any_schema)


def _lmdb_options(config: Config) -> dict[str, Any]:
    """The arguments of `LmdbBackend` that a Config stands for."""
    return {
        "path": config.database_path or DEFAULT_PATH,
        "read_only": config.read_only,
        "durability": config.durability,
        "mode": config.mode,
        "timeout": float(config.timeout),
        "allow_network_fs": config.allow_network_fs,
        "map_size": _whole_number("PROTEUSDB_MAP_SIZE", lowest=1 << 16),
        "cache_size": config.cache_size,
    }


def _open_sqlite(config: Config, any_schema: bool) -> Backend:
    from ..backends.sqlite import SqliteBackend

    return SqliteBackend(
        config.database_path or DEFAULT_PATH,
        read_only=config.read_only,
        durability=config.durability,
        mode=config.mode,
        timeout=float(config.timeout),
        max_connections=config.max_connections,
        any_schema=any_schema,
    )


def _open_postgresql(config: Config, any_schema: bool) -> Backend:
    need("psycopg_pool", extra="postgresql", purpose="the back end 'postgresql'")
    need("psycopg", extra="postgresql", purpose="the back end 'postgresql'")
    from ..backends.postgresql import PostgresqlBackend
    from ..backends.shared.tls import for_libpq

    options = _server_options(config)
    return _repeating(PostgresqlBackend(**options, tls=for_libpq(config.tls), any_schema=any_schema), config)


def _open_mongodb(config: Config, any_schema: bool) -> Backend:
    need("pymongo", extra="mongodb", purpose="the back end 'mongodb'")
    from ..backends.mongodb import MongodbBackend
    from ..backends.shared.tls import for_mongodb

    options = _server_options(config)
    return _repeating(MongodbBackend(**options, tls=for_mongodb(config.tls), any_schema=any_schema), config)


def _open_cassandra(config: Config, any_schema: bool) -> Backend:
    need("cassandra", extra="cassandra", purpose="the back end 'cassandra'")
    from ..backends.cassandra import CassandraBackend
    from ..backends.shared.tls import for_cassandra

    backend = CassandraBackend(
        hosts=config.hosts or (config.host,),
        port=config.port,
        username=config.username,
        password=config.password,
        database=config.database,
        replicas=config.replicas,
        consistency=config.consistency,
        datacenter=config.datacenter,
        read_only=config.read_only,
        timeout=float(config.timeout),
        in_flight=config.in_flight,
        tls=for_cassandra(config.tls),
    )
    # What it lacks of the protocol, its capabilities say; nobody asks it for that.
    return _repeating(cast(Backend, backend), config)


def _server_options(config: Config) -> dict[str, Any]:
    """The arguments of every back end on a server that a Config stands for; each has its own words for `tls`."""
    return {
        "host": config.host,
        "port": config.port,
        "username": config.username,
        "password": config.password,
        "database": config.database,
        "read_only": config.read_only,
        "durability": config.durability,
        "timeout": float(config.timeout),
        "max_connections": config.max_connections,
    }


def _repeating(backend: Backend, config: Config) -> Backend:
    """A back end whose calls are repeated where the connection fails."""
    from ..backends.layers import Retry, stacked

    return stacked(backend, [Retry(config.retry_attempts, float(config.timeout))])


_OPENERS: dict[str, Callable[[Config, bool], Backend]] = {
    "lmdb": _open_lmdb,
    "sqlite": _open_sqlite,
    "postgresql": _open_postgresql,
    "mongodb": _open_mongodb,
    "cassandra": _open_cassandra,
}
"""How each back end of this version is opened; what it needs is imported then."""


def core_compression(compression: Any) -> str:
    """The profile as the core names it: `fast`, `small` or `none`; a ValidationError for another."""
    good = isinstance(compression, bool) or compression in ("fast", "small")
    _require(good, "compression", compression, "True (= 'fast'), 'fast', 'small', False")
    if isinstance(compression, bool):
        return "fast" if compression else "none"
    return str(compression)


def default_workers() -> int:
    """`PROTEUSDB_WORKERS`, else the number of processors this process may use."""
    chosen = _whole_number("PROTEUSDB_WORKERS", lowest=1)
    if chosen is not None:
        return chosen
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raises a ValidationError that lists `allowed` unless `value` is one of them."""
    _require(isinstance(value, str) and value in allowed, name, value, ", ".join(allowed))


def positive(name: str, value: Any) -> int:
    """`value` where it is an int of at least 1; else a ValidationError."""
    _require(_is_int(value) and value >= 1, name, value, "an int, 1 or more")
    return int(value)


def _whole_number(variable: str, *, lowest: int) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    if not text.isdecimal() or int(text) < lowest:
        raise ValidationError(f"environment variable {variable}={text!r}: allowed is a whole number, {lowest} or more")
    return int(text)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any, *, above: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > above


def _require(good: bool, name: str, value: Any, allowed: str) -> None:
    if not good:
        raise ValidationError(f"{name} {value!r}: allowed are {allowed}")
