"""Whatever is sent to whichever RPC, by whomever, ends in a status that says nothing of the inside."""

import re
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tableadmin_server.security.authorization.classification import RPCS
from tests.server.harness.scripted_endpoint import answer, error
from tests.server.security.attacks.target import (
    NOBODY,
    OLGA,
    OWN,
    Metadata,
    Target,
    arn,
    bearer,
    called,
    metadata_of,
)
from tests.server.security.authorization.test_classification import METHODS
from tests.server.security.authorization.test_guarded_server import set_at
from tests.strategies import messages

# What only the inside of the server says: Python's texts, its modules, and where its endpoints are.
INSIDE = re.compile(
    r"Traceback|Error\b|Exception\b|<class|object at 0x|NoneType|\.py\b|'[a-z]+' object"
    r"|tableadmin_server|botocore|site-packages|urllib|127\.0\.0\.1|localhost"
)
BROKEN = {"UNKNOWN", "INTERNAL"}
NAMES = st.sampled_from([OWN, "films", arn(OWN), arn("films"), f"{arn(OWN)}/backup/x", f"{OWN}\n", "x", ""])


@pytest.fixture(scope="module")
def callers(target: Target) -> Iterator[dict[str, Metadata]]:
    """The metadata of calls of several callers, to an endpoint that knows no table."""
    target.production.step = error("ResourceNotFoundException")
    endpoint = (("tableadmin-endpoint", "production"),)
    yield {
        "no credentials": (),
        "wrong credentials": bearer("guessed"),
        "no permission": (*metadata_of(NOBODY), *endpoint),
        "permission": (*metadata_of(OLGA), *endpoint),
    }
    target.production.step = answer({})


@st.composite
def requests(draw: st.DrawFn, method: str) -> bytes:
    """Bytes, a message for METHOD, or both; where a message can name a table, one in two names one."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=100))
    message: Message = draw(messages(METHODS[method].input_type))
    for naming in RPCS[method].tables:
        if draw(st.booleans()):
            set_at(message, naming.path.split("."), draw(NAMES))
    return message.SerializeToString() + draw(st.just(b"") | st.binary(max_size=8))


@pytest.mark.parametrize("method", METHODS)
def test_any_request(channel: grpc.Channel, callers: dict[str, Metadata], method: str) -> None:
    """No call ends in UNKNOWN or INTERNAL, or in a text of the inside.

    A call without credentials is UNAUTHENTICATED whatever it asks for, but for health.
    """

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(requests(method))
    def check(payload: bytes) -> None:
        for caller, metadata in callers.items():
            end = called(channel, METHODS[method], payload, metadata, 1)
            assert end.code not in BROKEN, (caller, payload, end)
            assert not INSIDE.search(end.text), (caller, payload, end)
            if "credentials" in caller and "grpc.health" not in method:
                assert "UNAUTHENTICATED" == end.code, (caller, payload, end)

    check()
