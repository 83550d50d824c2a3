"""Every RPC is classified, and every field that may name a table is known."""

import importlib
import pkgutil
from collections.abc import Iterator
from itertools import count

import pytest
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import Default
from google.protobuf.text_format import Parse
from grpc_channelz.v1 import channelz_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from tableadmin import v1
from tableadmin.contract.effects import effects_of_rpc
from tableadmin.contract.references import Kind, Reference
from tableadmin_server.security.authorization.classification import (
    HIDDEN,
    RPCS,
    Classification,
    Group,
    ResourceType,
    classify,
)
from tests.parity import CONTRACT

STOCK = (channelz_pb2, health_pb2, reflection_pb2)

# Fields that end like names of tables and name something else.
_OTHER_RESOURCES = frozenset(
    {"attribute_name", "auto_scaling_role_arn", "backup_name", "index_name", "policy_name", "region_name"}
    | {"stream_arn"}
)
_CURSORS = frozenset(
    {"exclusive_start_backup_arn", "exclusive_start_global_table_name", "exclusive_start_table_name"}
)


def services() -> Iterator[MethodDescriptor]:
    """The RPCs of every service of the contract, and of the stock services."""
    names = (each.name for each in pkgutil.iter_modules(v1.__path__) if each.name.endswith("_pb2"))
    modules = [importlib.import_module(f"{v1.__name__}.{name}") for name in names]
    for module in (*modules, *STOCK):
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


METHODS = {f"{each.containing_service.full_name}/{each.name}": each for each in services()}
ROWS = [(method, RPCS[method]) for method in METHODS if method in RPCS]


def test_every_rpc_is_classified() -> None:
    """Every RPC that the server serves has a row, and every row is an RPC.

    An RPC that is missing lacks the option `permission` in its proto file, or a field of its request lacks
    the option `resource_kinds`.
    """
    rows = {row for row in RPCS if "reflection.v1." not in row}  # the same service under its newer name
    assert rows == METHODS.keys()


def leaves(message: Descriptor, above: str = "", within: frozenset[str] = frozenset()) -> Iterator[str]:
    """The paths of all texts in MESSAGE."""
    for field in message.fields:
        path = f"{above}{field.name}"
        if field.message_type is None:
            if field.type in {field.TYPE_STRING, field.TYPE_BYTES}:
                yield path
        elif field.message_type.full_name not in within:
            yield from leaves(field.message_type, f"{path}.", within | {message.full_name})


def is_naming(path: str) -> bool:
    """Whether the field at PATH may name a table."""
    leaf = path.rpartition(".")[2]
    ends = leaf in {"arn", "table_names"} or leaf.endswith(("_arn", "_name"))
    return ends and leaf not in _OTHER_RESOURCES | _CURSORS


@pytest.mark.parametrize(("method", "row"), ROWS, ids=[method for method, _ in ROWS])
def test_every_field_that_names_a_table_is_classified(method: str, row: Classification) -> None:
    """The fields of a request that name tables are those of its row: none can be overlooked."""
    if row.resource_type is ResourceType.NONE:
        return
    request = METHODS[method].input_type
    assert {path for path in leaves(request) if is_naming(path)} == {each.path for each in row.tables}


@pytest.mark.parametrize(("method", "row"), ROWS, ids=[method for method, _ in ROWS])
def test_fields_of_a_row_are_fields_of_the_messages(method: str, row: Classification) -> None:
    """A row names fields that the request and the answer have."""
    rpc = METHODS[method]
    assert set(row.selects) <= {field.name for field in rpc.input_type.fields}
    if row.listing:
        items = rpc.output_type.fields_by_name[row.listing.items]
        item = items.message_type
        cursor = {row.listing.token_field} if row.listing.names_last_item else set()
        names = {row.listing.table, *cursor} - {""}
        assert names <= ({field.name for field in item.fields} if item else set())
        assert row.listing.token_out in {field.name for field in rpc.output_type.fields}
        assert row.listing.token_in in {field.name for field in rpc.input_type.fields}
        assert f"tableadmin.v1.TableAdmin/{row.entry_action}" in RPCS or row.entry_action == "GetOperation"


def test_only_what_shows_nothing_is_open_to_all() -> None:
    """No policy decides about health, the check of specs, and what tells callers about themselves alone."""
    assert {
        method for method, row in RPCS.items() if row.resource_type is ResourceType.NONE and row.group is None
    } == {
        "grpc.health.v1.Health/Check",
        "grpc.health.v1.Health/List",
        "grpc.health.v1.Health/Watch",
        "tableadmin.v1.AccessService/CheckAccess",
        "tableadmin.v1.AccessService/WhoAmI",
        "tableadmin.v1.PlanService/ValidateTables",
    }


def test_actions_of_effects_are_hidden_actions() -> None:
    """The actions that the contract names in the effects of RPCs are those that policies can name.

    All of them destroy something.
    """
    assert {Group.DESTROY} == set(HIDDEN.values())
    named = {effect.action for rpc in CONTRACT.methods_by_name for effect in effects_of_rpc(rpc)} - {""}
    assert named == HIDDEN.keys() - {"ReplaceTable"}


def test_reads_of_the_contract_are_in_no_group_that_changes() -> None:
    """An RPC that the contract marks as a read is in the groups read and list, and no other RPC of AWS is."""
    for rpc in CONTRACT.methods_by_name.values():
        reads = rpc.GetOptions().idempotency_level == 1
        group = RPCS[f"tableadmin.v1.TableAdmin/{rpc.name}"].group
        assert (group in {Group.READ, Group.LIST}) == reads, rpc.name


INVENTED = """
    name: "tableadmin/v1/invented_{name}.proto"
    package: "tableadmin.v1"
    syntax: "proto3"
    dependency: "tableadmin/v1/permission.proto"
    message_type {{
      name: "Invent{name}Request"
      field {{ name: "{field}" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL {kinds} }}
    }}
    message_type {{ name: "Invent{name}Response" }}
    service {{
      name: "Invented{name}"
      method {{
        name: "Invent{name}"
        input_type: ".tableadmin.v1.Invent{name}Request"
        output_type: ".tableadmin.v1.Invent{name}Response"
        options {{ {permission} }}
      }}
    }}
"""
_WRITE = "[tableadmin.v1.permission] { group: ACTION_GROUP_WRITE }"
_LISTS = (
    "[tableadmin.v1.permission] { resource: AUTHORIZED_RESOURCE_ENDPOINT entry_action: 'DescribeBackup' }"
)


def invented(field: str, kinds: str = "", permission: str = _WRITE) -> MethodDescriptor:
    """A new RPC whose request has FIELD, with these KINDS and this PERMISSION."""
    number = next(_NUMBERS)
    text = INVENTED.format(name=f"R{number}", field=field, kinds=kinds, permission=permission)
    Default().AddSerializedFile(Parse(text, FileDescriptorProto()).SerializeToString())
    return Default().FindServiceByName(f"tableadmin.v1.InventedR{number}").methods[0]


_NUMBERS = count()


def declared(*kinds: str) -> str:
    """The option `resource_kinds` with KINDS."""
    values = ", ".join(f"RESOURCE_KIND_{kind}" for kind in kinds)
    return f"options {{ [tableadmin.v1.resource_kinds]: [{values}] }}"


@pytest.mark.parametrize(
    ("field", "kinds", "found"),
    [
        ("table_name", "", Reference("table_name", name=True, kinds=frozenset({Kind.TABLE}))),
        ("new_table_name", "", Reference("new_table_name", name=True, kinds=frozenset({Kind.TABLE}))),
        ("export_arn", "", Reference("export_arn", name=False, kinds=frozenset({Kind.EXPORT}))),
        (
            "archive_arn",
            declared("BACKUP", "EXPORT"),
            Reference("archive_arn", name=False, kinds=frozenset({Kind.BACKUP, Kind.EXPORT})),
        ),
    ],
)
def test_a_new_rpc(field: str, kinds: str, found: Reference) -> None:
    """A new RPC needs its group; its tables are those of fields whose names or options say what they name."""
    assert classify(invented(field, kinds)) == Classification(ResourceType.TABLES, Group.WRITE, (found,))


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(invented("table_name", permission=""), id="without permission"),
        pytest.param(invented("archive_arn"), id="ARN of an unknown kind"),
        pytest.param(invented("archive_name"), id="name of an unknown kind"),
        pytest.param(invented("text"), id="names no table"),
        pytest.param(invented("stream_arn", declared("OTHER")), id="names something else"),
        pytest.param(invented("table_name", permission=_LISTS), id="lists without pages"),
    ],
)
def test_a_new_rpc_is_denied_until_it_is_classified(method: MethodDescriptor) -> None:
    """An RPC has no row where the contract does not say what it is for, or what its request names."""
    assert classify(method) is None


def test_groups_of_the_contract() -> None:
    """The groups that policies name are those of the contract, and so are the kinds of resources."""
    assert {"UNSPECIFIED", *Group.__members__} == {
        name.removeprefix("ACTION_GROUP_") for name in v1.ActionGroup.DESCRIPTOR.values_by_name
    }
    assert {"UNSPECIFIED", *Kind.__members__} == {
        name.removeprefix("RESOURCE_KIND_") for name in v1.ResourceKind.DESCRIPTOR.values_by_name
    }
