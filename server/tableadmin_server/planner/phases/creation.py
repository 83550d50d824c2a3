"""The call that creates a table, and the state of the table after the call."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.state.table_state import TableState
from tableadmin_server.tables.parts import Part

# The members of a spec that CreateTable takes.
_MEMBERS = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "VectorIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "WarmThroughput",
    "StreamSpecification",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "ResourcePolicy",
    "Tags",
)
# The members with a switch. They are left out where the switch is off, which is AWS's default.
_SWITCHES = {"StreamSpecification": "StreamEnabled", "SSESpecification": "Enabled"}


def creation_step(spec: AwsDict, unsupported: AbstractSet[Part]) -> Step:
    """CreateTable with all members of SPEC that CreateTable and the endpoint take."""
    members = [member for member in _MEMBERS if member not in unsupported]
    params = {member: _cleaned(spec[member]) for member in members if _says_something(spec, member)}
    return Step(
        "CreateTable", params, "create the table", ("table and indexes ACTIVE",), cooldown=Cooldown.CREATION
    )


def created_state(desired: TableState) -> TableState:
    """The state of the table after `creation_step`."""
    state = desired.draft()
    state.time_to_live = state.recovery_days = state.insights = None
    state.kinesis = {}
    state.replicas = {}
    return state


def _says_something(spec: AwsDict, member: str) -> bool:
    value = spec.get(member)
    switch = _SWITCHES.get(member)
    if switch is not None and isinstance(value, Mapping):
        return bool(value.get(switch))
    return bool(value) and _cleaned(value) != {}


def _cleaned(value: AwsValue) -> AwsValue:
    """VALUE without empty lists, which AWS refuses, and without ceilings of -1, which mean no ceiling."""
    if isinstance(value, dict):
        inner = ((member, _cleaned(each)) for member, each in value.items() if each != -1)
        return {member: each for member, each in inner if each not in ([], {})}
    return [_cleaned(each) for each in value] if isinstance(value, list) else value
