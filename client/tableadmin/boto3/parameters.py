"""Convert boto3's keyword arguments to request messages, with boto3's errors."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from tableadmin.awsshape import ShapeError, enum_values, from_aws, member_name
from tableadmin.awsshape.rules import is_map, is_timestamp, map_value, members_of
from tableadmin.boto3.errors import client_error
from tableadmin.boto3.exceptions import ParamValidationError
from tableadmin.boto3.installed import botocore_module, service_model
from tableadmin.methods import Method, P, Request, Response

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict


class _Refused(NamedTuple):
    """A value that is not in its enum. `path` is in AWS's notation."""

    path: str
    value: str
    values: list[str]


def request_of(method: Method[P, Request, Response], params: Mapping[str, object]) -> Request:
    """Return the request of METHOD with PARAMS.

    Raises boto3's errors: ParamValidationError for unknown parameters and wrong types, ClientError for a
    value that is not in its enum. The service checks for missing and too short values.
    """
    refused: list[_Refused] = []
    try:
        data = _Conversion(refused).structure(params, cast("Descriptor", method.request_type.DESCRIPTOR), "")
        request = from_aws(cast("AwsDict", data), method.request_type)
    except ShapeError as error:
        raise ParamValidationError(report=_botocore_report(method.rpc, params) or str(error)) from error
    if refused:
        raise _validation_error(method.rpc, params, refused)
    return request


def _validation_error(rpc: str, params: Mapping[str, object], refused: list[_Refused]) -> Exception:
    report = _botocore_report(rpc, params)
    if report:
        return ParamValidationError(report=report)
    problems = "; ".join(
        f"Value '{each.value}' at '{each.path}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{', '.join(each.values)}]"
        for each in refused
    )
    count = f"{len(refused)} validation error{'s' if len(refused) > 1 else ''} detected"
    return client_error("ValidationException", f"{count}: {problems}", rpc)


class _Conversion:
    """Converts values as boto3 does, and collects values that are not in their enum.

    boto3 accepts text for a time in seconds or for UTF-8 bytes, and Decimals for numbers. Invalid values are
    not changed.
    """

    def __init__(self, refused: list[_Refused]) -> None:
        self._refused = refused

    def structure(self, data: object, descriptor: Descriptor, path: str) -> object:
        """Return DATA, found at PATH, in the shape of DESCRIPTOR."""
        if not isinstance(data, Mapping):
            return data
        fields = {member_name(field): field for field in members_of(descriptor)}
        return {
            member: self._member(value, fields[member], f"{path}{member[0].lower()}{member[1:]}")
            if member in fields
            else value
            for member, value in data.items()
        }

    def _member(self, value: object, field: FieldDescriptor, path: str) -> object:
        if is_map(field) and isinstance(value, Mapping):
            of = map_value(field)
            return {key: self._single(each, of, f"{path}.{key}.member") for key, each in value.items()}
        if field.is_repeated and not is_map(field) and isinstance(value, list | tuple):
            return [self._single(each, field, f"{path}.{n}.member") for n, each in enumerate(value, 1)]
        return self._single(value, field, path)

    def _single(self, value: object, field: FieldDescriptor, path: str) -> object:
        if is_timestamp(field):
            return _seconds(value)
        if field.message_type is not None and not is_map(field):
            return self.structure(value, field.message_type, f"{path}.")
        if field.enum_type is not None:
            return self._enum(value, field.enum_type, path)
        if isinstance(value, str) and field.type == FieldDescriptor.TYPE_BYTES:
            return value.encode()
        return float(value) if isinstance(value, Decimal) else value

    def _enum(self, value: object, enum: EnumDescriptor, path: str) -> object:
        if not isinstance(value, str):
            # The contract's reader would take a number for an enum number.
            raise ShapeError(path, f"must be text, not {value!r}")
        values = [name for name, number in enum_values(enum).items() if number]
        if value in values:
            return value
        self._refused.append(_Refused(path, value, values))
        return 0


def _seconds(value: object) -> object:
    """Return VALUE as a number if it is numeric text, otherwise VALUE."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


class _Report(Protocol):
    def generate_report(self) -> str: ...


class _Validator(Protocol):
    def validate(self, params: Mapping[str, object], shape: object) -> _Report: ...


def _botocore_report(rpc: str, params: Mapping[str, object]) -> str:
    """Return botocore's validation report of PARAMS, "" if there is none or botocore is not installed."""
    module, model = botocore_module("validate"), service_model()
    if module is None or rpc not in model.operation_names:
        return ""
    validator = cast("_Validator", module.ParamValidator())
    return validator.validate(params, model.operation_model(rpc).input_shape).generate_report()
