"""The service's own table: what names it is refused, by name and by ARN, wherever a request may say it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status

from tableadmin.v1 import (
    ApplyPlanRequest,
    PlanTablesRequest,
    TableSpec,
    plan_service_pb2,
)
from tests.parity import CONTRACT
from tests.server.conftest import write_config
from tests.server_process import running_server

OWN = "tableadmin-operations"
PLANS = plan_service_pb2.DESCRIPTOR.services_by_name["PlanService"]

# The fields of each RPC that is no read in which a table can be named.
NAMED = {
    "CancelBulkOperation": {"bulk_operation_arn"},
    "CreateBackup": {"table_name"},
    "CreateGlobalTable": {"global_table_name"},
    "CreateTable": {"table_name", "global_table_source_arn"},
    "DeleteBackup": {"backup_arn"},
    "DeleteResourcePolicy": {"resource_arn"},
    "DeleteTable": {"table_name"},
    "DisableKinesisStreamingDestination": {"table_name", "stream_arn"},
    "EnableKinesisStreamingDestination": {"table_name", "stream_arn"},
    "ExportTableToPointInTime": {"table_arn"},
    "ImportTable": {"table_creation_parameters.table_name"},
    "PutResourcePolicy": {"resource_arn"},
    "RestoreTableFromBackup": {"target_table_name", "backup_arn"},
    "RestoreTableToPointInTime": {"source_table_arn", "source_table_name", "target_table_name"},
    "StartBulkPutItems": {"table_name"},
    "TagResource": {"resource_arn"},
    "UntagResource": {"resource_arn"},
    "UpdateContinuousBackups": {"table_name"},
    "UpdateContributorInsights": {"table_name"},
    "UpdateGlobalTable": {"global_table_name"},
    "UpdateGlobalTableSettings": {"global_table_name"},
    "UpdateKinesisStreamingDestination": {"table_name", "stream_arn"},
    "UpdateTable": {"table_name"},
    "UpdateTableReplicaAutoScaling": {"table_name"},
    "UpdateTimeToLive": {"table_name"},
}
# What else has a name or an ARN.
OTHERS = {
    "attribute_name",
    "auto_scaling_role_arn",
    "backup_name",
    "index_name",
    "policy_name",
    "region_name",
}
WAYS_TO_SAY_IT = (
    OWN,
    f"arn:aws:dynamodb:us-west-2:123456789012:table/{OWN}",
    f"arn:aws-cn:dynamodb:cn-north-1:999999999999:table/{OWN}",
    f"arn:aws:dynamodb:ddblocal:000000000000:table/{OWN}",
    f"arn:aws:dynamodb:us-west-2:123456789012:table/{OWN}/index/by-state",
    f"arn:aws:dynamodb:us-west-2:123456789012:table/{OWN}/stream/2024-01-01T00:00:00.000",
    f"arn:aws:dynamodb:us-west-2:123456789012:table/{OWN}/backup/01489602797149-73d8d5bc",
)
STRANGERS = (
    "Music",
    f"{OWN}-2",
    f"my-{OWN}",
    f"arn:aws:dynamodb:us-west-2:123456789012:table/{OWN}-2",
    f"arn:aws:dynamodb:us-west-2:123456789012:table/Music/index/{OWN}",
)


def named_fields(message: Descriptor, above: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
    """The paths of the strings in MESSAGE that are names or ARNs by their field's name."""
    for field in message.fields:
        if field.message_type is not None and field.message_type.full_name not in seen:
            yield from named_fields(field.message_type, f"{above}{field.name}.", (*seen, message.full_name))
        elif field.type == FieldDescriptor.TYPE_STRING and field.name.endswith(
            ("_name", "_names", "_arn", "_arns")
        ):
            yield above + field.name


def saying(request_type: Descriptor, path: str, value: str) -> Message:
    """A request that has VALUE at PATH, and nothing else."""
    request: Message = GetMessageClass(request_type)()
    holder: Any = request
    *above, last = path.split(".")
    for part in above:
        holder = getattr(holder, part)
        holder = holder.add() if hasattr(holder, "add") else holder
    setattr(holder, last, value)
    return request


WRITES = [
    method
    for method in CONTRACT.methods
    if method.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS
]


@pytest.fixture(scope="module")
def channel(free_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    """A server in front of nothing, whose endpoint `without` has no operations table."""
    nothing = {"endpoint_url": f"http://127.0.0.1:{free_port}", "region": "us-west-2", "max_attempts": 1}
    config: Path = write_config(
        tmp_path_factory.mktemp("reserved") / "config.toml",
        {"with": nothing, "without": {**nothing, "operations_table": ""}},
        default_endpoint="with",
    )
    with running_server("--config", str(config)) as server, grpc.insecure_channel(server.address) as opened:
        yield opened


def refusal(
    channel: grpc.Channel, method: MethodDescriptor, request: Message, endpoint: str = "with"
) -> tuple[grpc.StatusCode, str, str, str]:
    """How METHOD refuses REQUEST: code, reason, the first field and the text."""
    make = channel.unary_stream if method.server_streaming else channel.unary_unary
    call = make(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    with pytest.raises(grpc.RpcError) as raised:
        list(call(request, timeout=60, metadata=(("tableadmin-endpoint", endpoint),)))
    error: Any = raised.value
    status = rpc_status.from_call(error)
    info, bad = ErrorInfo(), BadRequest()
    for detail in status.details if status else ():
        for message in (info, bad):
            detail.Unpack(message)
    field = bad.field_violations[0].field if bad.field_violations else ""
    return error.code(), info.reason, field, error.details()


def test_each_write_is_covered() -> None:
    """Each RPC that is no read is listed here, with each of its fields that can name a table."""
    found = {
        method.name: {
            path for path in named_fields(method.input_type) if path.rpartition(".")[2] not in OTHERS
        }
        for method in WRITES
    }
    assert NAMED == found


@pytest.mark.parametrize("method", WRITES, ids=lambda method: method.name)
def test_writes(channel: grpc.Channel, method: MethodDescriptor) -> None:
    """No RPC that is no read takes the table, by its name or an ARN of any region, in any of its fields."""
    for path in NAMED[method.name]:
        for said in WAYS_TO_SAY_IT:
            code, reason, field, text = refusal(channel, method, saying(method.input_type, path, said))
            assert (grpc.StatusCode.FAILED_PRECONDITION, "RESERVED_TABLE", path) == (code, reason, field)
            assert f"{path}: the table {OWN} is reserved" in text
            assert "Name another table" in text


@pytest.mark.parametrize("method", WRITES, ids=lambda method: method.name)
def test_other_tables(channel: grpc.Channel, method: MethodDescriptor) -> None:
    """Tables whose names only look like it, and indexes of its name, are not refused."""
    for path in NAMED[method.name]:
        for said in STRANGERS:
            _, reason, _, _ = refusal(channel, method, saying(method.input_type, path, said))
            assert reason != "RESERVED_TABLE"


def test_nothing_is_reserved(channel: grpc.Channel) -> None:
    """Where an endpoint has no operations table, a table of that name is like any other."""
    for method in WRITES:
        for path in NAMED[method.name]:
            request = saying(method.input_type, path, OWN)
            _, reason, _, _ = refusal(channel, method, request, endpoint="without")
            assert reason != "RESERVED_TABLE"


@pytest.mark.parametrize(
    ("rpc", "request_type"), [("PlanTables", PlanTablesRequest), ("ApplyPlan", ApplyPlanRequest)]
)
def test_specs(
    channel: grpc.Channel, rpc: str, request_type: type[PlanTablesRequest] | type[ApplyPlanRequest]
) -> None:
    """No plan is made or carried out for it; the field says which of the specs names it."""
    request = request_type(specs=[TableSpec(table_name="Music"), TableSpec(table_name=OWN)])
    code, reason, field, _ = refusal(channel, PLANS.methods_by_name[rpc], request)
    assert grpc.StatusCode.FAILED_PRECONDITION == code
    assert ("RESERVED_TABLE", "specs[1].table_name") == (reason, field)
