"""One node is enough for `replicas=1`, and lets in who is known, over an encrypted connection.

A node of its own takes the time of a start, so `PROTEUSDB_SOAK=1` runs this.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

import pytest
from cassandra.auth import PlainTextAuthProvider

from proteusdb import DistributedDatabaseManager
from proteusdb.errors import ConnectionError
from services.cassandra import Cassandra, single
from services.need import program

pytestmark = pytest.mark.skipif(
    os.environ.get("PROTEUSDB_SOAK") != "1", reason="a node of Cassandra of its own: with PROTEUSDB_SOAK=1"
)

USER = PASSWORD = "cassandra"
"""Whom a node knows at first."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that vouches for itself, in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    made = folder / "node.pem"
    subprocess.run(
        [
            program("openssl", "install openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-keyout", folder / "key.pem", "-out", folder / "ca.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_text((folder / "key.pem").read_text() + (folder / "ca.pem").read_text())
    return made


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Cassandra]:
    unchecked = SSLContext(PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, CERT_NONE
    pem = "org.apache.cassandra.security.PEMBasedSslContextFactory"
    encrypted = {
        "enabled": True,
        "optional": False,
        "keystore": str(certificate),
        "ssl_context_factory": {"class_name": pem},
    }
    settings = {"authenticator": {"class_name": "PasswordAuthenticator"}, "client_encryption_options": encrypted}
    known = {"auth_provider": PlainTextAuthProvider(USER, PASSWORD), "ssl_context": unchecked}
    with single(tmp_path_factory.mktemp("node"), settings=settings, options=known) as cluster:
        yield cluster


def options(node: Cassandra, certificate: Path, **given: Any) -> dict[str, Any]:
    known = {"username": USER, "password": PASSWORD, "tls": {"ca": certificate.with_name("ca.pem")}}
    return {"hosts": node.hosts, "port": node.port, "timeout": 60.0, "replicas": 1, **known, **given}


@pytest.mark.timeout(1_200)
def test_one_node_keeps_one_replica(node: Cassandra, certificate: Path) -> None:
    with pytest.raises(ConnectionError, match=r"1 of 3 replicas.*use replicas=1 for one node"):
        DistributedDatabaseManager(**options(node, certificate, replicas=3))
    with DistributedDatabaseManager(**options(node, certificate)) as db:
        model = db.store_model("esm2")
        report = db.store_predictions(
            [
                {"sequence": "MKTAYIAKQR", "structure": None, "metadata": {"confidence": n / 20, "n": n}}
                for n in range(20)
            ]
        )
        one = report.ids[7]
        assert db.update_prediction(one, {"model": model}) == 2
        db.store_analysis(one, {"tm": 0.9})
        assert db.query_ids(where="confidence >= 0.5", order_by="-confidence", limit=3) == report.ids[:-4:-1]
        assert db.query_ids(sequence_pattern="*YIAKQR", model_name="esm2") == [one]
        assert db.count() == 20
        assert db.verify_integrity().faults == ()
    node.kill(1)
    node.start(1)
    node.wait()
    with DistributedDatabaseManager(**options(node, certificate)) as db:
        assert db.get_prediction(one).version == 2
        assert db.count() == 20


@pytest.mark.timeout(1_200)
def test_who_is_not_known_is_told_without_the_password(node: Cassandra, certificate: Path) -> None:
    with pytest.raises(ConnectionError, match="username") as wrong:
        DistributedDatabaseManager(**options(node, certificate, password="not the one"))
    assert "not the one" not in str(wrong.value)
    with pytest.raises(ConnectionError):
        DistributedDatabaseManager(**options(node, certificate, username=None, password=None))


@pytest.mark.timeout(1_200)
def test_whom_nobody_vouches_for_is_not_talked_to(node: Cassandra, certificate: Path) -> None:
    with pytest.raises(ConnectionError):
        DistributedDatabaseManager(**options(node, certificate, tls=True))
    with pytest.raises(ConnectionError):
        DistributedDatabaseManager(**options(node, certificate, tls=None))
    with DistributedDatabaseManager(**options(node, certificate, tls={"verify": False})) as db:
        assert db.cluster_status()["nodes"][0]["state"] == "up"
