"""Messages of the contract as the dicts boto3 takes and returns, and back, without loss.

The rules are the contract's own, so nothing here knows a message by name:

- the AWS member of a field is its `json_name` with the first letter upper-cased;
- the AWS value of an enum number is the number's name without the prefix it shares with
  `<PREFIX>_UNSPECIFIED`; a number without a name stays a number;
- timestamps are aware datetimes in whole microseconds, as botocore has them;
- `empty_members` names the lists and maps that are present but empty, which proto3 cannot say.
"""

from collections.abc import Mapping
from typing import TypeVar, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from tableadmin.awsshape.inspection import Inspection, inspected
from tableadmin.awsshape.reader import DOES_NOT_FIT, reader
from tableadmin.awsshape.rules import enum_values, is_map, member_name
from tableadmin.awsshape.values import AwsDict, AwsValue, ShapeError, Unknown
from tableadmin.awsshape.writer import writer

__all__ = [
    "AwsDict",
    "AwsValue",
    "ShapeError",
    "Unknown",
    "enum_values",
    "fitting",
    "from_aws",
    "is_map",
    "member_name",
    "to_aws",
]

M = TypeVar("M", bound=Message)


def to_aws(message: Message) -> AwsDict:
    """The dict boto3 takes or returns for MESSAGE: members that are not set are absent.

    Raises ShapeError when `empty_members` names something that is not an empty list or map of its message,
    and for a timestamp that no datetime can hold.
    """
    return writer(message.DESCRIPTOR)(message)


def from_aws(data: Mapping[str, AwsValue], message_type: type[M], unknown: list[Unknown] | None = None) -> M:
    """The message of MESSAGE_TYPE that says what DATA says.

    With a list for UNKNOWN, DATA is taken to be what botocore returned: what the contract does not know, and
    what is of the wrong type, is appended to the list and left out of the message. Without one DATA is taken
    to be somebody's input: each value's type is looked at, and JSON's ways are read too (timestamps as ISO
    8601 text or epoch seconds, bytes as base64).

    Raises ShapeError where DATA is no mapping and, without a list, for what is of the wrong type or unknown.
    """
    descriptor = cast("Descriptor", message_type.DESCRIPTOR)
    read = reader(descriptor)
    if unknown is None:
        return message_type(**read(inspected(data, descriptor)))
    try:
        return message_type(**read(data))
    except DOES_NOT_FIT:
        return message_type(**read(Inspection(unknown).mapping(data, descriptor, "")))


def fitting(data: Mapping[str, AwsValue], message_type: type[Message]) -> AwsDict:
    """DATA without what a message of MESSAGE_TYPE has no place for, and what is of the wrong type.

    Raises ShapeError where DATA is no mapping.
    """
    return Inspection([]).mapping(data, cast("Descriptor", message_type.DESCRIPTOR), "")
