"""Both clients have every RPC of the contract, as the contract has it."""

from importlib.metadata import version

import pytest

import tableadmin
from tableadmin import aio, v1
from tableadmin.channel import SERVICE
from tableadmin.methods import Method
from tableadmin.version import __version__

CLIENTS = [tableadmin.Client, aio.Client]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__module__)
def test_every_rpc_is_a_method(client: type) -> None:
    """A client's methods are the RPCs of the service descriptor, with their request and response types."""
    declared = {
        method.rpc: (method.request_type.DESCRIPTOR, method.response_type.DESCRIPTOR)
        for method in vars(client).values()
        if isinstance(method, Method)
    }

    assert {rpc.name: (rpc.input_type, rpc.output_type) for rpc in SERVICE.methods} == declared


def test_both_clients_name_them_alike() -> None:
    """What is called `create_table` on one client is called so on the other."""
    sync, asynchronous = (
        [name for name, value in vars(client).items() if isinstance(value, Method)] for client in CLIENTS
    )

    assert sync == asynchronous


def test_an_rpc_that_does_not_exist_is_refused() -> None:
    """A method whose name is no RPC fails where it is declared, not where it is called."""
    method = Method(v1.DescribeTableRequest, v1.DescribeTableResponse)

    with pytest.raises(KeyError, match="MakeCoffee"):
        method.__set_name__(tableadmin.Client, "make_coffee")


def test_the_version_is_that_of_the_distribution() -> None:
    """The version which the client names to the service is the one that is installed."""
    assert version("tableadmin") == __version__
