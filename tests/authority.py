"""Certificate authorities for tests, and the files and credentials that they issue."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import grpc
import trustme


@dataclass
class Authority:
    """An authority that issues certificates of servers on this machine, and of clients."""

    ca: trustme.CA = field(default_factory=trustme.CA)

    @property
    def pem(self) -> bytes:
        """The certificate of the authority itself."""
        return self.ca.cert_pem.bytes()

    def client(self, name: str = "client", *, not_after: datetime | None = None) -> trustme.LeafCert:
        """A certificate of a client."""
        return self.ca.issue_cert(common_name=name, not_after=not_after)

    def write_server(self, folder: Path, *clients: "Authority") -> dict[str, str]:
        """Write a new certificate of a server that takes clients of CLIENTS; the keys of `tls`."""
        return write(folder, self.ca.issue_cert("localhost", "127.0.0.1"), clients)

    def credentials(self, client: trustme.LeafCert | None = None) -> grpc.ChannelCredentials:
        """What a client needs that trusts servers of this authority, and shows the certificate CLIENT."""
        if client is None:
            return grpc.ssl_channel_credentials(self.pem)
        return grpc.ssl_channel_credentials(self.pem, client.private_key_pem.bytes(), chain(client))


def write(folder: Path, server: trustme.LeafCert, clients: Iterable[Authority]) -> dict[str, str]:
    """Write the certificate SERVER, its key and the authorities of clients, each file at once."""
    files = {"cert": chain(server), "key": server.private_key_pem.bytes()}
    if bundle := b"".join(each.pem for each in clients):
        files["client_ca"] = bundle
    for name, content in files.items():
        replace(folder / f"{name}.pem", content)
    return {name: str(folder / f"{name}.pem") for name in files}


def replace(path: Path, content: bytes) -> None:
    """Put a file with CONTENT in the place of the one at PATH."""
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(path)


def chain(leaf: trustme.LeafCert) -> bytes:
    """A certificate and its intermediates."""
    return b"".join(each.bytes() for each in leaf.cert_chain_pems)
