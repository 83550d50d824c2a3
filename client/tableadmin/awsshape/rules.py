"""The naming rules between the contract and AWS, read from descriptors."""

from functools import cache

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

# The field that names the lists and maps that are present but empty. It mirrors no AWS member.
EMPTY_MEMBERS = "empty_members"


def members_of(descriptor: Descriptor) -> list[FieldDescriptor]:
    """The fields of a message that mirror AWS members."""
    return [field for field in descriptor.fields if field.name != EMPTY_MEMBERS]


def member_name(field: FieldDescriptor) -> str:
    """The AWS member that FIELD mirrors: its `json_name` with the first letter upper-cased."""
    return field.json_name[0].upper() + field.json_name[1:]


@cache
def enum_values(enum: EnumDescriptor) -> dict[str, int]:
    """The AWS values of ENUM and their numbers: names without the prefix of `<PREFIX>_UNSPECIFIED`."""
    prefix = len(enum.values_by_number[0].name.removesuffix("UNSPECIFIED"))
    return {value.name[prefix:]: value.number for value in enum.values}


def is_timestamp(field: FieldDescriptor) -> bool:
    """Whether FIELD holds a point in time."""
    return field.message_type is not None and field.message_type.full_name == "google.protobuf.Timestamp"


def is_map(field: FieldDescriptor) -> bool:
    """Whether FIELD is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def map_key(field: FieldDescriptor) -> FieldDescriptor:
    """The field with the keys of the map FIELD."""
    assert field.message_type is not None
    return field.message_type.fields_by_name["key"]


def map_value(field: FieldDescriptor) -> FieldDescriptor:
    """The field with the values of the map FIELD."""
    assert field.message_type is not None
    return field.message_type.fields_by_name["value"]
