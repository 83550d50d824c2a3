"""How answers are read: as botocore does, but nothing is dropped in silence and garbage is an error.

botocore leaves out members that its service model does not have, and takes a body that is not JSON for an
answer with nothing in it. Here a newer DynamoDB's members stay, and the page of some proxy is no empty table.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape, ShapeResolver, StructureShape
from botocore.parsers import JSONParser, ResponseParser, ResponseParserError, ResponseParserFactory
from botocore.utils import parse_timestamp

# What botocore's parsers run into when data is not of the shape they expect.
_MISSHAPEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

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


class _StrictParser(JSONParser):
    def parse(self, response: Mapping[str, Any], shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        try:
            return super().parse(response, shape)
        except _MISSHAPEN as error:
            raise ResponseParserError("the answer is not of DynamoDB's shapes") from error

    def _do_parse(self, response: Mapping[str, Any], shape: Shape | None) -> Any:  # noqa: ANN401  # the same
        # DynamoDB answers these with an empty body, which botocore does not read; a newer one may say more.
        if shape is None and response["body"]:
            shape = _NO_OUTPUT
        return super()._do_parse(response, shape)  # type: ignore[misc]  # not in the stubs

    def _handle_json_body(self, raw_body: bytes, shape: Shape) -> Any:  # noqa: ANN401  # as botocore has it
        return self._parse_shape(shape, json.loads(raw_body))  # type: ignore[attr-defined]  # not in the stubs

    def _handle_structure(self, shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
        parsed: dict[str, Any] = super()._handle_structure(shape, value)  # type: ignore[misc]  # the same
        if len(parsed) < len(value):
            parsed.update({member: value[member] for member in value.keys() - shape.members.keys()})
        return parsed
