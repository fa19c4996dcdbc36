"""Encrypted connections: what a caller says once, in the words of each driver.

::

    tls=None                                   what the driver does by itself
    tls=True                                   encrypted; the server's certificate and name are verified
    tls={"ca": "ca.pem"}                       verified against this authority
    tls={"cert": "me.pem", "key": "me.key"}    and this program says who it is
    tls={"verify": False}                      encrypted, to whoever answers
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...errors import ValidationError

__all__ = ["Tls", "checked", "for_cassandra", "for_libpq", "for_mongodb"]

Tls = bool | Mapping[str, Any] | None

_PATHS = ("ca", "cert", "key")


def checked(tls: Tls) -> dict[str, Any] | None:
    """The parts of `tls`; `None` where nothing was said.

    Raises
    ------
    ValidationError
        It is none of the forms above, or names a file that is not there.
    """
    if tls is None or tls is False:
        return None
    if tls is True:
        return {}
    allowed = "None, True, or a dict of 'ca', 'cert', 'key' (paths) and 'verify' (bool)"
    if not isinstance(tls, Mapping) or not tls.keys() <= {*_PATHS, "verify"}:
        raise ValidationError(f"tls {tls!r}: allowed are {allowed}")
    if not isinstance(tls.get("verify", True), bool):
        raise ValidationError(f"tls: verify is {tls['verify']!r}; allowed are True, False")
    found = dict(tls)
    for name in _PATHS:
        if name in found:
            found[name] = os.path.abspath(os.fspath(found[name]))
            if not os.path.isfile(found[name]):
                raise ValidationError(f"tls: {name} {found[name]!r}: there is no such file")
    if "key" in found and "cert" not in found:
        raise ValidationError("tls: a key needs its cert")
    return found


def for_libpq(tls: Tls) -> dict[str, str]:
    """Parameters of a PostgreSQL connection."""
    parts = checked(tls)
    if parts is None:
        return {}
    if not parts.get("verify", True):
        mode = {"sslmode": "require"}
    else:
        mode = {"sslmode": "verify-full", "sslrootcert": parts.get("ca", "system")}
    names = {"cert": "sslcert", "key": "sslkey"}
    return mode | {names[name]: parts[name] for name in names if name in parts}


def for_mongodb(tls: Tls) -> dict[str, Any]:
    """Parameters of a MongoDB client, which wants certificate and key in one file."""
    parts = checked(tls)
    if parts is None:
        return {}
    if "key" in parts and parts["key"] != parts["cert"]:
        raise ValidationError("tls: MongoDB's driver wants certificate and key in one file; give it as cert")
    options: dict[str, Any] = {"tls": True}
    if not parts.get("verify", True):
        options |= {"tlsAllowInvalidCertificates": True}
    names = {"ca": "tlsCAFile", "cert": "tlsCertificateKeyFile"}
    return options | {names[name]: parts[name] for name in names if name in parts}


def for_cassandra(tls: Tls) -> dict[str, Any]:
    """Parameters of a Cassandra cluster."""
    parts = checked(tls)
    if parts is None:
        return {}
    # Without a cluster that is encrypted nobody needs it.
    import ssl

    context = ssl.create_default_context(cafile=parts.get("ca"))
    if not parts.get("verify", True):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if "cert" in parts:
        context.load_cert_chain(parts["cert"], parts.get("key"))
    return {"ssl_context": context}
