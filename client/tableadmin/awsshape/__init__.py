"""Convert messages of the contract to the dicts of boto3 and back, without loss.

The rules apply to all messages:

- The AWS member of a field is its `json_name` with the first letter in upper case.
- The AWS value of an enum number is the number's name without the prefix of `<PREFIX>_UNSPECIFIED`. A number
  without a name stays a number.
- Timestamps are datetimes with a time zone, in whole microseconds, as in botocore.
- `empty_members` names the lists and maps that are present but empty, which proto3 cannot express.
"""

from collections.abc import Mapping
from typing import TypeVar, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from tableadmin.awsshape.reader import DOES_NOT_FIT, reader
from tableadmin.awsshape.rules import enum_values, is_map, member_name
from tableadmin.awsshape.shape_checker import ShapeChecker, check_shape
from tableadmin.awsshape.values import AwsDict, AwsValue, ShapeError, Unknown
from tableadmin.awsshape.writer import writer

__all__ = [
    "AwsDict",
    "AwsValue",
    "ShapeError",
    "Unknown",
    "drop_unknown",
    "enum_values",
    "from_aws",
    "is_map",
    "member_name",
    "to_aws",
]

M = TypeVar("M", bound=Message)


def to_aws(message: Message) -> AwsDict:
    """Return MESSAGE as a boto3 dict. Fields that are not set are absent.

    Raises ShapeError if `empty_members` names something that is not an empty list or map of its message,
    and for a timestamp outside the range of datetime.
    """
    return writer(message.DESCRIPTOR)(message)


def from_aws(data: Mapping[str, AwsValue], message_type: type[M], unknown: list[Unknown] | None = None) -> M:
    """Convert DATA to a message of MESSAGE_TYPE.

    With a list UNKNOWN, DATA is a response of botocore: unknown members and values of the wrong type are
    appended to UNKNOWN and left out of the message. Without UNKNOWN, DATA is user input: all types are
    checked, and the JSON forms are accepted too (timestamps as ISO 8601 text or epoch seconds, bytes as
    base64).

    Raises ShapeError if DATA is not a mapping and, without UNKNOWN, for unknown members and wrong types.
    """
    descriptor = cast("Descriptor", message_type.DESCRIPTOR)
    read = reader(descriptor)
    if unknown is None:
        return message_type(**read(check_shape(data, descriptor)))
    try:
        return message_type(**read(data))
    except DOES_NOT_FIT:
        return message_type(**read(ShapeChecker(unknown).mapping(data, descriptor, "")))


def drop_unknown(data: Mapping[str, AwsValue], message_type: type[Message]) -> AwsDict:
    """Return DATA without members that MESSAGE_TYPE does not have and without values of the wrong type.

    Raises ShapeError if DATA is not a mapping.
    """
    return ShapeChecker([]).mapping(data, cast("Descriptor", message_type.DESCRIPTOR), "")
