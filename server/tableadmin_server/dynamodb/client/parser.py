"""Parses answers as botocore does, but keeps unknown members and raises for malformed answers.

botocore drops members that its service model does not have, and reads a body that is not JSON as an empty
answer. This parser keeps the members of a newer DynamoDB, and refuses the HTML page of a proxy.

A change that was answered with HTTP status 200 was made. If a member of an answer has the wrong type, the
answer is still read, the member is kept unchanged, and the metadata say so. The answer to a read is refused
if a member that should be a list or an object is something else.
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

# The exceptions of botocore's parsers for data of the wrong shape, or nested too deep.
_MISSHAPEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

# Set in the metadata of an answer with a member of the wrong type.
MISSHAPEN = "Misshapen"

# The required types of the top-level members of an answer to a read, by the type of their shape.
_KINDS: Mapping[str, type] = {"structure": dict, "list": list, "map": dict, "string": str}

# The form of AWS's error codes. A code that botocore found in a body may have another form.
_ERROR_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,127}")

# An unknown member is kept up to so many levels of lists and objects.
_MAX_DEPTH = 32

# The output shape of operations without output in the service model.
_NO_OUTPUT = StructureShape("NoOutput", {"type": "structure", "members": {}}, ShapeResolver({}))


class StrictParserFactory(ResponseParserFactory):
    """botocore's component `response_parser_factory`, with a strict parser for DynamoDB's protocol."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Return a parser for PROTOCOL_NAME: a strict one for DynamoDB, botocore's own for STS."""
        return _StrictParser(_time) if protocol_name == "json" else super().create_parser(protocol_name)


def _time(value: str | float) -> datetime:
    """Parse a timestamp as botocore does, but in UTC: botocore looks up the local time zone each time."""
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
            raise ResponseParserError(f"HTTP status {response['status_code']} is not DynamoDB's")
        # DynamoDB answers operations without output with an empty body. A newer DynamoDB may return members.
        if shape is None and response["body"]:
            shape = _NO_OUTPUT
        return super().read_success(response, shape)

    def read_error(self, response: Mapping[str, Any], shape: Shape | None) -> Any:  # noqa: ANN401  # the same
        parsed = super().read_error(response, shape)
        error = parsed["Error"]
        # Without an AWS error code the HTTP status is the code, as in botocore.
        if not _ERROR_CODE.fullmatch(error["Code"]):
            error["Code"] = str(response["status_code"])
        if not isinstance(error["Message"], str):
            error["Message"] = ""
        return parsed

    def read_body(self, raw_body: bytes, shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        data = json.loads(raw_body)
        # dynalite answers operations without output with an empty JSON string.
        return {} if shape is _NO_OUTPUT and data == "" else self.read_shape(shape, data)

    def read_structure(self, shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
        # botocore looks for every member of the shape, but most of them are absent.
        members = shape.members
        parsed: dict[str, Any] = {}
        for name, each in value.items():
            member = members.get(name)
            if member is None:
                parsed[name] = _kept(each)
            elif each is not None:
                parsed[name] = self.read_shape(member, each)
        return parsed

    def read_shape(self, shape: Shape, node: Any) -> Any:  # noqa: ANN401  # as botocore has it
        read = self.readers.get(shape.type_name)
        return node if read is None else read(self, shape, node)

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
    """Keeps members of the wrong type unchanged."""

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
    """Keeps values of the wrong type inside the top-level members, which must have the right type."""

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
    """VALUE, with "..." in place of values that are nested too deep."""
    if isinstance(value, dict):
        return {key: _kept(each, depth - 1) for key, each in value.items()} if depth else "..."
    if isinstance(value, list):
        return [_kept(each, depth - 1) for each in value] if depth else "..."
    return value
