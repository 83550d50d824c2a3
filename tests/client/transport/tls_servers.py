"""A server with a listener of each kind, and the files of clients that it takes and does not take."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from tests.authority import Authority, chain
from tests.server.listening.test_listeners import listening


@dataclass(frozen=True)
class TlsServers:
    """Addresses by kind of listener, and the paths of files.

    The certificate of `tls` and `mutual` is for localhost and 127.0.0.1, that of `named` for another name.
    """

    plain: str
    tls: str
    mutual: str
    named: str
    expired: str
    ca: str
    cert: str
    key: str
    other_ca: str
    other_cert: str
    other_key: str


@contextmanager
def tls_servers(folder: Path) -> Iterator[TlsServers]:
    """The listeners, in front of an endpoint with the table Music."""
    ours, other = Authority(), Authority()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaves = {
        "tls": ours.ca.issue_cert("localhost", "127.0.0.1"),
        "named": ours.ca.issue_cert("admin.example"),
        "expired": ours.ca.issue_cert("localhost", "127.0.0.1", not_after=yesterday),
    }
    tls = {name: _written(folder, name, leaf) for name, leaf in leaves.items()}
    (folder / "ca.pem").write_bytes(ours.pem)
    (folder / "other_ca.pem").write_bytes(other.pem)
    clients = {"client": _written(folder, "client", ours.client())}
    clients["other"] = _written(folder, "other", other.client())
    listeners: list[dict[str, object]] = [
        {"address": "127.0.0.1:0"},
        {"address": "127.0.0.1:0", "tls": tls["tls"]},
        {"address": "127.0.0.1:0", "tls": {**tls["tls"], "client_ca": str(folder / "ca.pem")}},
        {"address": "127.0.0.1:0", "tls": tls["named"]},
        {"address": "127.0.0.1:0", "tls": tls["expired"]},
    ]
    with listening(folder, listeners) as server:
        yield TlsServers(
            *server.addresses,
            *(str(folder / "ca.pem"), *clients["client"].values()),
            *(str(folder / "other_ca.pem"), *clients["other"].values()),
        )


def _written(folder: Path, name: str, leaf: trustme.LeafCert) -> dict[str, str]:
    """The paths of the certificate LEAF and its key, as of `tls` in a configuration."""
    files = {"cert": chain(leaf), "key": leaf.private_key_pem.bytes()}
    for kind, content in files.items():
        (folder / f"{name}.{kind}").write_bytes(content)
    return {kind: str(folder / f"{name}.{kind}") for kind in files}
