"""Both clients have every RPC of the contract, as the contract has it."""

import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

import tableadmin
from tableadmin import __version__, aio, v1
from tableadmin.channel import SERVICE
from tableadmin.methods import Method
from tests.client.scripted import answer, serving

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


def test_no_request_has_a_timeout() -> None:
    """So the keyword `timeout` is the deadline of the call, beside a message and beside fields."""
    assert not [rpc.name for rpc in SERVICE.methods if "timeout" in rpc.input_type.fields_by_name]


def test_a_deadline_stands_beside_fields() -> None:
    """`timeout` beside the fields of a request is the deadline of that call alone."""
    with serving(answer(v1.DescribeTableResponse())) as service, tableadmin.Client(service.target) as client:
        client.describe_table(table_name="Music", timeout=100)
        client.describe_table(table_name="Music")
    seen = [each.remaining for each in service.seen]
    assert seen == [pytest.approx(100, rel=0.2), pytest.approx(30, rel=0.2)]
    assert {str(each.request) for each in service.seen} == {'table_name: "Music"\n'}


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"table_name": 3}, TypeError, r"create_table\(\): table_name must be a str, not 3"),
        (
            {"table_name": "Music", "tags": 3},
            TypeError,
            "tags must be an iterable, of which each is a Tag",
        ),
        ({"billing_mode": "FREE"}, ValueError, "billing_mode must be a BillingMode, not 'FREE'"),
        ({"stream_specification": 1}, TypeError, "stream_specification must be a StreamSpecification, not 1"),
        (
            {"timeout": "5s"},
            TypeError,
            r"create_table\(\): timeout must be a number of seconds or None, not '5s'",
        ),
        ({"timeout": True}, TypeError, "timeout must be a number of seconds or None, not True"),
        (
            {"tabel_name": "M"},
            ValueError,
            "no .tabel_name. field, did you mean 'table_name'",
        ),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], kind: type[Exception], text: str) -> None:
    """A value of the wrong type, and a field that is not there, are named."""
    with tableadmin.Client("127.0.0.1:1") as client, pytest.raises(kind, match=text):
        client.create_table(**fields)


def test_the_package_shows_what_it_has() -> None:
    """`dir` and completion show the client, the errors and the modules before any is loaded."""
    code = "import tableadmin; print(*dir(tableadmin)); print(tableadmin.v1.__name__, tableadmin.aio.Client)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {*tableadmin.__all__, "v1", "aio", "boto3", "formats"} <= set(shown.splitlines()[0].split())
    assert "tableadmin.v1 <class 'tableadmin.aio.Client'>" == shown.splitlines()[1]
