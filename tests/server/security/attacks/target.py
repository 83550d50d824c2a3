"""A server with all that protects one, in front of an engine that takes ARNs, and what is said to it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import grpc
import tomli_w
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from urllib3 import HTTPConnectionPool

from tableadmin_server.security.authentication.static_tokens import digest_of
from tests.authority import Authority
from tests.engines import Engine
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, Step, error, serving
from tests.server.security.authentication.issuer import AUDIENCE, ISSUER, jwks, public_jwk, token
from tests.server.security.authorization.test_classification import METHODS
from tests.server_process import ServerProcess, running_server

OPERATIONS = "tableadmin-operations"
# The account is that of all of moto's resources. No other test uses the region: moto has one state a process.
REGION, ACCOUNT = "eu-west-3", "123456789012"
OURS, OTHER = Authority(), Authority()
PARTNER = "https://partner.example"
STATIC = "tableadmin_0123456789abcdef"
STREAM_OF_OURS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ours"
# A table of ana's team, one of somebody else, and one of jazz by the tag `owner`.
OWN, FOREIGN, TAGGED = "music-a", "films", "records"

POLICIES = """
@id("operators") permit (principal in Group::"corp/platform", action, resource);
@id("music") permit (principal in Group::"corp/music", action, resource is Table in Endpoint::"staging")
when { resource.name like "music-*" };
@id("owners")
permit (principal in Group::"corp/owners", action in [Action::"read", Action::"write"], resource is Table)
when { resource.hasTag("owner") && resource.getTag("owner") == principal.name };
@id("deploy") permit (principal == Service::"ci/deploy", action, resource);
@id("named") permit (principal == Service::"named/admin", action, resource);
@id("mesh") permit (principal == Service::"mesh/spiffe://prod.example/api", action, resource);

@id("stays-here") forbid (principal, action in Action::"data", resource)
unless { ["acme-exports", "arn:aws:kinesis:eu-west-3:123456789012:stream/ours"]
         .containsAll(context.destinations) };
@id("capacity") forbid (principal, action, resource)
when { context.readUnits + context.writeUnits > 1000 };
@id("kept")
forbid (
  principal in Group::"corp/music",
  action in [Action::"DeleteIndex", Action::"ExpireItems", Action::"DisableDeletionProtection",
             Action::"ReplaceTable", Action::"PutResourcePolicy", Action::"DeleteReplica",
             Action::"DisablePointInTimeRecovery"],
  resource
);
@id("owner-stays")
forbid (principal, action in [Action::"TagResource", Action::"UntagResource"], resource)
when { context.tagKeys.contains("owner") };
"""

OLGA, ANA, JAZZ, MALLORY, NOBODY = "olga", "ana", "jazz", "mallory", "nobody"
GROUPS: Mapping[str, Sequence[str]] = {
    OLGA: ["platform"],
    ANA: ["music"],
    JAZZ: ["owners"],
    MALLORY: ["owners"],
    NOBODY: [],
}
Metadata = tuple[tuple[str, str], ...]


class End(NamedTuple):
    """How a call ended."""

    code: str
    reason: str = ""
    policies: str = ""
    text: str = ""


@dataclass
class Target:
    """The server, and the endpoints that it calls: `staging`, which forwards to moto, and `production`."""

    process: ServerProcess
    staging: ScriptedEndpoint
    production: ScriptedEndpoint

    @property
    def for_tokens(self) -> str:
        """The address of the listener that takes tokens alone."""
        return self.process.addresses[0]

    @property
    def for_certificates(self) -> str:
        """The address of the listener with mutual TLS."""
        return self.process.addresses[1]

    @property
    def calls(self) -> list[str]:
        """The operations that were called, but for what the server does with its own table."""
        seen = [*self.staging.seen, *self.production.seen]
        return [each.operation for each in seen if OPERATIONS.encode() not in each.body]

    def reached(self, text: str) -> list[str]:
        """The operations of the calls that have TEXT in them; calls of other tests may come late."""
        seen = [*self.staging.seen, *self.production.seen]
        return [each.operation for each in seen if text.encode() in each.body]


def bearer(text: str) -> Metadata:
    """The metadata of a call with the token TEXT."""
    return (("authorization", f"Bearer {text}"),)


def metadata_of(name: str) -> Metadata:
    """The metadata of calls of the principal NAME."""
    return bearer(token(sub=name, groups=GROUPS[name]))


def arn(table: str, region: str = REGION, account: str = ACCOUNT) -> str:
    """The ARN of TABLE."""
    return f"arn:aws:dynamodb:{region}:{account}:table/{table}"


_LACKING = error("UnknownOperationException")
_RPCS = {each.input_type.full_name: each for each in METHODS.values()}


def ended(channel: grpc.Channel, request: Message | tuple[str, bytes], metadata: Metadata) -> End:
    """How the call ends that REQUEST is for, a message, or the name of its type and bytes."""
    name, payload = (
        request if isinstance(request, tuple) else (request.DESCRIPTOR.full_name, request.SerializeToString())
    )
    return called(channel, _RPCS[name], payload, metadata)


def called(
    channel: grpc.Channel, method: MethodDescriptor, payload: bytes, metadata: Metadata, seconds: float = 60
) -> End:
    """How a call of METHOD ends; a stream is ended after its first answer."""
    assert method.containing_service is not None
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.server_streaming:
            stream = channel.unary_stream(path, bytes, bytes)
            call: Any = stream(payload, timeout=seconds, metadata=metadata)
            next(call, None)
            call.cancel()
        else:
            channel.unary_unary(path, bytes, bytes)(payload, timeout=seconds, metadata=metadata)
    except grpc.RpcError as error:
        return _end(cast("grpc.Call", error))
    return End("OK")


def _end(error: grpc.Call) -> End:
    status, info = rpc_status.from_call(error), ErrorInfo()
    if status is not None:
        status.details[0].Unpack(info)
    return End(error.code().name, info.reason, info.metadata.get("policies", ""), error.details() or "")


def _forwarding(url: str) -> Step:
    """Answer as the engine at URL does."""
    host, _, port = url.removeprefix("http://").partition(":")
    pool = HTTPConnectionPool(host, int(port), maxsize=20)

    def step(seen: Seen) -> Answer:
        kept = {"x-amz-target", "authorization", "content-type", "x-amz-date"}
        headers = {name: value for name, value in seen.headers.items() if name.lower() in kept}
        given = pool.urlopen("POST", "/", seen.body, headers, retries=False)
        # What moto does not have is 500 there.
        return _LACKING(seen) if given.status == 500 else Answer(given.status, given.data)

    return step


@contextmanager
def _moto() -> Iterator[Engine]:
    # Here, or every worker would import moto to collect the tests.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        yield Engine("moto", f"http://{host}:{port}")
    finally:
        moto.stop()


def _make_tables(engine: Engine) -> None:
    with closing(engine.boto3(REGION)) as client:
        for name in (OWN, FOREIGN, TAGGED):
            client.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
                Tags=[{"Key": "owner", "Value": JAZZ}] if name == TAGGED else [],
            )


def _config(folder: Path, staging: str, production: str) -> Mapping[str, object]:
    (folder / "policies").mkdir()
    (folder / "policies" / "main.cedar").write_text(POLICIES)
    (folder / "corp.json").write_bytes(jwks(public_jwk("one")))
    (folder / "partner.json").write_bytes(jwks(public_jwk("partner")))
    issuer = {"kind": "jwt", "principals": "User", "audience": AUDIENCE, "groups_claim": "groups"}
    certificate = {"kind": "certificate", "principals": "Service"}
    deploy = {"name": "deploy", "sha256": digest_of(STATIC)}
    place = {"region": REGION, "account": ACCOUNT, "max_attempts": 1}
    return {
        "default_endpoint": "staging",
        "listeners": [
            {"address": "127.0.0.1:0", "authenticators": ["corp", "partner", "ci"]},
            {
                "address": "127.0.0.1:0",
                "tls": OURS.write_server(folder, OURS),
                "authenticators": ["mesh", "named", "corp"],
            },
        ],
        "authenticators": {
            "corp": {**issuer, "issuer": ISSUER, "jwks_file": str(folder / "corp.json")},
            "partner": {**issuer, "issuer": PARTNER, "jwks_file": str(folder / "partner.json")},
            "ci": {"kind": "token", "principals": "Service", "tokens": [deploy]},
            "mesh": {**certificate, "spiffe": r"spiffe://prod\.example/.+"},
            "named": {**certificate, "common_name": "admin|ops-[0-9]+"},
        },
        "policies": {"folder": str(folder / "policies")},
        "limits": {"failed_logins_per_minute": 100_000, "calls_per_second": 10_000.0, "burst": 10_000},
        "endpoints": {
            "staging": {"endpoint_url": staging, "operations_table": OPERATIONS, **place},
            "production": {"endpoint_url": production, "operations_table": "", **place},
        },
    }


@contextmanager
def target_in(folder: Path) -> Iterator[Target]:
    """The server, with its files in FOLDER."""
    with ExitStack() as running:
        engine = running.enter_context(_moto())
        _make_tables(engine)
        staging = running.enter_context(serving(_forwarding(engine.url)))
        production = running.enter_context(serving())
        config = folder / "config.toml"
        config.write_text(tomli_w.dumps(_config(folder, staging.url, production.url)))
        process = running.enter_context(running_server("--config", str(config), listen=None))
        yield Target(process, staging, production)
