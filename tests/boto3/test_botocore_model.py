"""The tables of the drop-in say what botocore's own say."""

import itertools
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import create_loader
from botocore.model import ServiceModel, StringShape, StructureShape
from botocore.waiter import WaiterModel

from tableadmin.boto3 import drop_in, exceptions, standins
from tableadmin.boto3.drop_in import DATA_PLANE
from tableadmin.boto3.errors import MODELED
from tableadmin.boto3.waiters import WAITERS
from tableadmin.channel import SERVICE

_LOADER = create_loader()
_MODEL = ServiceModel(_LOADER.load_service_model("dynamodb", "service-2"), "dynamodb")
_WAITERS = WaiterModel(_LOADER.load_service_model("dynamodb", "waiters-2"))
_BOTO3_WAITERS = {xform_name(name): name for name in _WAITERS.waiter_names}


def test_methods_have_the_names_of_boto3(nowhere: drop_in.Client) -> None:
    """Each operation of the contract has the method that boto3 has; the others are known as data plane."""
    mapping = nowhere.meta.method_to_api_mapping
    assert {xform_name(name): name for name in SERVICE.methods_by_name} == mapping
    assert {name: getattr(nowhere, name).__name__ for name in mapping} == {name: name for name in mapping}
    assert {xform_name(name) for name in _MODEL.operation_names} == mapping.keys() | DATA_PLANE


def test_errors_have_the_names_of_the_model() -> None:
    """There is a class for each error of the model, under its error code."""
    codes = {shape.name: getattr(shape, "error_code", None) for shape in _MODEL.error_shapes}
    assert codes == {name: name for name in MODELED}


@pytest.mark.parametrize("name", exceptions.__all__)
def test_stand_ins_are_like_the_originals(name: str) -> None:
    """A stand-in has the name, the text and the base of botocore's, which are used where they are there."""
    original, stand_in = getattr(exceptions, name), getattr(standins, name)
    assert original.__module__ == "botocore.exceptions"
    assert original.__name__ == stand_in.__name__
    assert getattr(original, "fmt", "") == getattr(stand_in, "fmt", "")
    assert issubclass(original, exceptions.BotoCoreError) == issubclass(stand_in, standins.BotoCoreError)


def test_client_errors_read_the_same() -> None:
    """The stand-in for ClientError has the text of botocore's, and survives pickling as it does."""
    response: dict[str, Any] = {"Error": {"Code": "ResourceNotFoundException", "Message": "no such table"}}
    given: dict[str, Any]
    for given in (response, {"Error": {}}, {}):
        original = exceptions.ClientError(given, "DescribeTable")
        stand_in = standins.ClientError(given, "DescribeTable")
        assert str(original) == str(stand_in)
        assert original.response == stand_in.response == given
        assert stand_in.__reduce__()[1] == (given, "DescribeTable")


def test_all_waiters_of_boto3_are_there() -> None:
    """Each waiter of boto3 that asks what the contract has is there, beside our own."""
    wanted = {
        name
        for name, model_name in _BOTO3_WAITERS.items()
        if _WAITERS.get_waiter(model_name).operation in SERVICE.methods_by_name
    }
    own = {"index_active", "index_not_exists", "pitr_enabled", "time_to_live_settled"}
    assert wanted | own == set(WAITERS)


@pytest.mark.parametrize("name", _BOTO3_WAITERS)
def test_waiters_are_those_of_boto3(name: str, nowhere: drop_in.Client) -> None:
    """Operation, pace and the meaning of each answer are as botocore describes them."""
    described, ours = _WAITERS.get_waiter(_BOTO3_WAITERS[name]), nowhere.get_waiter(name).config
    for attribute in ("operation", "delay", "max_attempts", "description"):
        assert getattr(described, attribute) == getattr(ours, attribute)
    attributes = ("state", "matcher", "expected", "argument", "explanation")
    expected = [[getattr(each, name) for name in attributes] for each in described.acceptors]
    assert expected == [[getattr(each, name) for name in attributes] for each in ours.acceptors]
    for answer in _answers(described.operation):
        verdicts = [bool(each.matcher_func(answer)) for each in described.acceptors]
        assert (answer, verdicts) == (answer, [each.matcher_func(answer) for each in ours.acceptors])


def _answers(operation: str) -> list[dict[str, Any]]:
    """Answers with each status that there is, lists of up to two of them, and errors."""
    shape = _MODEL.operation_model(operation).output_shape
    assert shape is not None
    errors = [{"Error": {"Code": code, "Message": "none"}} for code in ("ResourceNotFoundException", "Other")]
    # botocore's waiter for destinations fails for an answer without any: its JMESPath wants a list.
    if "KinesisDataStreamDestinations" in shape.members:
        return [*_destinations(), *errors]
    return [{}, *_statuses(shape), *errors]


def _statuses(shape: StructureShape, depth: int = 2) -> list[dict[str, Any]]:
    """Answers of SHAPE that have one member each: a status, or a structure with one."""
    found: list[dict[str, Any]] = []
    for name, member in shape.members.items():
        if isinstance(member, StringShape) and member.enum:
            found += [{name: value} for value in member.enum]
        elif isinstance(member, StructureShape) and depth > 1:
            found += [{name: value} for value in _statuses(member, depth - 1)]
    return found


def _destinations() -> list[dict[str, Any]]:
    statuses = ["ENABLING", "ACTIVE", "DISABLING", "DISABLED", "ENABLE_FAILED", "UPDATING"]
    lists = itertools.chain.from_iterable(itertools.product(statuses, repeat=size) for size in (0, 1, 2))
    return [
        {"KinesisDataStreamDestinations": [{"DestinationStatus": status} for status in each]}
        for each in lists
    ]
