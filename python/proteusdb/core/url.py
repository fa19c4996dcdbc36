"""Database URLs.

::

    lmdb:///data/proteus.db               an absolute path
    lmdb:proteus.db, proteus.db           relative to the working directory
    sqlite:///data/proteus.db             an SQLite file
    lmdb:///data/p.db?read_only=true&timeout=5
    postgresql://user:password@host:5432/database?tls_ca=ca.pem
    cassandra://user@host1,host2:9042/keyspace?replicas=3&consistency=local_quorum

A path that leads to a file is of the back end that wrote it, which its first bytes tell. The part after `?` takes the
arguments of `DatabaseManager`. Percent signs escape as in every URL.
"""

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..errors import ValidationError
from .config import BACKENDS
from .detect import engine_of

__all__ = ["place_of"]

_ALIASES = {"postgres": "postgresql"}


def _boolean(text: str) -> bool:
    values = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in values:
        raise ValueError("true or false")
    return values[text.lower()]


def _compression(text: str) -> bool | str:
    return text.lower() if text.lower() in ("fast", "small") else _boolean(text)


def _precision(text: str) -> str | float:
    return text if text == "exact" else float(text)


def _replicas(text: str) -> int | dict[str, int]:
    """`3`, or `dc1:3,dc2:2`."""
    if ":" not in text:
        return int(text)
    pairs = (each.rpartition(":") for each in text.split(","))
    return {name: int(count) for name, _, count in pairs}


_TLS = {"tls_ca": "ca", "tls_cert": "cert", "tls_key": "key", "tls_verify": "verify"}

_OPTIONS: dict[str, Callable[[str], Any]] = {
    "compression": _compression,
    "max_connections": int,
    "timeout": float,
    "retry_attempts": int,
    "read_only": _boolean,
    "durability": str,
    "precision": _precision,
    "pae_precision": _precision,
    "cache_size": int,
    "keep_versions": int,
    "allow_network_fs": _boolean,
    "mode": lambda text: int(text, 8),
    "replicas": _replicas,
    "consistency": str,
    "datacenter": str,
    "in_flight": int,
    "tls": _boolean,
    "tls_ca": str,
    "tls_cert": str,
    "tls_key": str,
    "tls_verify": _boolean,
}


def place_of(url: str | os.PathLike[str]) -> dict[str, Any]:
    """The arguments of `DatabaseManager` that a URL or a path stands for.

    Parameters
    ----------
    url : str or os.PathLike
        See the head of this file.

    Raises
    ------
    ValidationError
        It is no URL of a database; the message lists what is allowed and shows no password.
    """
    text = os.fspath(url)
    if not isinstance(text, str) or not text:
        raise ValidationError(f"url {text!r}: a path or a URL that begins with {', '.join(BACKENDS)} is needed")
    scheme, colon, rest = text.partition(":")
    backend = _ALIASES.get(scheme.lower(), scheme.lower())
    # A colon may stand in a path too: a drive, or a file name.
    if not colon or not scheme.isalnum() or (backend not in BACKENDS and "://" not in text):
        return {"backend": engine_of(text) or "lmdb", "database_path": text}
    if backend not in BACKENDS:
        raise ValidationError(f"url of scheme {scheme!r}: allowed are a path and {', '.join(BACKENDS)}, each with ://")
    path, _, query = rest.partition("?")
    place = _file(path) if backend in ("lmdb", "sqlite") else _server(text)
    if backend == "cassandra" and "host" in place:
        place["hosts"] = tuple(filter(None, place.pop("host").split(",")))
    return {"backend": backend, **place, **_options(query)}


def _file(path: str) -> dict[str, Any]:
    path = unquote(path.removeprefix("//"))
    # file URLs put a slash before the drive: /C:/data
    if len(path) > 2 and path[0] == "/" and path[2] == ":":
        path = path[1:]
    if not path:
        raise ValidationError("url without a path: write lmdb:///absolute/path.db, or lmdb:relative.db")
    return {"database_path": path}


def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValidationError("url: the port is no number from 1 to 65535") from None
    place = {
        "host": parts.hostname,
        "port": port,
        "username": parts.username and unquote(parts.username),
        "password": parts.password and unquote(parts.password),
        "database": unquote(parts.path.strip("/")),
    }
    return {name: value for name, value in place.items() if value}


def _options(query: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS:
            raise ValidationError(f"url option {name!r}: allowed are {', '.join(_OPTIONS)}")
        try:
            options[name] = _OPTIONS[name](text)
        except ValueError as wrong:
            raise ValidationError(f"url option {name}={text!r}: {wrong}") from None
    parts = {part: options.pop(name) for name, part in _TLS.items() if name in options}
    return {**options, "tls": parts} if parts else options
