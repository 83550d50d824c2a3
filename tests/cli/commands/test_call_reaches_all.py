"""`tablectl call` and every operation of the contract."""

import json

import pytest

from tableadmin.channel import SERVICE
from tests.cli.answered import Answered

RPCS = [method.name for method in SERVICE.methods]


def _dashed(rpc: str) -> str:
    """As the AWS CLI writes it."""
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in rpc).lstrip("-")


def test_there_are_48() -> None:
    """The contract has every operation of DynamoDB that is not of the data plane."""
    assert 48 == len(RPCS)


@pytest.mark.parametrize("rpc", RPCS)
def test_every_rpc_is_called(answered: Answered, rpc: str) -> None:
    """Every RPC is called by its name, as AWS and as the AWS CLI write it, and its answer printed as JSON."""
    for name in (rpc, _dashed(rpc)):
        ran = answered("call", name, answers=[(rpc, {})])
        assert (0, {}, "") == (ran.code, json.loads(ran.out), ran.err)
        assert [(rpc, {})] == ran.asked
