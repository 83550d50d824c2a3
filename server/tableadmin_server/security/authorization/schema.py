"""Makes the Cedar schema of the policies from the classified RPCs and the configured endpoints."""

from collections.abc import Iterator, Sequence

from tableadmin_server.security.authorization.classification import (
    HIDDEN,
    RPCS,
    Classification,
    Group,
    ResourceType,
    action_of,
)
from tableadmin_server.security.authorization.context import CLASSES, SETS

# The id of the only entity of the type Server.
SERVER_ID = "tableadmin"

_ENTITIES = """\
// A group of principals, by the name of the authenticator, a slash, and the name of the group.
entity Group;
// A person. `name` is the id without the authenticator.
entity User in [Group] {{ name: String }};
// A program. `name` is the id without the authenticator.
entity Service in [Group] {{ name: String }};
// The server, for Reflection and Channelz.
entity Server enum ["{server}"];
// The endpoints of the configuration.
entity Endpoint enum [{endpoints}];
// A table, by the name of the endpoint, a slash, and the name of the table. `isOperationsTable` is true for
// the table in which the service stores its operations. `live` and the tags are read at the time of the call.
// A table that does not exist has neither.
entity Table in [Endpoint] {{
  name: String,
  isOperationsTable: Bool,
  live?: {{ items: Long, bytes: Long }},
}} tags String;
// The class of a change, by what the call deletes, loses or interrupts, as in plans.
entity ChangeClass enum [{classes}];
// The tags in a request.
entity TagSet tags String;
// Facts of a request. `now` is the time of the call, or the time at which an operation is to start. `hour` (0
// to 23) and `weekday` (1 is Monday, 7 is Sunday) are of this time in UTC. `isRequester` says that the
// principal requested the operation. The units are the sums over the table and its indexes. `destinations`
// are S3 buckets and the ARNs of Kinesis streams, `keys` are KMS keys. `tagKeys` has the keys of tags that
// are set or removed. `peer` is the IP address that the call came from. Of the calls of an operation, `peer`
// is the address of the requester. Calls through a Unix socket have no `peer`. `changeClass` is the gravest
// class of a call that changes a table. Each call of a plan or an operation has its own class. Reads,
// PlanTables, ApplyPlan itself and calls about operations have no `changeClass`. `planned` says that the call
// is one of a plan, in PlanTables or of an operation. `monthlyCostIncrease` is by how many US dollars a month
// the plan raises the cost of the table, as far as the cost is known. Only calls of plans have it, and only
// if some of the cost is known.
type Context = {{
  now: datetime,
  hour: Long,
  weekday: Long,
  isRequester: Bool,
  planned: Bool,
  readUnits: Long,
  writeUnits: Long,
{sets}
  tags?: TagSet,
  peer?: ipaddr,
  changeClass?: ChangeClass,
  monthlyCostIncrease?: decimal,
}};
"""


def schema_of(endpoints: Sequence[str]) -> str:
    """Return the schema for ENDPOINTS in Cedar's syntax."""
    return "\n".join(
        [
            _ENTITIES.format(
                server=SERVER_ID,
                classes=", ".join(f'"{name}"' for name in CLASSES.values()),
                endpoints=", ".join(f'"{name}"' for name in endpoints),
                sets="\n".join(f"  {name}: Set<String>," for name in SETS),
            ),
            *(f'action "{group}";' for group in Group),
            *sorted(set(_actions())),
            "",
        ]
    )


def _actions() -> Iterator[str]:
    for method, row in RPCS.items():
        resource = _resource(row)
        if resource:
            yield _action(action_of(method), row.group, resource)
    for name, group in HIDDEN.items():
        yield _action(name, group, "Table")


def _action(name: str, group: Group | None, resource: str) -> str:
    within = f' in [Action::"{group}"]' if group else ""
    return (
        f'action "{name}"{within} appliesTo {{ principal: [User, Service], '
        f"resource: [{resource}], context: Context }};"
    )


def _resource(row: Classification) -> str:
    """The resource type of the action of an RPC, "" if the RPC is not an action.

    A listing of one table asks for the action of its entries. An RPC that selects tables asks for each table.
    """
    if row.resource_type is ResourceType.NONE:
        return "Endpoint" if row.group else ""
    return _RESOURCES[row.resource_type]


_RESOURCES = {
    ResourceType.TABLES: "Table",
    ResourceType.OPERATIONS: "Table",
    ResourceType.ENDPOINT: "Endpoint",
    ResourceType.SERVER: "Server",
}
