"""What a request may hold: more is refused before any work, with its field and the bound."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import grpc
import pytest
from google.protobuf.message import Message

from tableadmin import v1
from tableadmin_server.bounds import parse_bounded
from tableadmin_server.failure import Failure
from tableadmin_server.planner import validate
from tests.fuzz.measured import Measured, measured_server
from tests.server.harness.scripted_endpoint import serving

MEGABYTES_4 = 4 * 1024 * 1024

# What makes too much of something, the message that the bytes are of, and what is said. Some are megabytes,
# which only the worker makes that runs the test.
TOO_MUCH: tuple[tuple[type[Message], Callable[[], bytes], str], ...] = (
    (
        v1.PlanTablesRequest,
        lambda: b"\x0a\x00" * (MEGABYTES_4 // 2),
        "specs: must have at most 1000 elements, but has 2097152",
    ),
    (
        v1.ApplyPlanRequest,
        lambda: v1.ApplyPlanRequest(fingerprints={str(n): "" for n in range(1_001)}).SerializeToString(),
        "fingerprints: must have at most 1000 elements, but has 1001",
    ),
    (
        v1.ValidateTablesRequest,
        lambda: v1.ValidateTablesRequest(
            specs=[v1.TableSpec(attribute_definitions=[v1.AttributeDefinition()] * 16_000)]
        ).SerializeToString(),
        "specs[0].attribute_definitions: must have at most 1000 elements, but has 16000",
    ),
    (
        v1.ValidateTablesRequest,
        lambda: v1.ValidateTablesRequest(
            specs=[v1.TableSpec(attribute_definitions=[v1.AttributeDefinition()] * 99)] * 1_000
        ).SerializeToString(),
        "specs[494].attribute_definitions: all lists of a request together can have at most 50000 elements",
    ),
    (
        v1.CreateTableRequest,
        lambda: v1.CreateTableRequest(tags=[v1.Tag(key=str(n)) for n in range(200_000)]).SerializeToString(),
        "tags: must have at most 500 elements, but has 200000",
    ),
    (
        v1.WatchRequest,
        lambda: v1.WatchRequest(table_names=map(str, range(300_000))).SerializeToString(),
        "table_names: must have at most 1000 elements, but has 300000",
    ),
    (
        v1.WatchRequest,
        lambda: v1.WatchRequest(table_names=["Music", "a" * 3_900_000]).SerializeToString(),
        "table_names[1]: must be at most 2048 long, but is 3900000",
    ),
    (
        v1.WatchRequest,
        lambda: v1.WatchRequest(prefix="a" * 2_049).SerializeToString(),
        "prefix: must be at most 2048 long, but is 2049",
    ),
    (
        v1.WatchRequest,
        lambda: v1.WatchRequest(resume_token=bytes(129)).SerializeToString(),
        "resume_token: must be at most 128 long, but is 129",
    ),
    (
        v1.WaitRequest,
        lambda: v1.WaitRequest(arn="a" * 2_049).SerializeToString(),
        "arn: must be at most 2048 long, but is 2049",
    ),
    (
        v1.WatchOperationRequest,
        lambda: v1.WatchOperationRequest(operation_ids=["a" * 129]).SerializeToString(),
        "operation_ids[0]: must be at most 128 long, but is 129",
    ),
)


@pytest.fixture(scope="module")
def measured() -> Iterator[Measured]:
    """A server in front of an endpoint that answers `{}`."""
    with serving() as endpoint, measured_server(endpoint.url) as server:
        yield server


@pytest.fixture
def channel(measured: Measured) -> Iterator[grpc.Channel]:
    """A channel to the server."""
    with grpc.insecure_channel(measured.address) as channel:
        yield channel


def answered(channel: grpc.Channel, rpc: str, payload: bytes) -> tuple[grpc.StatusCode, str, bytes]:
    """The status of a call of RPC, its text, and the answer."""
    try:
        if rpc in ("WatchService/Watch", "PlanService/PlanTables"):
            list(channel.unary_stream(f"/tableadmin.v1.{rpc}", bytes, bytes)(payload, timeout=60))
            return grpc.StatusCode.OK, "", b""
        return (
            grpc.StatusCode.OK,
            "",
            channel.unary_unary(f"/tableadmin.v1.{rpc}", bytes, bytes)(payload, timeout=60),
        )
    except grpc.RpcError as error:
        return error.code(), error.details() or "", b""


@pytest.mark.parametrize(("message", "payload", "text"), TOO_MUCH, ids=[text for _, _, text in TOO_MUCH])
async def test_too_much(message: type[Message], payload: Callable[[], bytes], text: str) -> None:
    """What is too much is refused with its field, the bound and the size."""
    with pytest.raises(Failure) as raised:
        await parse_bounded(message.FromString, payload())
    assert (text, "INVALID_REQUEST") == (raised.value.message, raised.value.reason)


# Prints by how many MB the process grows while it refuses 2,000,000 empty specs.
_GROWTH = """
import asyncio
from contextlib import suppress
from tableadmin.v1 import PlanTablesRequest
from tableadmin_server.bounds import parse_bounded
from tableadmin_server.failure import Failure

def used():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024

before = used()
with suppress(Failure):
    asyncio.run(parse_bounded(PlanTablesRequest.FromString, b"\\x0a\\x00" * 2_000_000))
print(used() - before)
"""


def test_memory_of_too_many() -> None:
    """Two million elements are refused with less than 100 MB of memory. Parsed, they would take 500 MB."""
    grown = subprocess.run(
        [sys.executable, "-c", _GROWTH], capture_output=True, text=True, check=True, timeout=60
    )
    assert 0 < int(grown.stdout) < 100


@pytest.mark.parametrize(
    ("rpc", "payload"),
    [
        ("PlanService/PlanTables", lambda: b"\x0a\x00" * (MEGABYTES_4 // 2 - 8)),
        ("PlanService/ApplyPlan", lambda: b"\x0a\x00" * (MEGABYTES_4 // 2 - 8)),
        ("TableAdmin/CreateTable", TOO_MUCH[4][1]),
        ("WatchService/Watch", TOO_MUCH[5][1]),
        ("WatchService/Watch", TOO_MUCH[6][1]),
    ],
)
def test_too_much_over_the_wire(
    measured: Measured, channel: grpc.Channel, rpc: str, payload: Callable[[], bytes]
) -> None:
    """The caller gets INVALID_ARGUMENT, and the event loop is not held meanwhile."""
    much = payload()
    with measured.held_less_than(0.2):
        code, text, _ = answered(channel, rpc, much)
    assert grpc.StatusCode.INVALID_ARGUMENT == code, text


WORST = v1.ValidateTablesRequest(
    specs=[v1.TableSpec(table_name="a" * 300, attribute_definitions=[v1.AttributeDefinition()] * 48)] * 1_000
)


def test_worst_specs(measured: Measured, channel: grpc.Channel) -> None:
    """The largest invalid request gets its first 100 violations and how many there are."""
    with measured.held_less_than(0.2):
        code, _, answer = answered(channel, "PlanService/ValidateTables", WORST.SerializeToString())
    assert grpc.StatusCode.OK == code
    response = v1.ValidateTablesResponse.FromString(answer)
    assert 100 == len(response.violations)
    assert response.violation_count > 100_000


WORST_TABLE = v1.CreateTableRequest(
    table_name="Music",
    tags=[v1.Tag(key=str(n), value="a" * 4_000) for n in range(500)],
    attribute_definitions=[v1.AttributeDefinition(attribute_name=str(n)) for n in range(1_000)],
    global_secondary_indexes=[
        v1.GlobalSecondaryIndex(key_schema=[v1.KeySchemaElement(attribute_name="a")] * 40)
    ]
    * 200,
)


def test_worst_table(measured: Measured, channel: grpc.Channel) -> None:
    """The largest table that botocore finds 10,000 faults with is refused without holding the event loop."""
    with measured.held_less_than(0.2):
        code, _, _ = answered(channel, "TableAdmin/CreateTable", WORST_TABLE.SerializeToString())
    assert grpc.StatusCode.INVALID_ARGUMENT == code


def _definitions(number: int) -> dict[str, object]:
    return {"AttributeDefinitions": [{"AttributeName": f"a{n}"} for n in range(number)]}


def _projected(number: int) -> dict[str, object]:
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"a{n}" for n in range(number)]}
    return {"GlobalSecondaryIndexes": [{"Projection": projection}]}


def _key(number: int) -> dict[str, object]:
    return {"KeySchema": [{"AttributeName": f"a{n}", "KeyType": "HASH"} for n in range(number)]}


@pytest.mark.parametrize("spec", [_definitions, _projected, _key])
def test_linear(spec: Callable[[int], dict[str, object]]) -> None:
    """Eight times as much takes about eight times as long to validate, not sixty-four times."""

    def seconds(number: int) -> float:
        made = spec(number)
        begun = time.thread_time()
        validate(made)  # type: ignore[arg-type]  # it is a spec
        return time.thread_time() - begun

    assert min(seconds(16_000) for _ in range(3)) < 24 * min(seconds(2_000) for _ in range(3))


DEEP = "".join(('{"a":' * 1_000, "1", "}" * 1_000))


@pytest.mark.parametrize("policy", [DEEP, '{"a":' * 4_000, '{"a":' * 3_000 + "1" + "}" * 3_000])
def test_deep_policy(channel: grpc.Channel, policy: str) -> None:
    """A policy that is nested without end is a violation like others."""
    request = v1.PlanTablesRequest(specs=[v1.TableSpec(table_name="Music", resource_policy=policy)])
    code, _, _ = answered(channel, "PlanService/PlanTables", request.SerializeToString())
    assert grpc.StatusCode.INVALID_ARGUMENT == code
    violations = [
        each.description for each in validate({"ResourcePolicy": policy}) if each.path == "ResourcePolicy"
    ]
    assert ["must be nested at most 64 deep"] == violations


def test_state_without_a_name(channel: grpc.Channel) -> None:
    """A state that is none is INVALID_ARGUMENT."""
    request = v1.ListOperationsRequest(states=[999])  # type: ignore[list-item]  # that is the point
    code, text, _ = answered(channel, "OperationService/ListOperations", request.SerializeToString())
    assert (grpc.StatusCode.INVALID_ARGUMENT, "states: contains an unknown state: 999") == (code, text)
