"""Nothing is lost between messages and AWS-shaped dicts, whatever they hold."""

from collections.abc import Mapping

import pytest
from botocore.model import StructureShape
from google.protobuf.descriptor import Descriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tableadmin.awsshape import AwsDict, Unknown, from_aws, to_aws
from tests.parity import CONTRACT, installed_model, mirrored
from tests.strategies import every_member, messages, shaped

MIRRORED = mirrored(installed_model(), CONTRACT)
SHAPES = {message: shape for message, shape in MIRRORED.items() if shape is not None}
# Many types with few examples each; a slow machine is no failure.
few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
each_message = pytest.mark.parametrize("message", MIRRORED, ids=lambda message: message.name)
each_shape = pytest.mark.parametrize(
    ("message", "shape"), SHAPES.items(), ids=[message.name for message in SHAPES]
)


@few
@given(st.data())
@each_message
def test_a_message_survives(message: Descriptor, data: st.DataObject) -> None:
    """Any message of any type of the contract is itself again after the way through its dict."""
    original = data.draw(messages(message))
    unknown: list[Unknown] = []

    as_dict = to_aws(original)

    assert original == from_aws(as_dict, type(original), unknown)
    assert original == from_aws(as_dict, type(original))
    assert [] == unknown


@few
@given(st.data())
@each_shape
def test_a_dict_survives(message: Descriptor, shape: StructureShape, data: st.DataObject) -> None:
    """Any dict that botocore's model allows is itself again after the way over the wire."""
    assert_survives(data.draw(shaped(shape)), message)


@settings(few, max_examples=3)
@given(st.data())
@each_shape
def test_all_members_survive(message: Descriptor, shape: StructureShape, data: st.DataObject) -> None:
    """A dict with every member of everything in it is itself again after the way over the wire."""
    assert_survives(data.draw(every_member(shape)), message)


def assert_survives(original: AwsDict, message: Descriptor) -> None:
    """Both as what botocore returned and as somebody's input."""
    unknown: list[Unknown] = []
    message_type = GetMessageClass(message)

    returned = from_aws(original, message_type, unknown)

    wire = returned.SerializeToString()
    assert exact(original) == exact(to_aws(message_type.FromString(wire)))
    assert returned == from_aws(original, message_type)
    assert [] == unknown


def exact(value: object) -> object:
    """VALUE with its types beside it: for Python 0, 0.0, -0.0 and False are all the same."""
    if isinstance(value, Mapping):
        return {key: exact(item) for key, item in value.items()}
    return [exact(item) for item in value] if isinstance(value, list) else (type(value), repr(value))
