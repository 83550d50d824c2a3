"""Every operation with every member of its request and of its answer, checked against botocore's model.

botocore's Stubber takes the place of the network. It compares the parameters that reach boto3 with those
expected, and refuses an answer that does not fit the output shape; boto3 validates the parameters itself.
"""

from collections.abc import AsyncIterator
from random import Random

import pytest
import pytest_asyncio
from botocore import xform_name
from botocore.stub import Stubber
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import from_aws, to_aws
from tableadmin_server.config import EndpointConfig
from tests.mirror.drawing import EVERY_MEMBER, drawn
from tests.mirror.in_process import NOWHERE, InProcess, serving
from tests.parity import CONTRACT, installed_model

MODEL = installed_model()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[InProcess]:
    """A server whose boto3 client a test stubs."""
    async with serving({"stubbed": EndpointConfig(endpoint_url=NOWHERE, region="us-west-2")}) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("method", list(CONTRACT.methods), ids=lambda method: method.name)
async def test_every_member_arrives(method: MethodDescriptor, server: InProcess) -> None:
    """An operation passes all members of its request on to boto3, and all of the answer back."""
    operation = MODEL.operation_model(method.name)
    random = Random(method.name)
    asked = drawn(operation.input_shape, EVERY_MEMBER, random)
    answer = drawn(operation.output_shape, EVERY_MEMBER, random)
    request = from_aws(asked, GetMessageClass(method.input_type))

    with Stubber(server.boto3["stubbed"]) as stubber:
        stubber.add_response(xform_name(method.name), answer, asked)
        response, _ = await server.call(method, request, "stubbed")
        stubber.assert_no_pending_responses()

    assert answer == to_aws(response)
