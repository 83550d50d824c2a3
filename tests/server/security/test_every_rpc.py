"""Each RPC of the contract, called with each kind of wrong credentials."""

import json
import time
from collections.abc import Iterator
from typing import cast

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from tableadmin.v1 import (
    endpoint_service_pb2,
    operation_service_pb2,
    plan_service_pb2,
    table_admin_pb2,
    watch_service_pb2,
)
from tests.server.scripted_endpoint import ScriptedEndpoint, serving
from tests.server.security.authentication.issuer import (
    AUDIENCE,
    ISSUER,
    jwks,
    private_key,
    public_jwk,
    signed,
    token,
)
from tests.server.static_token import TOKEN, config_with_token
from tests.server_process import ServerProcess, running_server

NOW = int(time.time())
FILES = (
    endpoint_service_pb2,
    operation_service_pb2,
    plan_service_pb2,
    table_admin_pb2,
    watch_service_pb2,
)
METHODS = [
    method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
# What is shown, and the reason for which it is refused.
WRONG: dict[str, tuple[list[str], str]] = {
    "none": ([], "CREDENTIALS_MISSING"),
    "Basic": (["Basic YWRtaW46YWRtaW4="], "CREDENTIALS_MALFORMED"),
    "two headers": ([f"Bearer {TOKEN}"] * 2, "CREDENTIALS_MALFORMED"),
    "unknown token": (["Bearer tableadmin_guess"], "CREDENTIALS_INVALID"),
    "alg none": (["Bearer eyJhbGciOiJub25lIn0.e30."], "CREDENTIALS_INVALID"),
    "other issuer": ([f"Bearer {token(iss='https://evil.example')}"], "CREDENTIALS_INVALID"),
    "unknown key": ([f"Bearer {token('two')}"], "CREDENTIALS_INVALID"),
    "foreign key": (
        [f"Bearer {signed(private_key('foreign'), 'ES256', {'kid': 'one'})}"],
        "CREDENTIALS_INVALID",
    ),
    "expired": ([f"Bearer {token(exp=NOW - 3600)}"], "CREDENTIALS_EXPIRED"),
    "other audience": ([f"Bearer {token(aud='other')}"], "WRONG_AUDIENCE"),
    "no expiry": ([f"Bearer {token(exp=None)}"], "CLAIM_INVALID"),
    "years": ([f"Bearer {token(exp=NOW + 10**8)}"], "LIFETIME_TOO_LONG"),
}


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedEndpoint]:
    """What the server calls."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def server(scripted: ScriptedEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that takes TOKEN, and tokens of the issuer with the key `one`."""
    folder = tmp_path_factory.mktemp("every")
    keys = folder / "jwks.json"
    keys.write_bytes(jwks(public_jwk("one")))
    corp = f"""
        [authenticators.corp]
        kind = "jwt"
        principals = "User"
        issuer = "{ISSUER}"
        audience = "{AUDIENCE}"
        jwks_file = {json.dumps(str(keys))}
        [limits]
        failed_logins_per_minute = 100000
        """
    file = config_with_token(folder, scripted.url, corp)
    with running_server("--config", str(file)) as process:
        yield process


def refused(channel: grpc.Channel, path: str, headers: list[str]) -> tuple[str, str]:
    """The code and the reason in which a call of the RPC at PATH ends, whose request is no message."""
    call = channel.unary_stream(path, bytes, bytes)(
        b"\xff\xff", timeout=20, metadata=tuple(("authorization", each) for each in headers)
    )
    with pytest.raises(grpc.RpcError) as raised:
        list(call)
    status = rpc_status.from_call(cast("grpc.Call", raised.value))
    info = ErrorInfo()
    assert status is not None
    status.details[0].Unpack(info)
    return raised.value.code().name, info.reason


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_credentials(server: ServerProcess, scripted: ScriptedEndpoint, kind: str) -> None:
    """Each RPC ends UNAUTHENTICATED with a reason, before its request is parsed or an endpoint is called."""
    headers, reason = WRONG[kind]
    scripted.seen.clear()
    with grpc.insecure_channel(server.address) as channel:
        ends = {
            method.full_name: refused(
                channel, f"/{method.containing_service.full_name}/{method.name}", headers
            )
            for method in METHODS
        }
    assert dict.fromkeys(ends, ("UNAUTHENTICATED", reason)) == ends
    assert not scripted.seen
    assert all(each.partition(" ")[2] not in server.log for each in headers)


def test_the_log_says_what_was_wrong(server: ServerProcess) -> None:
    """The caller is told one reason for all that proves nothing; the log has what exactly it was."""
    for kind, why in (("unknown key", "unknown key id"), ("foreign key", "InvalidSignatureError")):
        with grpc.insecure_channel(server.address) as channel:
            refused(channel, "/tableadmin.v1.TableAdmin/ListTables", WRONG[kind][0])
        assert why in server.log


@pytest.mark.parametrize("text", [TOKEN, token()])
def test_right_credentials(server: ServerProcess, text: str) -> None:
    """With the right token each RPC goes on to parse its request."""
    with grpc.insecure_channel(server.address) as channel:
        ends = {
            refused(channel, f"/{method.containing_service.full_name}/{method.name}", [f"Bearer {text}"])
            for method in METHODS
        }
    assert {("INVALID_ARGUMENT", "MALFORMED_REQUEST")} == ends
