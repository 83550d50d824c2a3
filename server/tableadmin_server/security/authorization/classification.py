"""Classifies the RPCs of the server: the group of their actions, and the request fields that name tables.

The options `permission` and `resource_kinds` of the contract classify its RPCs. An RPC without `permission`
has no row here, and neither has an RPC with a field that may name a table but lacks `resource_kinds`. If
policies are configured, an RPC without a row is denied.
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
    item_service_pb2,
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
    # Deletes something, or removes its protection.
    DESTROY = "destroy"
    # Moves items into or out of a table.
    DATA = "data"
    # Gives others access to a table without this service.
    SHARE = "share"
    # Approves or rejects an operation of another principal.
    APPROVE = "approve"
    LIST = "list"


class ResourceType(StrEnum):
    """The type of the resource for which an RPC is authorized."""

    # The tables that the request names.
    TABLES = "tables"
    # The endpoint, or the table in the request of a listing.
    ENDPOINT = "endpoint"
    # The tables of the operations that the request names.
    OPERATIONS = "operations"
    # The server itself.
    SERVER = "server"
    # None: the RPC reads and changes nothing, or authorizes its callers itself.
    NONE = "none"


@dataclass(frozen=True)
class Classification:
    """The classification of an RPC.

    TABLES are the request fields that name tables, fields of changed tables first. LISTING and ENTRY_ACTION
    are set for an RPC that lists items of tables. A principal that may not list the whole endpoint gets the
    items of tables for which ENTRY_ACTION is permitted. SELECTS are fields that select tables without naming
    them, such as a prefix. The answer then has only the permitted tables. ACTION is the name of the action if
    it differs from the RPC's name.
    """

    resource_type: ResourceType
    group: Group | None = None
    tables: tuple[Reference, ...] = ()
    listing: Listing | None = None
    entry_action: str = ""
    selects: tuple[str, ...] = ()
    action: str = ""


def classify(method: MethodDescriptor) -> Classification | None:
    """Return the classification of METHOD by the contract, None if its options are incomplete."""
    options = method.GetOptions()
    if not options.HasExtension(permission):
        return None
    option = options.Extensions[permission]
    resource_type = _RESOURCE_TYPES[option.resource]
    tables = () if resource_type is ResourceType.NONE else _tables(method)
    lists = listing(method) if option.entry_action else None
    if (resource_type is ResourceType.TABLES and not tables) or not all(each.kinds for each in tables):
        return None
    if option.entry_action and (lists is None or lists.table is None):
        return None
    return Classification(
        resource_type, _group(option), tables, lists, option.entry_action, tuple(option.selecting_fields)
    )


_RESOURCE_TYPES = {
    AuthorizedResource.AUTHORIZED_RESOURCE_UNSPECIFIED: ResourceType.TABLES,
    AuthorizedResource.AUTHORIZED_RESOURCE_ENDPOINT: ResourceType.ENDPOINT,
    AuthorizedResource.AUTHORIZED_RESOURCE_OPERATIONS: ResourceType.OPERATIONS,
    AuthorizedResource.AUTHORIZED_RESOURCE_SERVER: ResourceType.SERVER,
    AuthorizedResource.AUTHORIZED_RESOURCE_NONE: ResourceType.NONE,
}


def _group(option: Permission) -> Group | None:
    return Group[ActionGroup.Name(option.group).removeprefix("ACTION_GROUP_")] if option.group else None


def _tables(method: MethodDescriptor) -> tuple[Reference, ...]:
    """The fields that name or may name tables: names before ARNs, and tables that are only sources last."""
    found = [each for each in references(method.input_type) if each.kinds != {Kind.OTHER}]
    return tuple(sorted(found, key=lambda each: (each.path.startswith("source_"), not each.name)))


_CONTRACT = (
    access_service_pb2,
    audit_service_pb2,
    endpoint_service_pb2,
    item_service_pb2,
    operation_service_pb2,
    plan_service_pb2,
    table_admin_pb2,
    watch_service_pb2,
)


def _of_the_contract() -> Iterator[tuple[str, Classification]]:
    for module in _CONTRACT:
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                row = classify(method)
                if row is not None:
                    yield f"{service.full_name}/{method.name}", row


# The services that are not of the contract.
_STOCK: Mapping[str, Classification] = {
    "grpc.health.v1.Health/Check": Classification(ResourceType.NONE),
    "grpc.health.v1.Health/List": Classification(ResourceType.NONE),
    "grpc.health.v1.Health/Watch": Classification(ResourceType.NONE),
    **{
        f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo": Classification(
            ResourceType.SERVER, action="Reflection"
        )
        for version in ("v1", "v1alpha")
    },
    **{
        f"grpc.channelz.v1.Channelz/{rpc}": Classification(ResourceType.SERVER, action="Channelz")
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

# The classified RPCs, by `SERVICE/RPC` with the full name of the service.
RPCS: Mapping[str, Classification] = {**dict(_of_the_contract()), **_STOCK}


def _hidden() -> Iterator[str]:
    for rpc in table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods:
        yield from (effect.action for effect in effects_of_rpc(rpc.name) if effect.action)
    # ApplyPlan contains this action by its field `allow_replacement`.
    yield "ReplaceTable"


# The actions that requests contain beside their RPC's own, by the option `effects`. All are in `destroy`.
HIDDEN: Mapping[str, Group] = dict.fromkeys(sorted({*_hidden()}), Group.DESTROY)


def action_of(method: str) -> str:
    """Return the action of METHOD, which is a key of RPCS."""
    return RPCS[method].action or method.rpartition("/")[2]


# Every action that policies can name, with its group.
ACTIONS: Mapping[str, Group | None] = {
    **{
        action_of(method): row.group
        for method, row in RPCS.items()
        if row.resource_type is not ResourceType.NONE
    },
    **{action_of(method): row.group for method, row in RPCS.items() if row.group},
    **HIDDEN,
}
