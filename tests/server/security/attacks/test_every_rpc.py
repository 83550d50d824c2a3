"""Each RPC of every service, with each kind of wrong credentials and with right ones, permitted and not.

Requests that get as far as permission name their tables by ARN, which the engine takes.
"""

import time
from collections.abc import Mapping

import grpc
import pytest

from tableadmin_server.security.authorization.classification import RPCS, Group, ResourceType
from tests.server.listening.test_tls import OWN_CONNECTION
from tests.server.security.attacks.target import (
    ANA,
    NOBODY,
    OLGA,
    OTHER,
    OURS,
    OWN,
    STATIC,
    End,
    Metadata,
    Target,
    arn,
    bearer,
    called,
    metadata_of,
)
from tests.server.security.authentication.issuer import private_key, signed, token
from tests.server.security.authorization.test_classification import METHODS
from tests.server.security.authorization.test_guarded_server import naming_request

NOW = int(time.time())
# Probes need no credentials.
ASKED = {name: method for name, method in METHODS.items() if "grpc.health.v1." not in name}
# What is shown, and the reason for which it is refused.
WRONG: dict[str, tuple[list[str], str]] = {
    "none": ([], "CREDENTIALS_MISSING"),
    "Basic": (["Basic YWRtaW46YWRtaW4="], "CREDENTIALS_MALFORMED"),
    "two headers": ([f"Bearer {STATIC}"] * 2, "CREDENTIALS_MALFORMED"),
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


def ends(channel: grpc.Channel, metadata: Metadata) -> Mapping[str, tuple[str, str]]:
    """The code and the reason in which a call of each RPC ends whose request is no message."""
    return {name: called(channel, method, b"\xff\xff", metadata)[:2] for name, method in ASKED.items()}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_credentials(target: Target, channel: grpc.Channel, kind: str) -> None:
    """Each RPC ends UNAUTHENTICATED with a reason, before its request is parsed or an endpoint is called."""
    headers, reason = WRONG[kind]
    before = target.calls
    found = ends(channel, tuple(("authorization", each) for each in headers))
    assert dict.fromkeys(ASKED, ("UNAUTHENTICATED", reason)) == found
    assert before == target.calls
    assert all(each.partition(" ")[2] not in target.process.log for each in headers)


def test_wrong_authority(target: Target) -> None:
    """With the certificate of another authority no RPC gets a connection, whatever token it has."""
    before = target.calls
    credentials = OURS.credentials(OTHER.client("admin"))
    with grpc.secure_channel(target.for_certificates, credentials, OWN_CONNECTION) as channel:
        found = ends(channel, metadata_of(OLGA))
    assert dict.fromkeys(ASKED, "UNAVAILABLE") == {name: code for name, (code, _) in found.items()}
    assert before == target.calls


def test_resumed_expired_certificate(target: Target, expired_channel: grpc.Channel) -> None:
    """With a certificate that has expired in a session that is resumed, each RPC ends UNAUTHENTICATED."""
    before = target.calls
    found = ends(expired_channel, ())
    assert dict.fromkeys(ASKED, ("UNAUTHENTICATED", "CREDENTIALS_EXPIRED")) == found
    assert before == target.calls


def test_the_log_says_what_was_wrong(target: Target, channel: grpc.Channel) -> None:
    """The caller is told one reason for all that proves nothing; the log has what exactly it was."""
    method = METHODS["tableadmin.v1.TableAdmin/ListTables"]
    for kind, why in (("unknown key", "unknown key id"), ("foreign key", "InvalidSignatureError")):
        called(channel, method, b"", (("authorization", WRONG[kind][0][0]),))
        assert why in target.process.log


@pytest.mark.parametrize("text", [STATIC, token()], ids=["static", "JWT"])
def test_right_credentials(channel: grpc.Channel, text: str) -> None:
    """With the right token each RPC goes on to parse its request."""
    malformed = ("INVALID_ARGUMENT", "MALFORMED_REQUEST")
    assert dict.fromkeys(ASKED, malformed) == ends(channel, bearer(text))


def named(channel: grpc.Channel, method: str, table: str, name: str) -> End:
    """How a call of METHOD by NAME ends that names TABLE by ARN wherever it can name a table."""
    payload = naming_request(method, RPCS[method], table, arn("").rstrip("/")).SerializeToString()
    return called(channel, METHODS[method], payload, metadata_of(name), 5)


DENIED = ("PERMISSION_DENIED", "POLICY_DENIED")
DECIDED = [
    method
    for method in ASKED
    if not (RPCS[method].resource_type is ResourceType.NONE and RPCS[method].group is None)
]


@pytest.mark.parametrize("method", DECIDED)
def test_without_permission(target: Target, channel: grpc.Channel, method: str) -> None:
    """A principal without permission is refused each RPC, and no endpoint is called."""
    resource_type = RPCS[method].resource_type
    before = target.calls
    end = named(channel, method, OWN, NOBODY)
    denied = ("NOT_FOUND", "OPERATION_NOT_FOUND") if resource_type is ResourceType.OPERATIONS else DENIED
    assert denied == end[:2]
    assert before == target.calls


OF_TABLES = [method for method in DECIDED if RPCS[method].tables]


@pytest.mark.parametrize("method", OF_TABLES)
def test_another_table(target: Target, channel: grpc.Channel, method: str, table_name: str) -> None:
    """A principal with permission for some tables is refused another one, named by ARN in any field."""
    assert DENIED == named(channel, method, f"films-{table_name}", ANA)[:2]
    assert [] == target.reached(table_name)


@pytest.mark.parametrize("method", OF_TABLES)
def test_with_permission(target: Target, channel: grpc.Channel, method: str, table_name: str) -> None:
    """A principal with permission is not refused, and its reads reach the endpoint: ARNs are taken there."""
    end = named(channel, method, f"films-{table_name}", OLGA)
    assert end.code not in {"PERMISSION_DENIED", "UNAUTHENTICATED", "INTERNAL", "UNKNOWN"}, end
    if "TableAdmin/" in method and RPCS[method].group in {Group.READ, Group.LIST}:
        assert target.reached(table_name), end
