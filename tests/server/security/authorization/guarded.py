"""A server with policies and static tokens in front of a scripted endpoint."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tableadmin import Client
from tableadmin_server.security.authentication.static_tokens import digest_of
from tests.engines import Engine
from tests.server.harness.scripted_endpoint import ScriptedEndpoint, serving
from tests.server_process import ServerProcess, running_server

OPERATIONS = "tableadmin-operations"
REGION, ACCOUNT = "eu-central-1", "111122223333"
# The principals by name, each with its groups; the token of each is `token-NAME-...`.
PRINCIPALS: Mapping[str, tuple[str, ...]] = {
    "olga": ("platform",),
    "ana": ("music",),
    "nobody": (),
    "near": (),
    "far": (),
}

POLICIES = """
@id("operators") permit (principal in Group::"ci/platform", action, resource);
@id("music") permit (principal in Group::"ci/music", action in [Action::"read", Action::"write"], resource)
when { resource.name like "music-*" };
@id("near") permit (principal == User::"ci/near", action == Action::"DescribeTable", resource)
when { context has peer && context.peer.isLoopback() };
@id("far") permit (principal == User::"ci/far", action == Action::"DescribeTable", resource)
unless { context has peer && context.peer.isLoopback() };
@id("protected") @advice("Ask #dynamodb.")
forbid (principal, action == Action::"DisableDeletionProtection", resource);
"""


def token(name: str) -> str:
    """The token of the principal NAME."""
    return f"token-{name}-0123456789abcdef"


def headers(name: str) -> tuple[tuple[str, str], ...]:
    """The metadata of calls of the principal NAME."""
    return (("authorization", f"Bearer {token(name)}"),)


@dataclass
class Guarded:
    """The server, the endpoints that it calls, and the folder of its policies."""

    process: ServerProcess
    scripted: ScriptedEndpoint
    other: ScriptedEndpoint
    policies: Path
    config: Path

    def client(
        self, name: str, endpoint: str | None = None, *, process: ServerProcess | None = None
    ) -> Client:
        """A client of the principal NAME, of this server or of another PROCESS."""
        return Client((process or self.process).address, endpoint=endpoint, metadata=headers(name))


@contextmanager
def guarded(  # each has a default
    folder: Path,
    engine: Engine | None = None,
    account: str = ACCOUNT,
    *,
    flags: Sequence[str] = (),
    policies: str = POLICIES,
    principals: Mapping[str, tuple[str, ...]] = PRINCIPALS,
    settings: Mapping[str, str] = {},
) -> Iterator[Guarded]:
    """A server with POLICIES; its endpoints are `staging`, the default, and `production`.

    ENGINE is behind `staging`, with operations, in place of the scripted endpoint. FLAGS are
    those of the server beside its configuration file, SETTINGS further lines of the tables in that file.
    """
    policy_folder = folder / "policies"
    policy_folder.mkdir()
    (policy_folder / "main.cedar").write_text(policies)
    tokens = ",\n".join(
        f'{{ name = "{name}", sha256 = "{digest_of(token(name))}", groups = {list(groups)} }}'
        for name, groups in principals.items()
    )
    with serving() as scripted, serving() as other:
        config = folder / "config.toml"
        config.write_text(
            f"""
            default_endpoint = "staging"
            [authenticators.ci]
            kind = "token"
            principals = "User"
            tokens = [{tokens}]
            [policies]
            folder = "{policy_folder}"
            {settings.get("policies", "")}
            [endpoints.staging]
            endpoint_url = "{engine.url if engine else scripted.url}"
            region = "{REGION}"
            account = "{account}"
            operations_table = "{OPERATIONS if engine else ""}"
            {settings.get("staging", "")}
            max_attempts = 1
            [endpoints.production]
            endpoint_url = "{other.url}"
            region = "{REGION}"
            operations_table = ""
            """.replace("'", '"')
        )
        with running_server("--config", str(config), *flags) as process:
            yield Guarded(process, scripted, other, policy_folder, config)
