"""Every RPC of the server, its group of actions, and the fields of its request that name tables.

The options `permission` and `resource_kinds` of the contract classify its RPCs. An RPC without `permission`
has no row here, and neither has an RPC with a field that may name a table and does not say so. An RPC without
a row is denied wherever policies are configured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.descriptor import MethodDescriptor

from tableadmin.contract.effects import effects_of_rpc
from tableadmin.contract.listings import Listing, listing
from tableadmin.contract.references import Kind, Reference, references
from tableadmin.v1 import (
    ActionGroup,
    AuthorizedResource,
    Permission,
    access_service_pb2,
    audit_service_pb2,
    endpoint_service_pb2,
    operation_service_pb2,
    plan_service_pb2,
    table_admin_pb2,
    watch_service_pb2,
)
from tableadmin.v1.permission_pb2 import permission


class Group(StrEnum):
    """The groups of actions that policies name, such as `action in Action::"read"`."""

    READ = "read"
    WRITE = "write"
    # Something is deleted, or no longer protected.
    DESTROY = "destroy"
    # Items enter or leave a table.
    DATA = "data"
    # A table is opened past this service.
    SHARE = "share"
    # An operation of somebody else is approved or rejected.
    APPROVE = "approve"
    LIST = "list"


class About(StrEnum):
    """What an RPC is authorized for."""

    # The tables that the request names.
    TABLES = "tables"
    # The endpoint, or the table that the request of a listing names.
    ENDPOINT = "endpoint"
    # The tables of the operations that the request names.
    OPERATIONS = "operations"
    # The server itself.
    SERVER = "server"
    # Nothing: the RPC reads and changes nothing, or checks its callers in its own answer.
    NOTHING = "nothing"


@dataclass(frozen=True)
class Classified:
    """What policies know of an RPC.

    TABLES are the fields of the request that name tables, first those of the tables that the RPC changes.
    LISTING and ENTRY_ACTION are those of an RPC that lists what is of any table, each item of one table. A
    principal that may not list everything at the endpoint is shown the items of the tables for which
    ENTRY_ACTION is permitted. SELECTS are fields that select tables without naming them, such as a prefix:
    the answer then shows the permitted tables alone. ACTION is the name of the action where that is not the
    RPC's.
    """

    about: About
    group: Group | None = None
    tables: tuple[Reference, ...] = ()
    listing: Listing | None = None
    entry_action: str = ""
    selects: tuple[str, ...] = ()
    action: str = ""


def classified(method: MethodDescriptor) -> Classified | None:
    """What the contract says of METHOD; None where it does not say enough to permit the RPC to anybody."""
    options = method.GetOptions()
    if not options.HasExtension(permission):
        return None
    said = options.Extensions[permission]
    about = _ABOUT[said.resource]
    tables = () if about is About.NOTHING else _tables(method)
    lists = listing(method) if said.entry_action else None
    if (about is About.TABLES and not tables) or not all(each.kinds for each in tables):
        return None
    if said.entry_action and (lists is None or lists.table is None):
        return None
    return Classified(about, _group(said), tables, lists, said.entry_action, tuple(said.selecting_fields))


_ABOUT = {
    AuthorizedResource.AUTHORIZED_RESOURCE_UNSPECIFIED: About.TABLES,
    AuthorizedResource.AUTHORIZED_RESOURCE_ENDPOINT: About.ENDPOINT,
    AuthorizedResource.AUTHORIZED_RESOURCE_OPERATIONS: About.OPERATIONS,
    AuthorizedResource.AUTHORIZED_RESOURCE_SERVER: About.SERVER,
    AuthorizedResource.AUTHORIZED_RESOURCE_NONE: About.NOTHING,
}


def _group(said: Permission) -> Group | None:
    return Group[ActionGroup.Name(said.group).removeprefix("ACTION_GROUP_")] if said.group else None


def _tables(method: MethodDescriptor) -> tuple[Reference, ...]:
    """The fields that name tables, or may: names before ARNs, and last the tables that are only sources."""
    found = [each for each in references(method.input_type) if each.kinds != {Kind.OTHER}]
    return tuple(sorted(found, key=lambda each: (each.path.startswith("source_"), not each.name)))


_CONTRACT = (
    access_service_pb2,
    audit_service_pb2,
    endpoint_service_pb2,
    operation_service_pb2,
    plan_service_pb2,
    table_admin_pb2,
    watch_service_pb2,
)


def _of_the_contract() -> Iterator[tuple[str, Classified]]:
    for module in _CONTRACT:
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                row = classified(method)
                if row is not None:
                    yield f"{service.full_name}/{method.name}", row


# The services that are not of the contract.
_STOCK: Mapping[str, Classified] = {
    "grpc.health.v1.Health/Check": Classified(About.NOTHING),
    "grpc.health.v1.Health/List": Classified(About.NOTHING),
    "grpc.health.v1.Health/Watch": Classified(About.NOTHING),
    **{
        f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo": Classified(
            About.SERVER, action="Reflection"
        )
        for version in ("v1", "v1alpha")
    },
    **{
        f"grpc.channelz.v1.Channelz/{rpc}": Classified(About.SERVER, action="Channelz")
        for rpc in (
            "GetTopChannels",
            "GetServers",
            "GetServer",
            "GetServerSockets",
            "GetChannel",
            "GetSubchannel",
            "GetSocket",
        )
    },
}

# By the full name of the service, a slash, and the RPC.
RPCS: Mapping[str, Classified] = {**dict(_of_the_contract()), **_STOCK}


def _hidden() -> Iterator[str]:
    for rpc in table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods:
        yield from (effect.action for effect in effects_of_rpc(rpc.name) if effect.action)
    # Of ApplyPlan, by a field of the request that is about plans alone.
    yield "ReplaceTable"


# The actions that requests hold beside their RPC's own: those of the option `effects`. All of them destroy.
HIDDEN: Mapping[str, Group] = dict.fromkeys(sorted({*_hidden()}), Group.DESTROY)


def action_of(method: str) -> str:
    """The action of METHOD, which is a key of RPCS."""
    return RPCS[method].action or method.rpartition("/")[2]


# Every action that policies can name, with its group.
ACTIONS: Mapping[str, Group | None] = {
    **{action_of(method): row.group for method, row in RPCS.items() if row.about is not About.NOTHING},
    **{action_of(method): row.group for method, row in RPCS.items() if row.group},
    **HIDDEN,
}
