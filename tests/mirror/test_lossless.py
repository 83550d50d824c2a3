"""Nothing is lost between a caller's dict and AWS's HTTP, in either direction.

Every operation is called with drawn requests, and answered with drawn answers: through a real channel, a
whole server, all of boto3 and a socket. Requests that go to the ends of what types hold would be refused by
boto3's own validation of lengths and required members, so they go to an endpoint whose AWS profile switches
that off (`parameter_validation`); all others pass it.
"""

import json
import uuid
from random import Random

import pytest
from google.protobuf.descriptor import MethodDescriptor

from tableadmin.awsshape import AwsDict
from tests.mirror.drawing import EVERY_MEMBER, EXTREMES, SOME_MEMBERS, drawn
from tests.mirror.http_layer import as_json
from tests.mirror.ways import MODEL, Ways, each_operation

# The manners of ten draws, of 200 for each operation.
MANNERS = (EVERY_MEMBER, *[SOME_MEMBERS] * 5, *[EXTREMES] * 4)
DRAWS = 200


@pytest.mark.asyncio(loop_scope="module")
@each_operation
async def test_nothing_is_lost(method: MethodDescriptor, ways: Ways) -> None:
    """A request reaches AWS as it was asked, and its answer the caller as AWS gave it."""
    operation = MODEL.operation_model(method.name)
    for number in range(DRAWS):
        manner = MANNERS[number % len(MANNERS)]
        random = Random(f"{method.name} {number}")
        asked = drawn(operation.input_shape, manner, random)
        answer = drawn(operation.output_shape, manner, random)
        way = await ways.there_and_back(method, asked, answer, "strict" if manner.valid else "lax")
        sent = _without_tokens(way.sent, asked, operation.idempotent_members)
        assert as_json(asked) == sent, f"draw {number}"
        assert exact(answer) == exact(way.answered), f"draw {number}"


def _without_tokens(body: str, asked: AwsDict, tokens: list[str]) -> str:
    """BODY in a settled order and without the idempotency tokens that botocore fills in where none is."""
    sent = json.loads(body)
    for token in set(tokens) - set(asked):
        uuid.UUID(sent.pop(token))
    return as_json(sent)


def exact(value: AwsDict) -> str:
    """VALUE as text that differs when anything does: types, signs of zero, fractions of a second."""
    return json.dumps(value, default=repr, sort_keys=True)
