"""Each feature is run, and the calls that reach the endpoint are compared with its IAM policy document."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from urllib.parse import parse_qs

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from deploy.generate.iam import FEATURES, Feature, document
from tableadmin import Client, v1
from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tableadmin_server.config import EndpointConfig
from tableadmin_server.operations.admission import TABLES_READ_AT_ONCE
from tests.engines import Engine
from tests.mirror.drawing import Manner, drawn
from tests.operations.harness.plane import Plane, nothing
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, replicated
from tests.operations.storage.test_records import spoil
from tests.operations.test_large_requests import KEYS
from tests.parity import CONTRACT, installed_model
from tests.planner.model.port import Asked, Given
from tests.planner.model.table import Data
from tests.server.conftest import in_front_of, wait_for
from tests.server.dynamodb.client.test_kms import KEY, key, planning
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, answer, serving
from tests.server.security.authorization.guarded import guarded
from tests.server_process import ServerProcess
from tests.watching.harness.wire import events_in

_BY_NAME: Mapping[str, Feature] = {feature.name: feature for feature in FEATURES}
_PREFIX = "arn:aws:dynamodb:us-west-2:111122223333"
_TABLE = f"{_PREFIX}:table/Music"
_ROLE = "arn:aws:iam::111122223333:role/tableadmin"
_STREAM = "arn:aws:kinesis:us-west-2:111122223333:stream/one"
# What requests of RPCs name.
_NAMED: AwsDict = {
    "TableName": "Music",
    "TargetTableName": "Music",
    "GlobalTableName": "Music",
    "ResourceArn": _TABLE,
    "TableArn": _TABLE,
    "BackupArn": f"{_TABLE}/backup/0123",
    "ExportArn": f"{_TABLE}/export/0123",
    "BulkOperationArn": f"{_TABLE}/bulk-operation/0123",
    "ImportArn": f"{_TABLE}/import/0123",
}


@dataclass(frozen=True)
class Call:
    """A call that has reached an endpoint: its IAM ACTION and the RESOURCE that it is about, "" for none."""

    action: str
    resource: str


def _calls(operation: str, body: Data) -> Iterator[Call]:
    """OPERATION of DynamoDB with BODY, once for each resource."""
    named = {**body, **body.get("TableCreationParameters", {})}
    arns = [_arn(str(named[member])) for member in _NAMED if member in named and member != "GlobalTableName"]
    arns += [_arn(name) for name in body.get("RequestItems", {})]
    if "GlobalTableName" in body:
        arns.append(f"arn:aws:dynamodb::111122223333:global-table/{body['GlobalTableName']}")
    if "IndexName" in body:
        arns.append(f"{arns[0]}/index/{body['IndexName']}")
    # IAM has no action for transactions: AWS asks for those of their writes.
    puts = [each["Put"]["TableName"] for each in body.get("TransactItems", ())]
    yield from (Call("dynamodb:PutItem", _arn(name)) for name in puts)
    for arn in arns or ([] if puts else [""]):
        yield Call(f"dynamodb:{operation}", arn)


def _arn(name: str) -> str:
    """The ARN of the table NAME, which may be an ARN itself."""
    return name if name.startswith("arn:") else f"{_PREFIX}:table/{name}"


def _recorded(seen: list[Seen]) -> set[Call]:
    return {call for each in seen for call in _calls(each.operation, json.loads(each.body or b"{}"))}


def _assert_complete(feature: Feature, calls: set[Call]) -> None:
    """Each of CALLS is permitted by the document of FEATURE, and each call that FEATURE names was made."""
    statements = document(feature)["Statement"]
    for call in calls:
        resources = [
            resource for each in statements if call.action in each["Action"] for resource in each["Resource"]
        ]
        permitted = "*" in resources or any(fnmatchcase(call.resource, each) for each in resources)
        assert permitted, f"{feature.name} does not permit {call}"
    named = {*(f"dynamodb:{each}" for each in feature.calls), *(feature.others or {})}
    assert named == {call.action for call in calls}


# The documents of topics are for RPCs, each of which is a call.
_SPECIAL = {
    *(
        "watch",
        "plan",
        "apply",
        "apply-restores",
        "operations-table",
        "copy-items",
        "kms-aliases",
        "policies",
        "endpoint-health",
    ),
    *("assume-role", "consumed-capacity", "encryption-keys"),
}
_TOPICS = [feature for feature in FEATURES if feature.name not in _SPECIAL]


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedEndpoint]:
    """The endpoint behind `server`."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def one(scripted: ScriptedEndpoint) -> Iterator[ServerProcess]:
    """A server in front of an endpoint that answers nothing in particular."""
    with in_front_of(scripted) as server:
        yield server


@pytest.mark.parametrize("feature", _TOPICS, ids=lambda feature: feature.name)
def test_rpcs(feature: Feature, one: ServerProcess, scripted: ScriptedEndpoint) -> None:
    """The RPCs of a topic make the calls of its document and no others."""
    scripted.step = answer({})
    before = len(scripted.seen)
    with grpc.insecure_channel(one.address) as channel:
        for operation in feature.calls:
            _call(channel, operation)
    _assert_complete(feature, _recorded(scripted.seen[before:]))


def _call(channel: grpc.Channel, operation: str) -> None:
    """Call the RPC of OPERATION with the members that AWS requires."""
    shape = installed_model().operation_model(operation).input_shape
    params: Data = drawn(shape, Manner(chance=0, sizes=(1,), valid=True), Random(1))
    for holder in (params, params.get("TableCreationParameters", {})):
        holder.update({name: value for name, value in _NAMED.items() if name in holder})
    method = CONTRACT.methods_by_name[operation]
    request = from_aws(params, getattr(v1, method.input_type.name))
    call = channel.unary_unary(f"/{CONTRACT.full_name}/{operation}", type(request).SerializeToString, bytes)
    try:
        call(request, timeout=60)
    except grpc.RpcError as failed:
        raise AssertionError(f"{operation}: {failed}") from failed


def test_plans_ask_kms(scripted: ScriptedEndpoint) -> None:
    """A plan for a key by its alias asks KMS, which needs the document of aliases."""
    before = len(scripted.seen)
    with planning(scripted, key(KEY), "--kms-endpoint-url", scripted.url):
        asked = [each for each in scripted.seen[before:] if each.operation == "DescribeKey"]
    _assert_complete(_BY_NAME["kms-aliases"], {Call("kms:DescribeKey", KEY) for _ in asked})


def test_consumed_capacity(scripted: ScriptedEndpoint) -> None:
    """What tables consumed is read by the calls of the document: the table, and metrics of CloudWatch."""

    def step(seen: Seen) -> Answer:
        return answer({"MetricDataResults": [], "Table": {}})(seen)

    scripted.step = step
    with in_front_of(scripted) as server, Client(server.address) as client:
        before = len(scripted.seen)
        client.get_consumed_capacity(["Music"])
    seen = scripted.seen[before:]
    calls = _recorded([each for each in seen if each.operation == "DescribeTable"])
    metrics = {Call(f"cloudwatch:{each.operation}", "") for each in seen if each.operation == "GetMetricData"}
    _assert_complete(_BY_NAME["consumed-capacity"], calls | metrics)


def test_a_role_is_assumed(scripted: ScriptedEndpoint) -> None:
    """An endpoint with a role asks STS for the credentials of the role, and nothing else."""
    scripted.step = answer({"TableNames": []})
    credentials = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    with serving(_sts) as sts:
        env = {**credentials, "AWS_ENDPOINT_URL_STS": sts.url}
        with in_front_of(scripted, "--role-arn", _ROLE, env=env) as server, _channel(server) as channel:
            _call(channel, "ListTables")
        asked = [parse_qs(each.body.decode()) for each in sts.seen]
    calls = {Call(f"sts:{each['Action'][0]}", each["RoleArn"][0]) for each in asked}
    _assert_complete(_BY_NAME["assume-role"], calls)


def _sts(_: Seen) -> Answer:
    """STS with credentials for an hour and more."""
    members = {
        "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in members.items())
    text = (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
        f"<Credentials>{inner}</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    return Answer(body=text.encode(), content_type="text/xml")


def test_copy_items(scripted: ScriptedEndpoint) -> None:
    """A copy describes both tables, reads both, and writes to the target."""
    item = {"Artist": {"S": "Acme"}, "Title": {"S": "One"}}
    answers: Mapping[str, Data] = {
        "DescribeTable": {
            "Table": {
                "TableStatus": "ACTIVE",
                "AttributeDefinitions": [{"AttributeName": "Title", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "Title", "KeyType": "HASH"}],
            }
        },
        "Scan": {"Items": [item]},
    }
    scripted.step = lambda seen: answer(_copied(scripted, seen, answers))(seen)
    with in_front_of(scripted, "--copy-max-items", "9") as server, Client(server.address) as client:
        before = len(scripted.seen)
        list(client.copy_items("Music", "MusicByTitle"))
        _assert_complete(_BY_NAME["copy-items"], _recorded(scripted.seen[before:]))


def _copied(scripted: ScriptedEndpoint, seen: Seen, answers: Mapping[str, Data]) -> Data:
    """The answer to SEEN: the target is empty until the item was written."""
    written = any(each.operation == "PutItem" for each in scripted.seen)
    if seen.operation == "Scan" and b"MusicByTitle" in seen.body and not written:
        return {"Items": []}
    return answers.get(seen.operation, {})


def test_policies_look_at_tables(tmp_path: Path) -> None:
    """Policies that look at tags and sizes read the table before the call."""
    policies = """
    @id("all") permit (principal, action, resource);
    @id("tags") forbid (principal, action, resource) when { resource.hasTag("frozen") };
    @id("size") forbid (principal, action, resource) when { resource has live && resource.live.items > 9 };
    """
    with guarded(tmp_path, policies=policies) as server, server.client("olga") as client:
        table: Data = {"TableName": "Music", "TableStatus": "ACTIVE", "TableArn": _TABLE, "ItemCount": 1}
        server.scripted.step = answer({"Table": table, "Tags": []})
        client.describe_table(table_name="Music")
        _assert_complete(_BY_NAME["policies"], _recorded(server.scripted.seen))


def test_health_of_an_endpoint(scripted: ScriptedEndpoint) -> None:
    """Checks of the health of an endpoint make the server call the endpoint."""
    scripted.step = answer({"TableNames": []})
    with in_front_of(scripted) as server, _channel(server) as channel:
        before = len(scripted.seen)
        request = HealthCheckRequest(service="tableadmin.endpoint.default")
        HealthStub(channel).Check(request, timeout=60)
        wait_for(lambda: len(scripted.seen) > before, 60)
        _assert_complete(_BY_NAME["endpoint-health"], _recorded(scripted.seen[before:]))


def _channel(server: ServerProcess) -> grpc.Channel:
    return grpc.insecure_channel(server.address)


@pytest.fixture(scope="module")
def world(start_engine: Callable[[str], Engine]) -> Iterator[World]:
    """One server in front of the model of AWS, with an engine for the operations table."""
    with replicated(start_engine("ministack"), count=1, module="tableadmin_server") as alone:
        yield alone


class Recorder:
    """What reaches PLANE from now on: calls about tables, and calls about the operations table."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._asked: list[Asked] = []
        plane.instead = self._record

    def tables(self) -> set[Call]:
        """The calls about tables."""
        return {
            call for asked in self._of(own=False) for call in _calls(asked.operation, json.loads(asked.body))
        }

    def operations(self) -> set[Call]:
        """The calls about the operations table, which has its default name in them."""
        names = self._plane.operations_table, EndpointConfig().operations_table
        return {
            call
            for asked in self._of(own=True)
            for call in _calls(asked.operation, json.loads(asked.body.decode().replace(*names)))
        }

    def _of(self, *, own: bool) -> list[Asked]:
        return [each for each in self._asked if (self._plane.operations_table.encode() in each.body) == own]

    def _record(self, asked: Asked) -> Given | None:
        """Answer what the model does not: a request without members, and the part that it lacks."""
        self._asked.append(asked)
        if asked.operation == "ListTables":
            return _given({"TableNames": sorted(self._plane.model.control.tables)})
        if asked.operation == "DescribeTableReplicaAutoScaling":
            return _given({"TableAutoScalingDescription": {"TableStatus": "ACTIVE", "Replicas": []}})
        return None


def _given(data: Data) -> Given:
    return Given(200, json.dumps(data).encode())


@pytest.fixture
def recorder(world: World) -> Iterator[Recorder]:
    """Records for one test."""
    yield Recorder(world.plane)
    world.plane.instead = nothing


def test_plan(world: World, recorder: Recorder, table_name: str) -> None:
    """Plans and exports make the calls of their document."""
    world.made(before(table_name))
    world.planned(_complete(table_name))
    request = v1.ExportTablesRequest(all_tables=True)
    list(world.asked(lambda each: list(each.plans.ExportTables(request, timeout=60))))
    _assert_complete(_BY_NAME["plan"], recorder.tables())


def test_watch(world: World, recorder: Recorder, table_name: str) -> None:
    """Watches of all parts of all tables, and waits, make the calls of their document."""
    world.made(before(table_name))
    (server,) = world.replicas
    parts = [value for value in v1.TablePart.values() if value]
    with _channel(server.process) as channel:
        watches = WatchServiceStub(channel)
        watch = watches.Watch(v1.WatchRequest(all_tables=True, parts=parts), timeout=60)
        assert any(each.HasField("checkpoint") for each in events_in(watch))
        watch.cancel()  # type: ignore[no-untyped-call]  # the stubs lack a type
        for kind, condition in (
            ("backup", v1.WaitCondition.WAIT_CONDITION_BACKUP_AVAILABLE),
            ("export", v1.WaitCondition.WAIT_CONDITION_EXPORT_COMPLETED),
            ("import", v1.WaitCondition.WAIT_CONDITION_IMPORT_COMPLETED),
        ):
            request = v1.WaitRequest(condition=condition, arn=f"{_TABLE}/{kind}/0123")
            # The model has no such resources: the first poll ends the wait.
            with pytest.raises(grpc.RpcError):
                list(watches.Wait(request, timeout=60))
    _assert_complete(_BY_NAME["watch"], recorder.tables())


def test_apply(world: World, recorder: Recorder, table_name: str) -> None:
    """Operations that create and change a table make the calls of two documents, which are apart."""
    for spec in (before(table_name), _complete(table_name), _changed(table_name), before(table_name)):
        (ended,) = world.ended(world.begun(apply_request(spec, allow="allow_destructive")))
        assert SUCCEEDED == ended.state, ended
    assert world.all_operations()
    # Nothing of a large request is carried out, because one table would be replaced.
    replaced = {**before(table_name), **KEYS}
    large = [replaced, *(before(f"{table_name}-{number}") for number in range(TABLES_READ_AT_ONCE))]
    refused = world.ended(world.begun(apply_request(*large)))
    assert {v1.OperationState.OPERATION_STATE_ABORTED} == {each.state for each in refused}
    spoil(world, f"operation/{ended.operation_id}", "State", {"S": "SINGING"})
    forget = v1.ForgetOperationRequest(operation_id=ended.operation_id)
    world.asked(lambda each: each.operations.ForgetOperation(forget, timeout=60))
    _assert_complete(_BY_NAME["apply"], recorder.tables())
    _assert_complete(_BY_NAME["operations-table"], recorder.operations())


def test_apply_restores(world: World, recorder: Recorder, table_name: str) -> None:
    """Operations that restore make the calls of the document beside those of other operations."""
    world.made(before(table_name))
    world.plane.table(table_name).recovery = 35
    backup = {"TableName": table_name, "BackupName": "nightly"}
    _, answered = world.plane.model.answer("CreateBackup", backup)
    for number, source in enumerate(
        (
            {"BackupArn": answered["BackupDetails"]["BackupArn"]},
            {"SourceTableName": table_name, "UseLatestRestorableTime": True},
        )
    ):
        spec = {**before(f"{table_name}-{number}"), "RestoreSource": source}
        (ended,) = world.ended(world.begun(apply_request(spec)))
        assert SUCCEEDED == ended.state, ended
    apart = {f"dynamodb:{each}" for each in _BY_NAME["apply"].calls}
    calls = {each for each in recorder.tables() if each.action not in apart}
    _assert_complete(_BY_NAME["apply-restores"], calls)


def _complete(name: str) -> Data:
    """The table NAME with all parts that a spec can have, but for replicas."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "dynamodb:GetItem"}]}
    return after(
        name,
        DeletionProtectionEnabled=False,
        ResourcePolicy=json.dumps(policy),
        ContributorInsightsSpecification={"Enabled": True},
        KinesisStreamSpecification={
            "StreamArn": _STREAM,
            "ApproximateCreationDateTimePrecision": "MILLISECOND",
        },
    )


def _changed(name: str) -> Data:
    """The same with another precision of the Kinesis stream."""
    return {
        **_complete(name),
        "KinesisStreamSpecification": {
            "StreamArn": _STREAM,
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
        },
    }
