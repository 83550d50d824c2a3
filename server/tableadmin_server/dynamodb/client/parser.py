"""How answers are read: as botocore does, but nothing is dropped in silence and garbage is an error.

botocore leaves out members that its service model does not have, and takes a body that is not JSON for an
answer with nothing in it. Here a newer DynamoDB's members stay, and the page of some proxy is no empty table.

A change that was answered with HTTP status 200 was made. If a member of an answer is of the wrong type, the
answer is read all the same, that member stays as it came, and the metadata say so. A read whose members are
not even lists or objects where they should be is no answer: an empty listing is another thing.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from botocore.model import ListShape, Shape, ShapeResolver, StructureShape
from botocore.parsers import ResponseParser, ResponseParserError, ResponseParserFactory
from botocore.utils import parse_timestamp

from tableadmin_server.dynamodb.client.botocore_private import StepParser
from tableadmin_server.dynamodb.client.retries import CHANGES, READS

# What botocore's parsers run into when data is not of the shape they expect, or nested without end.
_MISSHAPEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

# In the metadata of an answer in which something is of the wrong type.
MISSHAPEN = "Misshapen"

# What the members of an answer itself have to be, by the type of their shape, for a read to be an answer.
_KINDS: Mapping[str, type] = {"structure": dict, "list": list, "map": dict, "string": str}

# How AWS names its errors, which a code that botocore found in a body need not be.
_ERROR_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,127}")

# A member that the service model does not have is kept up to so many levels of lists and objects.
_MAX_DEPTH = 32

# The output of operations that have none in the service model.
_NO_OUTPUT = StructureShape("NoOutput", {"type": "structure", "members": {}}, ShapeResolver({}))


class StrictParserFactory(ResponseParserFactory):
    """botocore's component `response_parser_factory`, strict for DynamoDB's protocol."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """A parser of PROTOCOL_NAME; STS, which gives out roles, has one of its own."""
        return _StrictParser(_time) if protocol_name == "json" else super().create_parser(protocol_name)


def _time(value: str | float) -> datetime:
    """As botocore has it, in UTC: botocore looks for the local time zone first, for each timestamp."""
    return parse_timestamp(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)


class _StrictParser(StepParser):
    def parse(self, response: Mapping[str, Any], shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        try:
            return super().parse(response, shape)
        except _MISSHAPEN as error:
            name = response.get("context", {}).get("operation_name")
            if response["status_code"] != HTTPStatus.OK or name not in {*CHANGES, *READS}:
                raise _no_answer() from error
        parser = _LenientParser(_time) if name in CHANGES else _LenientReadParser(_time)
        return parser.parse(response, shape)

    def read_success(self, response: Mapping[str, Any], shape: Shape | None) -> Any:  # noqa: ANN401  # the same
        if response["status_code"] != HTTPStatus.OK:
            raise ResponseParserError(f"HTTP status {response['status_code']} is none of DynamoDB's")
        # DynamoDB answers these with an empty body, which botocore does not read; a newer one may say more.
        if shape is None and response["body"]:
            shape = _NO_OUTPUT
        return super().read_success(response, shape)

    def read_error(self, response: Mapping[str, Any], shape: Shape | None) -> Any:  # noqa: ANN401  # the same
        parsed = super().read_error(response, shape)
        error = parsed["Error"]
        # Without a code of AWS's the status stands for the code, as botocore has it for other pages.
        if not _ERROR_CODE.fullmatch(error["Code"]):
            error["Code"] = str(response["status_code"])
        if not isinstance(error["Message"], str):
            error["Message"] = ""
        return parsed

    def read_body(self, raw_body: bytes, shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        return self.read_shape(shape, json.loads(raw_body))

    def read_structure(self, shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
        parsed: dict[str, Any] = super().read_structure(shape, value)
        if len(parsed) < len(value):
            parsed.update({member: _kept(value[member]) for member in value.keys() - shape.members.keys()})
        return parsed

    def read_list(self, shape: ListShape, value: object) -> list[Any]:
        if not isinstance(value, list) or None in value:
            raise TypeError(value)
        return [self.read_shape(shape.member, item) for item in value]

    def read_string(self, _: Shape, value: object) -> str:
        if not isinstance(value, str):
            raise TypeError(value)
        return value

    def read_boolean(self, _: Shape, value: object) -> bool:
        if not isinstance(value, bool):
            raise TypeError(value)
        return value

    def read_integer(self, _: Shape, value: object) -> float:
        if not isinstance(value, int | float):
            raise TypeError(value)
        return value

    read_long = read_float = read_double = read_integer


class _LenientParser(_StrictParser):
    """Keeps what is of the wrong type as it came."""

    def parse(self, response: Mapping[str, Any], shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        try:
            parsed = StepParser.parse(self, response, shape)
        except _MISSHAPEN as error:
            raise _no_answer() from error
        parsed["ResponseMetadata"][MISSHAPEN] = True
        return parsed

    def read_body(self, raw_body: bytes, shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        data = json.loads(raw_body)
        if not isinstance(data, dict):
            raise TypeError(data)
        return self.read_shape(shape, data)

    def read_shape(self, shape: Shape, node: Any) -> Any:  # noqa: ANN401  # as botocore has it
        try:
            return super().read_shape(shape, node)
        except _MISSHAPEN:
            return _kept(node)

    def read_list(self, shape: ListShape, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise TypeError(value)
        return [self.read_shape(shape.member, item) for item in value]


class _LenientReadParser(_LenientParser):
    """The same inside of the answer's members, which have to be of their kind."""

    def read_body(self, raw_body: bytes, shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        data = super().read_body(raw_body, shape)
        assert isinstance(shape, StructureShape)
        for member, of in shape.members.items():
            if not isinstance(data.get(member), _KINDS.get(of.type_name, object) | None):
                raise TypeError(member)
        return data


def _no_answer() -> ResponseParserError:
    return ResponseParserError("the response does not match the DynamoDB model")


def _kept(value: object, depth: int = _MAX_DEPTH) -> object:
    """VALUE, in which "..." stands for what is nested too deep to be written down."""
    if isinstance(value, dict):
        return {key: _kept(each, depth - 1) for key, each in value.items()} if depth else "..."
    if isinstance(value, list):
        return [_kept(each, depth - 1) for each in value] if depth else "..."
    return value
