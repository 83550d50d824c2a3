"""The contract has everything that the installed botocore has, and what it lacks is named."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import botocore.session
import pytest
from botocore.model import ServiceModel
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import (
    FileDescriptorProto,
    MethodDescriptorProto,
    MethodOptions,
    ServiceDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool

from tests.parity import CONTRACT, control_plane, differences, installed_model, main, mirrored

ROOT = Path(__file__).parents[2]
# The service model as JSON: its depth and types are botocore's own.
Model: TypeAlias = dict[str, Any]


@pytest.fixture
def model() -> Model:
    """A copy of the installed service model, to be changed by the test."""
    loader = botocore.session.get_session().get_component("data_loader")
    return copy.deepcopy(loader.load_service_model("dynamodb", "service-2"))


def found(model: Model) -> list[str]:
    """The differences between the contract and MODEL."""
    return list(differences(ServiceModel(model, "dynamodb"), CONTRACT))


def test_the_contract_is_what_botocore_has() -> None:
    """Operations, members, types, enum values and reading operations are those of the installed botocore."""
    assert [] == list(differences(installed_model(), CONTRACT))


def test_every_operation_and_shape_is_compared() -> None:
    """The comparison reaches the 48 control-plane operations and all messages they carry."""
    pairs = mirrored(installed_model(), CONTRACT)

    assert len(control_plane(installed_model())) >= 48
    assert {"CreateTableRequest", "TableDescription", "AttributeValue", "UntagResourceResponse"} <= {
        message.name for message in pairs
    }
    assert ["TagResourceResponse", "UntagResourceResponse"] == sorted(
        message.name for message, shape in pairs.items() if shape is None
    )


def test_an_operation_of_aws_is_missing(model: Model) -> None:
    """An operation that the contract lacks is named."""
    model["operations"]["PauseTable"] = {**model["operations"]["DeleteTable"], "name": "PauseTable"}

    assert ["operation PauseTable: the contract lacks it"] == found(model)


def test_an_operation_is_gone_from_aws(model: Model) -> None:
    """An operation that AWS does not have is named."""
    del model["operations"]["DescribeLimits"]

    assert ["operation DescribeLimits: AWS does not have it"] == found(model)


def test_a_data_plane_operation_is_not_missed(model: Model) -> None:
    """A data-plane operation is no business of the contract."""
    del model["operations"]["PutItem"]

    assert [] == found(model)


def test_a_member_is_missing(model: Model) -> None:
    """A member that the contract lacks is named with its message."""
    model["shapes"]["TableDescription"]["members"]["Colour"] = {"shape": "String"}

    assert ["TableDescription member Colour: the contract lacks it"] == found(model)


def test_a_member_is_gone_from_aws(model: Model) -> None:
    """A member that AWS does not have is named with its message."""
    del model["shapes"]["ListTablesInput"]["members"]["Limit"]

    assert ["ListTablesRequest member Limit: AWS does not have it"] == found(model)


def test_a_response_without_members_gets_one(model: Model) -> None:
    """A response that AWS starts to fill is a difference."""
    model["operations"]["TagResource"]["output"] = {"shape": "ListTablesOutput"}

    assert [
        "TagResourceResponse member LastEvaluatedTableName: the contract lacks it",
        "TagResourceResponse member TableNames: the contract lacks it",
    ] == found(model)


@pytest.mark.parametrize(
    ("member", "shape", "difference"),
    [
        ("ItemCount", "PositiveIntegerObject", "int64 in the contract, int32 in AWS"),
        ("TableName", "TableStatus", "string in the contract, TableStatus in AWS"),
        ("TableStatus", "String", "TableStatus in the contract, string in AWS"),
        ("KeySchema", "Tag", "list of KeySchemaElement in the contract, Tag in AWS"),
        ("CreationDateTime", "String", "timestamp in the contract, string in AWS"),
        (
            "SSEDescription",
            "ExpressionAttributeNameMap",
            "SSEDescription in the contract, map of string to string in AWS",
        ),
    ],
)
def test_a_member_is_of_another_type(model: Model, member: str, shape: str, difference: str) -> None:
    """A member of another type is named with both types."""
    model["shapes"]["TableDescription"]["members"][member] = {"shape": shape}

    assert f"TableDescription member {member}: {difference}" in found(model)


def test_an_enum_value_is_missing(model: Model) -> None:
    """An enum value that the contract lacks is named, once for all the members that may hold it."""
    model["shapes"]["SSEType"]["enum"].append("ROT13")

    assert ["SSEType value ROT13: the contract lacks it"] == found(model)


def test_an_enum_value_is_gone_from_aws(model: Model) -> None:
    """An enum value that AWS does not have is named."""
    model["shapes"]["BillingMode"]["enum"].remove("PROVISIONED")

    assert ["BillingMode value PROVISIONED: AWS does not have it"] == found(model)


def doctored(change: Callable[[ServiceDescriptorProto], None]) -> ServiceDescriptor:
    """The service of the contract after CHANGE."""
    pool = DescriptorPool()
    for file in dependencies(CONTRACT.file):
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        if file is CONTRACT.file:
            change(proto.service[0])
        pool.Add(proto)
    return pool.FindServiceByName(CONTRACT.full_name)


def dependencies(file: FileDescriptor) -> list[FileDescriptor]:
    """FILE after all that it imports."""
    found = [nested for imported in file.dependencies for nested in dependencies(imported)]
    return [*dict.fromkeys(found), file]


def method(service: ServiceDescriptorProto, name: str) -> MethodDescriptorProto:
    """The method NAME of SERVICE."""
    return next(each for each in service.method if each.name == name)


def test_a_reading_operation_is_not_marked() -> None:
    """An operation that only reads and does not say so is named."""
    service = doctored(lambda service: method(service, "ListTables").ClearField("options"))

    assert ["operation ListTables: only reads, the contract says otherwise"] == list(
        differences(installed_model(), service)
    )


def test_a_writing_operation_is_marked() -> None:
    """An operation that writes and says it only reads is named."""

    def mark(service: ServiceDescriptorProto) -> None:
        method(service, "DeleteTable").options.idempotency_level = MethodOptions.NO_SIDE_EFFECTS

    assert ["operation DeleteTable: writes, the contract says otherwise"] == list(
        differences(installed_model(), doctored(mark))
    )


def test_a_request_is_another_operations() -> None:
    """A request that is not called as its operation is named."""

    def swap(service: ServiceDescriptorProto) -> None:
        method(service, "DescribeTable").input_type = ".tableadmin.v1.DescribeTimeToLiveRequest"

    assert ["operation DescribeTable: its request is called DescribeTimeToLiveRequest"] == list(
        differences(installed_model(), doctored(swap))
    )


def test_the_command_agrees() -> None:
    """`python -m tests.parity` prints nothing and exits 0 when nothing differs."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.parity"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (0, "", "") == (run.returncode, run.stdout, run.stderr)


def test_the_command_prints_what_differs(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints one line for each difference and exits 1."""
    model["shapes"]["SSEType"]["enum"].append("ROT13")
    del model["operations"]["DescribeLimits"]

    assert 1 == main(ServiceModel(model, "dynamodb"), CONTRACT)
    assert [
        "operation DescribeLimits: AWS does not have it",
        "SSEType value ROT13: the contract lacks it",
    ] == capsys.readouterr().out.splitlines()
