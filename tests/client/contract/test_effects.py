"""What calls delete, lose or interrupt: one table, in the contract."""

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tableadmin.contract.effects import effects, effects_of_rpc
from tableadmin.v1 import (
    ChangeClass,
    ContributorInsightsAction,
    CreateTableRequest,
    DeleteTableRequest,
    Effect,
    GlobalSecondaryIndexUpdate,
    PointInTimeRecoverySpecification,
    ReplicationGroupUpdate,
    StreamSpecification,
    TagResourceRequest,
    TimeToLiveSpecification,
    UntagResourceRequest,
    UpdateContinuousBackupsRequest,
    UpdateContributorInsightsRequest,
    UpdateTableRequest,
    UpdateTimeToLiveRequest,
)
from tests.parity import CONTRACT

EFFECTS = [(rpc, each) for rpc in CONTRACT.methods_by_name for each in effects_of_rpc(rpc)]


def field_at(message: Descriptor, path: str) -> FieldDescriptor:
    """The field at PATH below MESSAGE."""
    first, _, rest = path.partition(".")
    field = message.fields_by_name[first]
    return field_at(field.message_type, rest) if rest and field.message_type else field


@pytest.mark.parametrize(("rpc", "effect"), EFFECTS, ids=lambda each: str(getattr(each, "field", each)))
def test_rows(rpc: str, effect: Effect) -> None:
    """An effect names a field of the request, a value that the field can have, a class, and what is lost."""
    request = CONTRACT.methods_by_name[rpc].input_type
    if effect.field:
        field = field_at(request, effect.field)
        if field.type == FieldDescriptor.TYPE_BOOL:
            assert effect.value in ("true", "false")
        if field.enum_type is not None:
            assert effect.value in field.enum_type.values_by_name
        assert effect.HasField("less_than") <= (field.cpp_type == FieldDescriptor.CPPTYPE_INT32)
    assert effect.change_class != ChangeClass.CHANGE_CLASS_UNSPECIFIED
    assert effect.description
    assert effect.description[-1] != "."


def recovery(**members: object) -> UpdateContinuousBackupsRequest:
    """A request to change point-in-time recovery."""
    specification = PointInTimeRecoverySpecification(**members)  # type: ignore[arg-type]  # by name
    return UpdateContinuousBackupsRequest(point_in_time_recovery_specification=specification)


@pytest.mark.parametrize(
    ("request_", "classes"),
    [
        (DeleteTableRequest(), ["DESTRUCTIVE"]),
        (CreateTableRequest(stream_specification=StreamSpecification(stream_enabled=False)), []),
        (TagResourceRequest(), []),
        (UntagResourceRequest(), []),
        (UntagResourceRequest(tag_keys=["a"]), ["DISRUPTIVE"]),
        (UpdateTableRequest(stream_specification=StreamSpecification(stream_enabled=True)), []),
        (UpdateTableRequest(stream_specification=StreamSpecification(stream_enabled=False)), ["DISRUPTIVE"]),
        (UpdateTableRequest(deletion_protection_enabled=False), ["IN_PLACE"]),
        (recovery(point_in_time_recovery_enabled=True), []),
        (recovery(point_in_time_recovery_enabled=True, recovery_period_in_days=35), []),
        (recovery(point_in_time_recovery_enabled=True, recovery_period_in_days=1), ["DESTRUCTIVE"]),
        (recovery(point_in_time_recovery_enabled=False), ["DESTRUCTIVE"]),
        (
            UpdateContributorInsightsRequest(
                contributor_insights_action=ContributorInsightsAction.CONTRIBUTOR_INSIGHTS_ACTION_DISABLE
            ),
            ["DISRUPTIVE"],
        ),
        (
            UpdateTimeToLiveRequest(time_to_live_specification=TimeToLiveSpecification(enabled=False)),
            ["DISRUPTIVE"],
        ),
    ],
)
def test_calls(request_: Message, classes: list[str]) -> None:
    """A call has the effects whose fields are set to their values."""
    assert [f"CHANGE_CLASS_{each}" for each in classes] == [
        ChangeClass.Name(each.change_class) for each in effects(request_)
    ]


def test_elements_of_lists() -> None:
    """An effect below a list applies where an element has it, whatever the other elements are."""
    request = UpdateTableRequest(
        global_secondary_index_updates=[GlobalSecondaryIndexUpdate(), GlobalSecondaryIndexUpdate()],
        replica_updates=[ReplicationGroupUpdate()],
    )
    assert [] == effects(request)
    request.global_secondary_index_updates[1].delete.index_name = "Genre"
    assert ["global_secondary_index_updates.delete"] == [each.field for each in effects(request)]


def test_other_messages() -> None:
    """A message that is no request of TableAdmin is refused."""
    with pytest.raises(KeyError):
        effects(Effect())
