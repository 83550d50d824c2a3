"""The synchronous client, mostly over a fake channel."""

import inspect
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import grpc
import grpc_testing
import pytest
from google.protobuf.message import Message

from tableadmin import Client, ClientClosed, NotFound, Unavailable, v1
from tableadmin.channel import SERVICE
from tests.client.scripted import answer, serving

R = TypeVar("R", bound=Message)


@dataclass
class Outcome:
    """How the service ends a call."""

    message: Message | None = None
    trailers: tuple[tuple[str, str | bytes], ...] = ()
    code: grpc.StatusCode = grpc.StatusCode.OK
    text: str = ""


class FakeService:
    """Plays the service on a fake channel."""

    def __init__(self) -> None:
        self.channel = grpc_testing.channel([SERVICE], grpc_testing.strict_real_time())
        self.metadata: dict[str, str | bytes] = {}
        self.request: Message | None = None
        self._threads = ThreadPoolExecutor(1)

    def ends(self, rpc: str, outcome: Outcome, call: Callable[[], R]) -> R:
        """What CALL, which is one of RPC, returns when the service ends it with OUTCOME."""
        pending: Future[R] = self._threads.submit(call)
        metadata, self.request, fake = self.channel.take_unary_unary(SERVICE.methods_by_name[rpc])
        # The fake channel adds an entry of its own, as gRPC may.
        self.metadata = {key: value for key, value in metadata if not key.startswith("grpc.")}
        fake.terminate(outcome.message, outcome.trailers, outcome.code, outcome.text)
        return pending.result(timeout=60)

    def close(self) -> None:
        """End the thread of the calls."""
        self._threads.shutdown()


@pytest.fixture
def service() -> Iterator[FakeService]:
    """Play the service."""
    fake = FakeService()
    yield fake
    fake.close()


DESCRIBED = v1.DescribeTableResponse(table=v1.TableDescription(table_name="Music"))


def test_fields_make_the_request(service: FakeService) -> None:
    """Keyword arguments are the fields of the request, and the response message is returned."""
    client = Client(channel=service.channel)

    found = service.ends(
        "DescribeTable", Outcome(DESCRIBED), lambda: client.describe_table(table_name="Music")
    )

    assert found == DESCRIBED
    assert service.request == v1.DescribeTableRequest(table_name="Music")


def test_a_message_is_the_request(service: FakeService) -> None:
    """A request message is sent as it is."""
    client = Client(channel=service.channel)
    request = v1.ListTablesRequest(limit=7)

    service.ends("ListTables", Outcome(v1.ListTablesResponse()), lambda: client.list_tables(request))

    assert request == service.request


def test_nested_messages_are_fields(service: FakeService) -> None:
    """The tour's first call can be written with keyword arguments alone."""
    client = Client(channel=service.channel)

    service.ends(
        "CreateTable",
        Outcome(v1.CreateTableResponse()),
        lambda: client.create_table(
            table_name="Music",
            attribute_definitions=[
                v1.AttributeDefinition(
                    attribute_name="Artist", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
                )
            ],
            key_schema=[
                v1.KeySchemaElement(attribute_name="Artist", key_type=v1.KeyType.KEY_TYPE_HASH),
            ],
            provisioned_throughput=v1.ProvisionedThroughput(read_capacity_units=5, write_capacity_units=5),
        ),
    )

    assert isinstance(service.request, v1.CreateTableRequest)
    assert service.request.key_schema[0].key_type == v1.KeyType.KEY_TYPE_HASH
    assert service.request.provisioned_throughput.read_capacity_units == 5


def test_message_and_fields_together_are_refused(service: FakeService) -> None:
    """A message and fields in one call is a TypeError that says what the method takes."""
    client = Client(channel=service.channel)
    takes = r"describe_table\(\) takes one DescribeTableRequest, or its fields as keywords"

    with pytest.raises(TypeError, match=takes):
        client.describe_table(v1.DescribeTableRequest(), table_name="Music")  # type: ignore[call-overload] # the point
    with pytest.raises(TypeError, match=takes):
        client.describe_table(v1.ListTablesRequest())  # type: ignore[call-overload] # the point
    with pytest.raises(TypeError, match=takes):
        client.describe_table("Music")  # type: ignore[call-overload] # the point


def test_an_unknown_field_is_named(service: FakeService) -> None:
    """A keyword that is no field of the request is a ValueError which names it."""
    client = Client(channel=service.channel)

    with pytest.raises(ValueError, match='DescribeTableRequest has no "tabel_name" field'):
        client.describe_table(tabel_name="Music")  # type: ignore[call-overload] # the point


def test_endpoint_and_metadata_travel_with_each_call(service: FakeService) -> None:
    """The endpoint of a client is sent as `tableadmin-endpoint`, beside its metadata."""
    client = Client(channel=service.channel, endpoint="staging", metadata=(("authorization", "Bearer x"),))

    service.ends("DescribeTable", Outcome(DESCRIBED), client.describe_table)

    assert service.metadata == {"authorization": "Bearer x", "tableadmin-endpoint": "staging"}


def test_no_endpoint_means_the_default(service: FakeService) -> None:
    """Without an endpoint none is named to the service."""
    service.ends("DescribeTable", Outcome(DESCRIBED), Client(channel=service.channel).describe_table)

    assert service.metadata == {}


def test_with_options_is_a_view(service: FakeService) -> None:
    """A view has the options it was asked for and keeps the others; the client stays as it was."""
    client = Client(channel=service.channel, timeout=7, metadata=(("a", "b"),))
    view = client.with_options(endpoint="staging")

    service.ends("DescribeTable", Outcome(DESCRIBED), view.describe_table)
    assert service.metadata == {"a": "b", "tableadmin-endpoint": "staging"}
    assert view.options.timeout == 7

    service.ends("DescribeTable", Outcome(DESCRIBED), client.describe_table)
    assert service.metadata == {"a": "b"}


def test_with_options_takes_options_only(service: FakeService) -> None:
    """What is not an option is a TypeError that names it."""
    with pytest.raises(TypeError, match="tiemout"):
        Client(channel=service.channel).with_options(tiemout=3)  # type: ignore[call-arg] # the point


def test_a_failed_call_raises_its_class(service: FakeService) -> None:
    """A gRPC error becomes the class of its code, with the gRPC error as its cause."""
    client = Client(channel=service.channel)
    missing = Outcome(code=grpc.StatusCode.NOT_FOUND, text="no such table")

    with pytest.raises(NotFound, match="no such table") as caught:
        service.ends("DescribeTable", missing, client.describe_table)

    assert isinstance(caught.value.__cause__, grpc.RpcError)


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        (b'[{"path": "Table.New", "value": 1}, {"path": "Table.Other"}]', "Table.New, Table.Other"),
        (b"not JSON", "b'not JSON'"),
        (b'{"path": 1}', "b'{\"path\": 1}'"),
    ],
    ids=["paths", "not JSON", "not a list"],
)
def test_unknown_members_are_logged(
    service: FakeService, caplog: pytest.LogCaptureFixture, sent: bytes, logged: str
) -> None:
    """What AWS answered and the contract does not know is a warning that names the paths."""
    client = Client(channel=service.channel)

    service.ends(
        "DescribeTable", Outcome(DESCRIBED, (("tableadmin-unknown-bin", sent),)), client.describe_table
    )

    assert [
        (
            "tableadmin",
            logging.WARNING,
            f"DescribeTable: AWS answered what this version does not know: {logged}",
        )
    ] == caplog.record_tuples


def test_the_contract_documents_the_methods(service: FakeService) -> None:
    """`help` of a method says what the contract says of the RPC."""
    assert "Returns the settings and the status of a table" in str(inspect.getdoc(Client.describe_table))
    assert "Returns the settings and the status of a table" in str(
        Client(channel=service.channel).describe_table.__doc__
    )


def test_a_call_has_the_deadline_of_the_client() -> None:
    """A call has 30 s unless the client, a view of it or the call says otherwise; None is no deadline."""
    with serving(answer(DESCRIBED)) as service, Client(service.target) as client:
        client.describe_table()
        client.with_options(timeout=300).describe_table()
        client.describe_table(v1.DescribeTableRequest(), timeout=3000)
        client.with_options(timeout=None).describe_table()
        client.describe_table(v1.DescribeTableRequest(), timeout=None)

    expected = [
        pytest.approx(30, rel=0.2),
        pytest.approx(300, rel=0.2),
        pytest.approx(3000, rel=0.2),
        None,
        None,
    ]
    assert expected == [seen.remaining for seen in service.seen]


def test_the_client_names_itself() -> None:
    """The user agent says which client and which version calls."""
    with serving(answer(DESCRIBED)) as service, Client(service.target) as client:
        client.describe_table()

    assert str(service.seen[0].metadata["user-agent"]).startswith("tableadmin-python/0.1.0 ")


def test_nobody_listens() -> None:
    """Where nobody listens the call is Unavailable, and the message names the address and the reason."""
    with Client("127.0.0.1:1") as client, pytest.raises(Unavailable) as caught:
        client.create_table(table_name="Music")

    assert str(caught.value) == "cannot reach 127.0.0.1:1: Connection refused (UNAVAILABLE)"


def test_closing_a_view_leaves_the_channel_open() -> None:
    """Only the client that opened the channel closes it."""
    with serving(answer(DESCRIBED)) as service, Client(service.target) as client:
        with client.with_options(timeout=60) as view:
            view.describe_table()
        assert client.describe_table() == DESCRIBED

    with pytest.raises(ClientClosed):
        client.describe_table()


def test_a_given_channel_stays_open() -> None:
    """A channel that was given to a client outlives it."""
    with serving(answer(DESCRIBED)) as service, grpc.insecure_channel(service.target) as channel:
        with Client(channel=channel):
            pass
        assert Client(channel=channel).describe_table() == DESCRIBED


def test_a_host_that_cannot_be_resolved() -> None:
    """An unknown host name is named in plain words, without the texts of gRPC's resolvers."""
    with Client("nosuch.invalid:50051", timeout=60) as client, pytest.raises(Unavailable) as caught:
        client.list_tables()
    text = "cannot reach nosuch.invalid:50051: the host name cannot be resolved (UNAVAILABLE)"
    assert text == str(caught.value)
