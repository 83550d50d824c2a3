"""What holds for every message and RPC of the contract, so that callers need no exceptions."""

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from tests.parity import CONTRACT, installed_model, mirrored

MESSAGES: list[Descriptor] = list(mirrored(installed_model(), CONTRACT))
ENUMS: list[EnumDescriptor] = list(
    {
        enum.full_name: enum for message in MESSAGES for field in message.fields if (enum := field.enum_type)
    }.values()
)
# In full, since a read that is not marked costs only speed, but a write that is marked may be sent twice.
WRITING = {
    "CancelBulkOperation",
    "CreateBackup",
    "CreateGlobalTable",
    "CreateTable",
    "DeleteBackup",
    "DeleteResourcePolicy",
    "DeleteTable",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExportTableToPointInTime",
    "ImportTable",
    "PutResourcePolicy",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "StartBulkPutItems",
    "TagResource",
    "UntagResource",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination",
    "UpdateTable",
    "UpdateTableReplicaAutoScaling",
    "UpdateTimeToLive",
}


def test_operations_that_only_read_say_so() -> None:
    """All operations but those that write are NO_SIDE_EFFECTS."""
    operations = set(CONTRACT.methods_by_name)
    reading = {
        method.name
        for method in CONTRACT.methods
        if method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    }

    assert operations - WRITING == reading
    assert WRITING < operations


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_absent_differs_from_false_and_zero(message: Descriptor) -> None:
    """Every field that is no list or map has presence."""
    assert [] == [field.name for field in message.fields if not field.is_repeated and not field.has_presence]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_present_and_empty_can_be_said(message: Descriptor) -> None:
    """`empty_members` is number 1000 of the messages that have lists or maps, and of no other."""
    collections = [field for field in message.fields if field.is_repeated and field.name != "empty_members"]
    expected = [("empty_members", 1000, FieldDescriptor.TYPE_STRING, True)] if collections else []

    assert expected == [
        (field.name, field.number, field.type, field.is_repeated)
        for field in message.fields
        if field.name == "empty_members" or field.number >= 1000
    ]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.name)
def test_zero_is_unspecified(enum: EnumDescriptor) -> None:
    """The first value of every enum is its prefix with UNSPECIFIED, and all values have that prefix."""
    zero = enum.values[0]
    prefix = zero.name.removesuffix("UNSPECIFIED")

    assert (0, True) == (zero.number, zero.name.endswith("_UNSPECIFIED"))
    assert [] == [value.name for value in enum.values if not value.name.startswith(prefix)]
