"""The permissions that a request needs: actions, each for a table or for the endpoint. No I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message

from tableadmin.contract.effects import effects
from tableadmin.v1 import (
    ApplyPlanRequest,
    ChangeClass,
    PlannedStep,
    RestoreSource,
    TableSpec,
    table_admin_pb2,
)
from tableadmin_server.security.authorization.classification import (
    HIDDEN,
    RPCS,
    Classification,
    ResourceType,
    action_of,
)
from tableadmin_server.security.authorization.context import CLASSES, Record, context_of
from tableadmin_server.security.authorization.resources import (
    EndpointAccount,
    NamedTable,
    named_tables,
    unrecognized_resource,
)

_SERVICE = "tableadmin.v1.TableAdmin/"
_RPCS_OF_AWS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name

# The part of a field path that is the source of a restore, and the calls that restore.
_RESTORE_SOURCE = ".restore_source."
_RESTORES = frozenset({"RestoreTableFromBackup", "RestoreTableToPointInTime"})
# The RPCs of AWS that may make changes.
_CHANGING = frozenset(
    name
    for name, each in _RPCS_OF_AWS.items()
    if each.GetOptions().idempotency_level != MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
)
_IN_PLACE = ChangeClass.CHANGE_CLASS_IN_PLACE
_REPLACEMENT = CLASSES[ChangeClass.CHANGE_CLASS_REPLACEMENT]

# The RPCs of AWS that plans call.
PLANNED_RPCS = frozenset(
    each.message_type.name.removesuffix("Request")
    for each in PlannedStep.DESCRIPTOR.oneofs_by_name["call"].fields
    if each.message_type is not None
)
# The actions of the calls that plans make. A plan deletes a table only to create it again.
PLANNED_ACTIONS = frozenset({"ApplyPlan", *HIDDEN}) | {
    each.message_type.name.removesuffix("Request")
    for each in PlannedStep.DESCRIPTOR.oneofs_by_name["call"].fields
    if each.message_type is not None and each.name != "delete_table"
}


@dataclass(frozen=True)
class RequiredPermission:
    """A permission that a request needs: for ACTION on TABLE.

    Without a table the permission is for the endpoint, or for each table that the request selects. SUBJECT is
    the part of the request from which the context for policies is made. IS_REQUESTER says that the request is
    about an operation that the principal requested. AT is the time of the action, None for now. CHANGE_CLASS
    is the class of a call that changes a table, without `CHANGE_CLASS_`; "" for every other request.
    IS_PLANNED says that the call is one of a plan. COST_INCREASE is how much more the table costs a month
    after this plan, in US dollars; None if this is not known.
    """

    action: str
    table: str | None
    subject: Message
    is_requester: bool = False
    at: datetime | None = None
    change_class: str = ""
    is_planned: bool = False
    cost_increase: Decimal | None = None

    def context(self, now: datetime, peer: str | None) -> tuple[Record, Sequence[Record]]:
        """Return the context in which policies decide at the time NOW, see `context_of`."""
        return context_of(
            self.subject,
            max(self.at or now, now),
            is_requester=self.is_requester,
            peer=peer,
            change_class=self.change_class,
            is_planned=self.is_planned,
            cost_increase=self.cost_increase,
        )


def required_permissions(
    method: str, request: Message, account: EndpointAccount
) -> Sequence[RequiredPermission]:
    """Return the permissions that REQUEST of METHOD (`SERVICE/RPC`) needs of ACCOUNT. Each must be granted.

    Raises Failure (INVALID_ARGUMENT, RESOURCE_NOT_RECOGNIZED) if the table of the request is missing or
    ambiguous.
    """
    row = RPCS[method]
    named: list[NamedTable] = []
    sources: list[NamedTable] = []
    for reference in row.tables:
        # An operation reads a source and does not change it.
        is_source = isinstance(request, ApplyPlanRequest) and _RESTORE_SOURCE in reference.path
        (sources if is_source else named).extend(named_tables(request, reference, account))
    if row.resource_type is ResourceType.ENDPOINT and not named:
        return [RequiredPermission(action_of(method), None, request)]
    if row.resource_type is ResourceType.TABLES and not named:
        if selects(row, request):
            return [RequiredPermission(action_of(method), None, request)]
        raise unrecognized_resource(row.tables[0].path, "is required")
    action = row.entry_action or action_of(method)
    # A table that is named twice needs a permission for each of its subjects.
    own = [RequiredPermission(action, each.table, each.subject) for each in named]
    at, change_class = _time_of(request), _change_class(method, request)
    return [
        replace(each, at=at, change_class=change_class)
        for each in (*own, *_hidden(method, request, named), *_of_sources(sources))
    ]


def _of_sources(sources: Sequence[NamedTable]) -> Iterator[RequiredPermission]:
    """The permissions to restore from SOURCES, the tables that specs restore from."""
    for source, spec in sources:
        assert isinstance(spec, TableSpec)
        yield RequiredPermission(_restore_of(spec.restore_source), source, spec)


def _restore_of(source: RestoreSource) -> str:
    """The action that restores a table from SOURCE."""
    return "RestoreTableFromBackup" if source.backup_arn else "RestoreTableToPointInTime"


def selects(row: Classification, request: Message) -> bool:
    """Whether REQUEST selects tables without naming them."""
    return any(request.HasField(field) for field in row.selects)


def _time_of(request: Message) -> datetime | None:
    """The time at which the action of REQUEST is to be done, None for now."""
    if isinstance(request, ApplyPlanRequest) and request.HasField("not_before"):
        return request.not_before.ToDatetime(UTC)
    return None


def step_permissions(
    request: Message,
    table: str,
    account: EndpointAccount,
    at: datetime | None = None,
    cost_increase: Decimal | None = None,
) -> Sequence[RequiredPermission]:
    """Return the permissions for a call of a plan, which changes only TABLE of ACCOUNT, at the time AT.

    COST_INCREASE is how much more the table costs a month after the plan, None if that is not known.

    REQUEST is the request of an RPC of TableAdmin. Each call needs ApplyPlan too. DeleteTable also needs
    ReplaceTable, because a plan deletes a table only to create it again. A restore also needs the permission
    for the table of its source. Raises Failure like `required_permissions`.
    """
    rpc = request.DESCRIPTOR.name.removesuffix("Request")
    named = NamedTable(table, request)
    actions = ["ApplyPlan", rpc, *(["ReplaceTable"] if rpc == "DeleteTable" else [])]
    method = f"{_SERVICE}{rpc}"
    change_class = _REPLACEMENT if rpc == "DeleteTable" else _change_class(method, request)
    own = [RequiredPermission(each, table, request) for each in actions]
    if rpc in _RESTORES:
        tables = (
            each for reference in RPCS[method].tables for each in named_tables(request, reference, account)
        )
        own += [RequiredPermission(rpc, each.table, request) for each in tables if each.table != table]
    return [
        replace(each, at=at, change_class=change_class, is_planned=True, cost_increase=cost_increase)
        for each in (*own, *_hidden(method, request, [named]))
    ]


def _change_class(method: str, request: Message) -> str:
    """The gravest change class of REQUEST of METHOD; "" for a request that changes no table."""
    if not method.startswith(_SERVICE) or method.removeprefix(_SERVICE) not in _CHANGING:
        return ""
    gravest = max((each.change_class for each in effects(request)), default=_IN_PLACE)
    return CLASSES[gravest]


def _hidden(method: str, request: Message, named: Sequence[NamedTable]) -> Iterator[RequiredPermission]:
    """The permissions for the actions that REQUEST contains beside the RPC's own action, for its table."""
    rpc = method.rpartition("/")[2]
    if method.startswith(_SERVICE) and rpc in _RPCS_OF_AWS and named:
        actions = {effect.action for effect in effects(request) if effect.action}
        if rpc == "CreateTable":
            actions |= _of_creation(request)
        for action in sorted(actions):
            yield RequiredPermission(action, named[0].table, named[0].subject)
    if isinstance(request, ApplyPlanRequest):
        for table, spec in named:
            assert isinstance(spec, TableSpec)
            if request.allow_replacement:
                yield RequiredPermission("ReplaceTable", table, spec)
            if spec.HasField("resource_policy"):
                yield RequiredPermission("PutResourcePolicy", table, spec)
            if spec.HasField("restore_source"):
                yield RequiredPermission(_restore_of(spec.restore_source), table, spec)


def _of_creation(request: Message) -> set[str]:
    return {
        action
        for field, action in (("resource_policy", "PutResourcePolicy"), ("tags", "TagResource"))
        if any(each.name == field for each, _ in request.ListFields())
    }
