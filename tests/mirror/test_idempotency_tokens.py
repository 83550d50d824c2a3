"""Operations with an idempotency token are done once, however often boto3 has to send them.

boto3 sends a change again only where the endpoint has refused it for a rate, or could not be reached.
"""

import json
import uuid
from random import Random

import pytest
from google.protobuf.descriptor import MethodDescriptor

from tests.mirror.drawing import EVERY_MEMBER, drawn
from tests.mirror.ways import MODEL, Ways
from tests.parity import CONTRACT

_WITH_TOKEN = [method for method in CONTRACT.methods if MODEL.operation_model(method.name).idempotent_members]
each_with_token = pytest.mark.parametrize("method", _WITH_TOKEN, ids=lambda method: method.name)


def test_which_have_one() -> None:
    """These are the operations with a token."""
    expected = {"ExportTableToPointInTime", "ImportTable", "StartBulkPutItems"}
    assert expected == {method.name for method in _WITH_TOKEN}


@pytest.mark.asyncio(loop_scope="module")
@each_with_token
async def test_retries_carry_the_same_token(method: MethodDescriptor, ways: Ways) -> None:
    """A call without a token gets one, and what boto3 tries again carries that one."""
    asked = drawn(MODEL.operation_model(method.name).input_shape, EVERY_MEMBER, Random(method.name))
    del asked["ClientToken"]
    ways.http.will_answer({"__type": "ThrottlingException", "message": "try again"}, status="400 Bad Request")

    way = await ways.there_and_back(method, asked, {})

    first, again = ways.http.seen.pop().body, way.sent
    assert first == again
    assert str(uuid.UUID(json.loads(again)["ClientToken"])) in again


@pytest.mark.asyncio(loop_scope="module")
@each_with_token
async def test_callers_token_is_kept(method: MethodDescriptor, ways: Ways) -> None:
    """A caller's own token is the one that is sent."""
    asked = drawn(MODEL.operation_model(method.name).input_shape, EVERY_MEMBER, Random(method.name))
    asked["ClientToken"] = "mine"
    assert json.loads((await ways.there_and_back(method, asked, {})).sent)["ClientToken"] == "mine"
