"""Attacks on the tables of others: each is refused, no call reaches an endpoint, and nothing is told.

Ana may do all with the tables of her team. Where an attack is a request that names a table, the same request
for her own table reaches the endpoint: so no attack fails for another reason.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import grpc
import pytest
from google.protobuf.message import Message

from tableadmin.v1 import (
    ApplyPlanRequest,
    AttributeDefinition,
    BillingMode,
    CancelOperationRequest,
    CreateBackupRequest,
    CreateTableRequest,
    DeleteBackupRequest,
    DeleteTableRequest,
    DescribeBackupRequest,
    DescribeExportRequest,
    DescribeTableRequest,
    ExportTablesRequest,
    ForgetOperationRequest,
    GetOperationRequest,
    ImportTableRequest,
    InputFormat,
    KeySchemaElement,
    KeyType,
    ListBackupsRequest,
    ListExportsRequest,
    ListOperationsRequest,
    ListTablesRequest,
    ListTagsOfResourceRequest,
    Operation,
    OperationState,
    PlanTablesRequest,
    PutResourcePolicyRequest,
    RestoreSource,
    RestoreTableFromBackupRequest,
    RestoreTableToPointInTimeRequest,
    S3BucketSource,
    ScalarAttributeType,
    TableCreationParameters,
    TableSpec,
    Tag,
    TagResourceRequest,
    WaitCondition,
    WaitRequest,
    WatchOperationRequest,
    WatchRequest,
)
from tableadmin.v1.operation_service_pb2_grpc import OperationServiceStub
from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tests.server.security.attacks.target import (
    ANA,
    FOREIGN,
    JAZZ,
    NOBODY,
    OLGA,
    OPERATIONS,
    OWN,
    TAGGED,
    Target,
    arn,
    ended,
    metadata_of,
)
from tests.watching.harness.wire import events_in

BACKUP, EXPORT = "backup/01489602797149-73d8d5bc", "export/01695353076000-a1b2c3d4"
STREAM = "stream/2026-01-01T00:00:00.000"
KEY_SCHEMA = [KeySchemaElement(attribute_name="id", key_type=KeyType.KEY_TYPE_HASH)]
ATTRIBUTES = [
    AttributeDefinition(attribute_name="id", attribute_type=ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S)
]
ON_DEMAND = BillingMode.BILLING_MODE_PAY_PER_REQUEST
TAGS = [Tag(key="colour", value="red")]
DENIED = ("PERMISSION_DENIED", "POLICY_DENIED")
UNRECOGNIZED = ("INVALID_ARGUMENT", "RESOURCE_NOT_RECOGNIZED")


def spec(table: str) -> TableSpec:
    """The spec of TABLE."""
    return TableSpec(
        table_name=table,
        key_schema=KEY_SCHEMA,
        attribute_definitions=ATTRIBUTES,
        billing_mode=ON_DEMAND,
    )


def import_of(table: str) -> ImportTableRequest:
    """A request that makes TABLE of what is in a bucket."""
    return ImportTableRequest(
        s3_bucket_source=S3BucketSource(s3_bucket="acme-exports"),
        input_format=InputFormat.INPUT_FORMAT_CSV,
        table_creation_parameters=TableCreationParameters(
            table_name=table,
            key_schema=KEY_SCHEMA,
            attribute_definitions=ATTRIBUTES,
            billing_mode=ON_DEMAND,
        ),
    )


# Makes a request for a table, and for one of ana's own where the request names another table too.
Naming: TypeAlias = Callable[[str, str], Message]
# Requests that name a table in one way or another.
NAMING: dict[str, Naming] = {
    "name": lambda table, _: DeleteTableRequest(table_name=table),
    "ARN": lambda table, _: DescribeTableRequest(table_name=arn(table)),
    "index ARN": lambda table, _: TagResourceRequest(resource_arn=f"{arn(table)}/index/by-year", tags=TAGS),
    "restore from backup": lambda table, own: RestoreTableFromBackupRequest(
        target_table_name=own, backup_arn=f"{arn(table)}/{BACKUP}"
    ),
    "restore from table": lambda table, own: RestoreTableToPointInTimeRequest(
        target_table_name=own, source_table_name=table, use_latest_restorable_time=True
    ),
    "restore from the ARN of a table": lambda table, own: RestoreTableToPointInTimeRequest(
        target_table_name=own, source_table_arn=arn(table), use_latest_restorable_time=True
    ),
    "restore from two tables": lambda table, own: RestoreTableToPointInTimeRequest(
        target_table_name=own,
        source_table_name=own,
        source_table_arn=arn(table),
        use_latest_restorable_time=True,
    ),
    "restore over": lambda table, own: RestoreTableToPointInTimeRequest(
        target_table_name=table, source_table_name=own, use_latest_restorable_time=True
    ),
    "backup": lambda table, _: CreateBackupRequest(table_name=table, backup_name="mine"),
    "backup ARN": lambda table, _: DescribeBackupRequest(backup_arn=f"{arn(table)}/{BACKUP}"),
    "backup ARN to delete": lambda table, _: DeleteBackupRequest(backup_arn=f"{arn(table)}/{BACKUP}"),
    "export ARN": lambda table, _: DescribeExportRequest(export_arn=f"{arn(table)}/{EXPORT}"),
    "exports of": lambda table, _: ListExportsRequest(table_arn=arn(table)),
    "backups of": lambda table, _: ListBackupsRequest(table_name=table),
    "TagResource": lambda table, _: TagResourceRequest(resource_arn=arn(table), tags=TAGS),
    "tags of": lambda table, _: ListTagsOfResourceRequest(resource_arn=arn(table)),
    "source ARN": lambda table, own: CreateTableRequest(table_name=own, global_table_source_arn=arn(table)),
    "import": lambda table, _: import_of(table),
    "second spec": lambda table, own: PlanTablesRequest(specs=[spec(own), spec(table)]),
    "Wait's name": lambda table, _: WaitRequest(
        table_name=table, condition=WaitCondition.WAIT_CONDITION_TABLE_ACTIVE
    ),
    "Wait's arn": lambda table, own: WaitRequest(
        table_name=own,
        arn=f"{arn(table)}/{BACKUP}",
        condition=WaitCondition.WAIT_CONDITION_BACKUP_AVAILABLE,
    ),
    "Watch names": lambda table, own: WatchRequest(table_names=[own, table], snapshot_only=True),
    "ExportTables names": lambda table, own: ExportTablesRequest(table_names=[own, table]),
}


@pytest.fixture
def own(table_name: str) -> str:
    """The name of a table of ana's own."""
    return f"music-{table_name}"


@pytest.fixture
def foreign(table_name: str) -> str:
    """The name of a table that is not hers."""
    return f"films-{table_name}"


@pytest.mark.parametrize("naming", NAMING.values(), ids=NAMING)
def test_naming(  # fixtures
    target: Target, channel: grpc.Channel, naming: Naming, own: str, foreign: str, table_name: str
) -> None:
    """A request that names another's table, in whatever field, is denied before any call."""
    assert DENIED == ended(channel, naming(foreign, own), metadata_of(ANA))[:2]
    assert [] == target.reached(table_name)
    end = ended(channel, naming(own, f"{own}-2"), metadata_of(ANA))
    assert target.reached(own), end


def test_a_second_spec_to_apply(target: Target, channel: grpc.Channel, own: str, foreign: str) -> None:
    """Of a request with a spec that is not permitted no other spec is applied either."""
    request = ApplyPlanRequest(specs=[spec(own), spec(foreign)], request_id=str(uuid.uuid4()))
    assert DENIED == ended(channel, request, metadata_of(ANA))[:2]
    assert [] == [*target.reached(own), *target.reached(foreign)]


def test_stream_policy(target: Target, channel: grpc.Channel, foreign: str) -> None:
    """The policy of a stream opens its table: it is for those alone who may share the table."""
    request = PutResourcePolicyRequest(resource_arn=f"{arn(foreign)}/{STREAM}", policy="{}")
    for name in (ANA, NOBODY):
        assert DENIED == ended(channel, request, metadata_of(name))[:2]
    assert [] == target.reached(foreign)
    ended(channel, request, metadata_of(OLGA))
    assert ["PutResourcePolicy"] == target.reached(foreign)


SOURCES: dict[str, Callable[[str], RestoreSource]] = {
    "backup": lambda table: RestoreSource(backup_arn=f"{arn(table)}/{BACKUP}"),
    "table": lambda table: RestoreSource(source_table_name=table, use_latest_restorable_time=True),
    "both": lambda table: RestoreSource(
        backup_arn=f"{arn(OWN)}/{BACKUP}", source_table_name=table, use_latest_restorable_time=True
    ),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_spec_restores_from_another_s_table(
    target: Target, channel: grpc.Channel, source: Callable[[str], RestoreSource], own: str, foreign: str
) -> None:
    """Nobody gets at the items, or the settings, of another's table by a spec that restores them."""
    restoring = spec(f"{own}-2")
    restoring.restore_source.CopyFrom(source(foreign))
    for request in (
        ApplyPlanRequest(specs=[restoring], request_id=str(uuid.uuid4())),
        PlanTablesRequest(specs=[restoring]),
    ):
        assert DENIED == ended(channel, request, metadata_of(ANA))[:2]
    assert [] == [*target.reached(own), *target.reached(foreign)]


# What names no table of the endpoint for certain.
NAMES = {
    "region": arn(OWN, region="us-east-1"),
    "account": arn(OWN, account="999999999999"),
    "host as account": arn(OWN, account="evil.example.com#"),
    "host as region": arn(OWN, region="evil.example.com/"),
    "index ARN": f"{arn(OWN)}/index/by-year",
    "a/../b": f"{OWN}/../{FOREIGN}",
    "an ARN with /../": f"{arn(OWN)}/../{FOREIGN}",
    "line feed": f"{OWN}\n",
    "line feed after an ARN": f"{arn(OWN)}\n",
    "NUL": f"films\0{OWN}",
    "NUL at the end": f"{OWN}\0",
    "space": f"{OWN} ",
    "space before": f" {OWN}",
    "look-alike": "mus\u0456c-a",
    "full-width letters": "\uff4dusic-a",
    "wrong kind of ARN": f"{arn(OWN)}/{BACKUP}",
    "ARN of another service": arn(OWN).replace("dynamodb", "s3"),
    "percent": f"{OWN}%2f{FOREIGN}",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names(target: Target, channel: grpc.Channel, name: str, own: str) -> None:
    """What names no table of the endpoint for certain is refused to everybody, operators too."""
    strange = name.replace(OWN, own)
    for caller in (ANA, OLGA):
        for request in (
            DescribeTableRequest(table_name=strange),
            TagResourceRequest(resource_arn=f"{strange} ", tags=TAGS),
            WatchRequest(table_names=[f"{own}-2", strange], snapshot_only=True),
            PlanTablesRequest(specs=[spec(strange)]),
        ):
            assert UNRECOGNIZED == ended(channel, request, metadata_of(caller))[:2]
    assert [] == [*target.reached(own), *target.reached(strange)]


def test_a_field_twice_on_the_wire(target: Target, channel: grpc.Channel, own: str, foreign: str) -> None:
    """The check sees the request that is carried out: of a field that comes twice the last one counts."""
    mine, theirs = (DescribeTableRequest(table_name=each).SerializeToString() for each in (own, foreign))
    rpc = DescribeTableRequest.DESCRIPTOR.full_name
    assert DENIED == ended(channel, (rpc, mine + theirs), metadata_of(ANA))[:2]
    assert [] == target.reached(own)
    ended(channel, (rpc, theirs + mine), metadata_of(ANA))
    assert ["DescribeTable"] == target.reached(own)
    assert [] == target.reached(foreign)


def test_a_message_twice_on_the_wire(target: Target, channel: grpc.Channel, own: str, foreign: str) -> None:
    """Parts of a message that comes in two pieces are merged for the check as for the call."""
    named = ImportTableRequest(table_creation_parameters=TableCreationParameters(table_name=foreign))
    payload = import_of(own).SerializeToString() + named.SerializeToString()
    rpc = ImportTableRequest.DESCRIPTOR.full_name
    assert DENIED == ended(channel, (rpc, payload), metadata_of(ANA))[:2]
    assert [] == [*target.reached(own), *target.reached(foreign)]


def test_listings(channel: grpc.Channel) -> None:
    """A listing shows ana her team's tables, and its cursor is of no other one."""
    tables = TableAdminStub(channel)
    assert {OWN, FOREIGN, TAGGED} <= set(
        tables.ListTables(ListTablesRequest(), metadata=metadata_of(OLGA)).table_names
    )
    page = tables.ListTables(ListTablesRequest(limit=1), metadata=metadata_of(ANA))
    assert [OWN] == list(page.table_names)
    assert page.last_evaluated_table_name in {"", OWN}


@pytest.fixture(scope="module")
def operation(channel: grpc.Channel) -> Iterator[Operation]:
    """An operation of olga's, that makes a table."""
    request = ApplyPlanRequest(specs=[spec("films-new")], request_id="the-same")
    (begun,) = PlanServiceStub(channel).ApplyPlan(request, metadata=metadata_of(OLGA)).operations
    yield begun
    until_ended(channel, begun, OLGA)


def until_ended(channel: grpc.Channel, operation: Operation, name: str) -> Operation:
    """OPERATION, as NAME sees its end."""
    request = WatchOperationRequest(operation_ids=[operation.operation_id])
    *_, last = OperationServiceStub(channel).WatchOperation(request, timeout=60, metadata=metadata_of(name))
    return last.operation


def test_anothers_operation(channel: grpc.Channel, operation: Operation) -> None:
    """An operation that may not be seen is not found, in the words of one that does not exist."""
    absent = "20260101t000000000-0123456789ab"
    for name in (ANA, JAZZ, NOBODY):
        for request in (GetOperationRequest, CancelOperationRequest, ForgetOperationRequest):
            ends = [
                ended(channel, request(operation_id=each), metadata_of(name))
                for each in (operation.operation_id, absent)
            ]
            assert [("NOT_FOUND", "OPERATION_NOT_FOUND")] * 2 == [each[:2] for each in ends]
            assert ends[0].text.replace(operation.operation_id, absent) == ends[1].text
        watch = WatchOperationRequest(operation_ids=[operation.operation_id])
        assert "NOT_FOUND" == ended(channel, watch, metadata_of(name)).code
    listed = OperationServiceStub(channel).ListOperations(ListOperationsRequest(), metadata=metadata_of(ANA))
    assert operation.operation_id not in {each.operation_id for each in listed.operations}
    assert OperationState.OPERATION_STATE_SUCCEEDED == until_ended(channel, operation, OLGA).state


def test_anothers_request_id(channel: grpc.Channel, operation: Operation) -> None:
    """The request id of another principal finds nothing of that principal's, and is no obstacle."""
    request = ApplyPlanRequest(specs=[spec("music-new")], request_id="the-same")
    stub = PlanServiceStub(channel)
    (mine,) = stub.ApplyPlan(request, metadata=metadata_of(ANA)).operations
    assert ("music-new", "User::corp/ana") == (mine.table_name, mine.requested_by)
    assert operation.operation_id != mine.operation_id
    assert OperationState.OPERATION_STATE_SUCCEEDED == until_ended(channel, mine, ANA).state


def token_of(channel: grpc.Channel, name: str, request: WatchRequest) -> bytes:
    """A resume token that NAME gets for REQUEST."""
    call: Any = WatchServiceStub(channel).Watch(request, timeout=60, metadata=metadata_of(name))
    token: bytes = next(each.resume_token for each in events_in(call) if each.resume_token)
    call.cancel()
    return token


def test_anothers_resume_token(channel: grpc.Channel) -> None:
    """A resume token is of use to the principal alone that got it, and for nothing else.

    Nobody can put a token together of another principal's and of an own one.
    """
    films = WatchRequest(prefix="films")
    theirs, own = token_of(channel, OLGA, films), token_of(channel, ANA, WatchRequest(prefix="music"))
    spliced = (theirs[:-size] + own[-size:] for size in range(1, min(len(theirs), len(own))))
    for token in (theirs, *spliced):
        request = WatchRequest(prefix="films", resume_token=token)
        assert ("ABORTED", "RESUME_TOKEN_EXPIRED") == ended(channel, request, metadata_of(ANA))[:2]


def test_the_operations_table(target: Target, channel: grpc.Channel) -> None:
    """What the service keeps of all operations is read by those alone whom a policy permits."""
    end = ended(channel, DescribeTableRequest(table_name=arn(OPERATIONS)), metadata_of(ANA))
    assert DENIED == end[:2]
    assert [] == target.reached(arn(OPERATIONS))
