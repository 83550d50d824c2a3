"""The configuration of a server: TLS, principals with tokens, policies; and the files that are replaced."""

from dataclasses import dataclass, field
from pathlib import Path

import grpc

from tableadmin import aio
from tableadmin.channel import channel_options
from tableadmin_server.security.authentication.static_tokens import digest_of
from tests.authority import Authority, replace

OPERATIONS_TABLE = "tableadmin-operations"
# A call that is sent within 0.6 of a lease ends before the lease does. With a shorter lease another server
# may take over while a call is still on its way through a slow network.
LEASE, _CONNECT_SECONDS, _READ_SECONDS = 10.0, 1.0, 3.0
_PRINCIPALS = {"olga": "platform", "ana": "team", "bert": "approvers"}
_POLICIES = """
@id("platform") permit (principal in Group::"soak/platform", action, resource);
@id("team-reads") permit (principal in Group::"soak/team", action in Action::"read", resource);
@id("team-writes") @approval("soak/approvers")
permit (principal in Group::"soak/team", action in [Action::"write", Action::"destroy"], resource)
when { resource.name like "guarded-*" };
@id("approvers")
permit (principal in Group::"soak/approvers", action in [Action::"read", Action::"approve"], resource);
"""


@dataclass
class Configuration:
    """The files in FOLDER that the servers share; each server has a configuration file of its own."""

    folder: Path
    authority: Authority = field(default_factory=Authority)

    def __post_init__(self) -> None:
        (self.folder / "policies").mkdir()
        self.reload_policies()
        self._tls = self.authority.write_server(self.folder)

    def reload_certificate(self) -> None:
        """Replace the certificate of the servers by a new one of the same authority."""
        self.authority.write_server(self.folder)

    def reload_policies(self, addition: str = "") -> None:
        """Replace the policies by the same ones with ADDITION."""
        replace(self.folder / "policies" / "main.cedar", (_POLICIES + addition).encode())

    def write(self, name: str, address: str, engine_port: int) -> Path:
        """Write the configuration of the server NAME at ADDRESS, which reaches the engine at a port."""
        tokens = ", ".join(
            f'{{ name = "{principal}", sha256 = "{digest_of(_token(principal))}", groups = ["{group}"] }}'
            for principal, group in _PRINCIPALS.items()
        )
        path = self.folder / f"{name}.toml"
        path.write_text(
            f"""
            grace_period = 5
            [[listeners]]
            address = "{address}"
            tls = {{ cert = "{self._tls["cert"]}", key = "{self._tls["key"]}" }}
            authenticators = ["soak"]
            [metrics]
            address = "127.0.0.1:0"
            [audit]
            file = "{self.folder / name}.audit"
            [authenticators.soak]
            kind = "token"
            principals = "User"
            tokens = [{tokens}]
            [policies]
            folder = "{self.folder / "policies"}"
            [endpoints.engine]
            endpoint_url = "http://127.0.0.1:{engine_port}"
            region = "us-west-2"
            account = "000000000000"
            operations_table = "{OPERATIONS_TABLE}"
            operation_lease = {LEASE}
            connect_timeout = {_CONNECT_SECONDS}
            read_timeout = {_READ_SECONDS}
            background_calls_per_second = 100
            """
        )
        return path

    def clients(self, addresses: list[str], timeout: float) -> dict[str, aio.Client]:
        """A client of each principal, of all servers at ADDRESSES in turn."""
        target = f"ipv4:{','.join(addresses)}"
        options = [*channel_options(target), ("grpc.default_authority", "localhost")]
        channel = grpc.aio.secure_channel(target, self.authority.credentials(), options)
        return {
            name: aio.Client(
                channel=channel,
                timeout=timeout,
                metadata=(("authorization", f"Bearer {_token(name)}"),),
            )
            for name in _PRINCIPALS
        }


def _token(principal: str) -> str:
    return f"token-{principal}-0123456789abcdef"
