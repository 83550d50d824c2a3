"""What a request asks permission for: actions, each for a table or for the endpoint. No I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from google.protobuf.message import Message

from tableadmin.effects import effects
from tableadmin.v1 import ApplyPlanRequest, PlannedStep, table_admin_pb2
from tableadmin_server.security.authorization.classification import (
    HIDDEN,
    RPCS,
    About,
    Classified,
    action_of,
)
from tableadmin_server.security.authorization.resources import Named, Place, named_tables, unrecognized

_RPCS_OF_AWS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name

# The actions of the calls that plans make. A plan deletes a table only to make the table anew.
PLANNED_ACTIONS = frozenset({"ApplyPlan", *HIDDEN}) | {
    each.message_type.name.removesuffix("Request")
    for each in PlannedStep.DESCRIPTOR.oneofs_by_name["call"].fields
    if each.message_type is not None and each.name != "delete_table"
}


@dataclass(frozen=True)
class Ask:
    """An action, and the table that it is for. None is the endpoint, or each table that the request selects.

    SUBJECT is the part of the request that the context is taken from. MINE says that the request is about an
    operation that the principal has asked for. AT is the time at which it is to be done, None for now.
    """

    action: str
    table: str | None
    subject: Message
    mine: bool = False
    at: datetime | None = None


def asks(method: str, request: Message, place: Place) -> Sequence[Ask]:
    """What REQUEST of METHOD (`SERVICE/RPC`) at PLACE asks for; all of it must be permitted.

    Raises Failure (INVALID_ARGUMENT, RESOURCE_NOT_RECOGNIZED) for a request that names no table for certain.
    """
    row = RPCS[method]
    named = [table for naming in row.tables for table in named_tables(request, naming, place)]
    if row.about is About.ENDPOINT and not named:
        return [Ask(action_of(method), None, request)]
    if row.about is About.TABLES and not named:
        if selects(row, request):
            return [Ask(action_of(method), None, request)]
        raise unrecognized(row.tables[0].path, "is required")
    action = row.entry_action or action_of(method)
    # A spec or table that is named twice is asked for once, with all that is said of it.
    at = _time_of(request)
    own = [Ask(action, each.table, each.subject, at=at) for each in named]
    return [*own, *(replace(each, at=at) for each in _hidden(method, request, named))]


def selects(row: Classified, request: Message) -> bool:
    """Whether REQUEST selects tables without naming them."""
    return any(request.HasField(field) for field in row.selects)


def _time_of(request: Message) -> datetime | None:
    """The time at which what REQUEST asks for is to be done."""
    if isinstance(request, ApplyPlanRequest) and request.HasField("not_before"):
        return request.not_before.ToDatetime(UTC)
    return None


def step_asks(request: Message, table: str, at: datetime | None = None) -> Sequence[Ask]:
    """What a call of a plan asks for that changes TABLE alone at the time AT. REQUEST is of TableAdmin.

    To apply plans is a part of it. A plan deletes a table only to make the table anew.
    """
    rpc = request.DESCRIPTOR.name.removesuffix("Request")
    named = Named(table, request)
    actions = ["ApplyPlan", rpc, *(["ReplaceTable"] if rpc == "DeleteTable" else [])]
    hidden = _hidden(f"tableadmin.v1.TableAdmin/{rpc}", request, [named])
    return [
        *(Ask(each, table, request, at=at) for each in actions),
        *(replace(each, at=at) for each in hidden),
    ]


def _hidden(method: str, request: Message, named: Sequence[Named]) -> Iterator[Ask]:
    """The actions beside the RPC's own that REQUEST holds, for the table that it changes."""
    rpc = method.rpartition("/")[2]
    if method.startswith("tableadmin.v1.TableAdmin/") and rpc in _RPCS_OF_AWS and named:
        actions = {effect.action for effect in effects(request) if effect.action}
        if rpc == "CreateTable":
            actions |= _of_creation(request)
        for action in sorted(actions):
            yield Ask(action, named[0].table, named[0].subject)
    if isinstance(request, ApplyPlanRequest):
        for table, spec in named:
            if request.allow_replacement:
                yield Ask("ReplaceTable", table, spec)
            if spec.HasField("resource_policy"):
                yield Ask("PutResourcePolicy", table, spec)


def _of_creation(request: Message) -> set[str]:
    return {
        action
        for field, action in (("resource_policy", "PutResourcePolicy"), ("tags", "TagResource"))
        if any(each.name == field for each, _ in request.ListFields())
    }
