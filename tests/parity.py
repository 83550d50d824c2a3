"""What the contract and the service model of the installed botocore do not agree about.

    python -m tests.parity

prints one line for each difference and exits 1 when there is one: for whoever upgrades botocore.
"""

import sys
from collections.abc import Iterable, Iterator

import botocore.session
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.descriptor_pb2 import MethodOptions

from tableadmin.awsshape import enum_values, member_name
from tableadmin.awsshape.rules import is_map, is_timestamp, map_key, map_value, members_of
from tableadmin.v1 import table_admin_pb2

CONTRACT: ServiceDescriptor = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]

DATA_PLANE = frozenset(
    {
        "BatchExecuteStatement",
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "SearchVectors",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)

# The service model does not say which operations only read; AWS's naming does.
READING = ("Describe", "Get", "List")

_AWS_SCALARS = {
    "blob": "bytes",
    "boolean": "bool",
    "double": "double",
    "integer": "int32",
    "long": "int64",
    "string": "string",
    "timestamp": "timestamp",
}
_SCALARS = {
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_STRING: "string",
}


def installed_model() -> ServiceModel:
    """DynamoDB as the installed botocore knows it."""
    return botocore.session.get_session().get_service_model("dynamodb")


def control_plane(model: ServiceModel) -> list[str]:
    """The names of the operations that the contract has to have."""
    return [name for name in model.operation_names if name not in DATA_PLANE]


def mirrored(model: ServiceModel, service: ServiceDescriptor) -> dict[Descriptor, StructureShape | None]:
    """Every message that SERVICE can carry, with the shape it mirrors; None where AWS has no shape at all."""
    pairs: dict[Descriptor, StructureShape | None] = {}
    for name in control_plane(model):
        if name in service.methods_by_name:
            for message, shape in _roots(service.methods_by_name[name], model.operation_model(name)):
                _reach(message, shape, pairs)
    return pairs


def differences(model: ServiceModel, service: ServiceDescriptor) -> Iterator[str]:
    """A line for each thing that MODEL and SERVICE do not agree about, in a settled order."""
    yield from _names("operation", control_plane(model), service.methods_by_name)
    for method in service.methods:
        yield from _reading(method)
        yield from _signature(method)
    enums: dict[EnumDescriptor, StringShape] = {}
    for message, shape in mirrored(model, service).items():
        yield from _members(message, shape, enums)
    for enum, values in enums.items():
        known = [value for value, number in enum_values(enum).items() if number]
        yield from _names(f"{enum.name} value", values.enum, known)


def _roots(
    method: MethodDescriptor, operation: OperationModel
) -> list[tuple[Descriptor, StructureShape | None]]:
    return [(method.input_type, operation.input_shape), (method.output_type, operation.output_shape)]


def _reach(
    message: Descriptor, shape: StructureShape | None, pairs: dict[Descriptor, StructureShape | None]
) -> None:
    if message in pairs:
        return
    pairs[message] = shape
    members = {} if shape is None else shape.members
    for field in members_of(message):
        nested, member = _element(field), members.get(member_name(field))
        if nested.message_type is not None and not is_timestamp(nested) and member is not None:
            innermost = _innermost(member)
            if isinstance(innermost, StructureShape):
                _reach(nested.message_type, innermost, pairs)


def _element(field: FieldDescriptor) -> FieldDescriptor:
    return map_value(field) if is_map(field) else field


def _innermost(shape: Shape) -> Shape:
    if isinstance(shape, ListShape):
        return _innermost(shape.member)
    return _innermost(shape.value) if isinstance(shape, MapShape) else shape


def _names(what: str, aws: Iterable[str], contract: Iterable[str]) -> Iterator[str]:
    has, known = set(aws), set(contract)
    yield from (f"{what} {name}: the contract lacks it" for name in sorted(has - known))
    yield from (f"{what} {name}: AWS does not have it" for name in sorted(known - has))


def _reading(method: MethodDescriptor) -> Iterator[str]:
    reads = method.name.startswith(READING)
    says = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    if reads != says:
        yield f"operation {method.name}: {'only reads' if reads else 'writes'}, the contract says otherwise"


def _signature(method: MethodDescriptor) -> Iterator[str]:
    for suffix, message in {"Request": method.input_type, "Response": method.output_type}.items():
        if message.name != f"{method.name}{suffix}":
            yield f"operation {method.name}: its {suffix.lower()} is called {message.name}"


def _members(
    message: Descriptor, shape: StructureShape | None, enums: dict[EnumDescriptor, StringShape]
) -> Iterator[str]:
    members = {} if shape is None else shape.members
    fields = {member_name(field): field for field in members_of(message)}
    yield from _names(f"{message.name} member", members, fields)
    for name in sorted(members.keys() & fields.keys()):
        member, field = members[name], fields[name]
        aws, contract = _type_of_shape(member), _type_of_field(field)
        if aws != contract:
            yield f"{message.name} member {name}: {contract} in the contract, {aws} in AWS"
            continue
        enum, values = _element(field).enum_type, _innermost(member)
        if enum is not None and isinstance(values, StringShape):
            enums[enum] = values


def _type_of_shape(shape: Shape) -> str:
    if isinstance(shape, ListShape):
        return f"list of {_type_of_shape(shape.member)}"
    if isinstance(shape, MapShape):
        return f"map of {_type_of_shape(shape.key)} to {_type_of_shape(shape.value)}"
    if isinstance(shape, StructureShape):
        return shape.name
    if isinstance(shape, StringShape) and shape.enum:
        return shape.name
    return _AWS_SCALARS.get(shape.type_name, shape.type_name)


def _type_of_field(field: FieldDescriptor) -> str:
    if is_map(field):
        return f"map of {_type_of_single(map_key(field))} to {_type_of_single(map_value(field))}"
    return f"list of {_type_of_single(field)}" if field.is_repeated else _type_of_single(field)


def _type_of_single(field: FieldDescriptor) -> str:
    if is_timestamp(field):
        return "timestamp"
    named = field.message_type or field.enum_type
    return named.name if named is not None else _SCALARS.get(field.type, f"protobuf type {field.type}")


def main(model: ServiceModel, service: ServiceDescriptor) -> int:
    """Print the differences; the exit code of the command."""
    found = list(differences(model, service))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(installed_model(), CONTRACT))
