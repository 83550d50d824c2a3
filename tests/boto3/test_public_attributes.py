"""Each public attribute of botocore's objects has the stand-in's answer."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import exceptions as boto
from botocore.config import Config

import tableadmin.boto3
from tableadmin import v1
from tableadmin.awsshape import from_aws
from tableadmin.boto3 import drop_in, standins
from tableadmin.boto3.drop_in import DATA_PLANE
from tests.client.scripted import answer, serving

DESCRIBED = v1.DescribeTableResponse(table=v1.TableDescription(table_name="Music"))
ENDPOINTS = v1.ListEndpointsResponse(
    endpoints=[
        v1.ConfiguredEndpoint(name="main", region="eu-central-1", is_default=True),
        v1.ConfiguredEndpoint(name="china", region="cn-north-1", is_default=False),
    ]
)


@pytest.fixture(scope="module")
def real() -> Any:  # noqa: ANN401 - botocore's objects have no types for all they have
    """boto3's own client, which calls nobody."""
    return boto3.client(
        "dynamodb", region_name="us-west-2", aws_access_key_id="none", aws_secret_access_key="none"
    )


def _public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_a_client_has_what_boto3s_has(real: Any, nowhere: drop_in.Client) -> None:  # noqa: ANN401 - see above
    """The client's attributes are boto3's; those about items and credentials say why they are missing."""
    missing = _public(real) - _public(nowhere)
    assert missing == {*DATA_PLANE, "generate_presigned_url"}
    for name in missing:
        with pytest.raises(AttributeError, match="use boto3 for it"):
            getattr(nowhere, name)
    assert _public(nowhere) <= _public(real)


@pytest.mark.parametrize(
    "part",
    [
        lambda client: client.meta,
        lambda client: client.meta.events,
        lambda client: client.meta.config,
        lambda client: client.meta.service_model,
        lambda client: client.exceptions,
        lambda client: client.get_waiter("table_exists"),
        lambda client: client.get_waiter("table_exists").config,
        lambda client: client.get_waiter("table_exists").config.acceptors[0],
        lambda client: client.get_paginator("list_tables"),
        lambda client: client.get_paginator("list_tables").paginate(),
    ],
    ids=[
        *("meta", "events", "config", "service model", "exceptions", "waiter", "waiter config", "acceptor"),
        *("paginator", "page iterator"),
    ],
)
def test_its_parts_have_what_boto3s_have(part: Any, real: Any, nowhere: drop_in.Client) -> None:  # noqa: ANN401 - a function of either
    """Nothing that is public in botocore is missing."""
    expected = set(real.exceptions._code_to_exception) if part(real) is real.exceptions else set()
    assert _public(part(real)) | expected <= _public(part(nowhere))


def test_without_botocore_there_are_stand_ins() -> None:
    """The stand-in of Config has the options of botocore's, which can be merged and are None by default."""
    assert set(Config.OPTION_DEFAULTS) == set(vars(standins.Config()))
    merged: Any = standins.Config(region_name="us-west-2").merge(standins.Config(read_timeout=3))
    expected: Any = Config(region_name="us-west-2").merge(Config(read_timeout=3))
    assert (merged.region_name, merged.read_timeout) == (expected.region_name, expected.read_timeout)
    real: Any = boto3.client("dynamodb", region_name="us-west-2").meta.service_model
    names = standins.ServiceModel(["CreateTable"])
    for name in _public(names) - {"operation_names"}:
        assert getattr(real, name) == getattr(names, name)


@pytest.mark.parametrize(
    ("endpoint", "region", "partition"),
    [(None, "eu-central-1", "aws"), ("china", "cn-north-1", "aws-cn"), ("another", None, "aws")],
)
def test_the_service_knows_the_region(endpoint: str | None, region: str | None, partition: str) -> None:
    """`region_name`, `partition` and `config` are those of the endpoint; the service is asked once."""
    with (
        serving(answer(ENDPOINTS)) as service,
        drop_in.client(service.target, endpoint=endpoint, timeout=7) as client,
    ):
        assert [] == service.seen
        assert (client.meta.region_name, client.meta.partition) == (region, partition)
        assert (client.meta.config.region_name, client.meta.config.read_timeout) == (region, 7)
        if region:
            assert ["ListEndpoints"] == [each.rpc for each in service.seen]


@pytest.fixture
def described() -> Iterator[drop_in.Client]:
    """A client of a service that describes a table that is being made."""
    creating = {"Table": {"TableName": "Music", "TableStatus": "CREATING"}}
    step = answer(from_aws(creating, v1.DescribeTableResponse))
    with serving(step) as service, drop_in.client(service.target) as client:
        yield client


def test_a_waiter_waits_as_its_config_says(described: drop_in.Client) -> None:
    """Delay, attempts and acceptors can be set, as code does that can't wait for 20 seconds."""
    waiter = described.get_waiter("table_exists")
    waiter.config.delay, waiter.config.max_attempts = 0, 2
    with pytest.raises(boto.WaiterError, match="Max attempts exceeded"):
        waiter.wait(TableName="Music")
    waiter.config.acceptors.append(
        type(waiter.config.acceptors[0])("success", "path", "CREATING", "Table.TableStatus")
    )
    waiter.wait(TableName="Music")
    assert described.get_waiter("table_exists").config.delay == 20


def test_items_are_paged_by_boto3_alone(real: Any, nowhere: drop_in.Client) -> None:  # noqa: ANN401 - see above
    """`can_paginate` says of items what boto3 says; their paginators say what this client is for."""
    for name in DATA_PLANE:
        assert real.can_paginate(name) == nowhere.can_paginate(name)
        with pytest.raises(AttributeError, match=f"{name} works on items"):
            nowhere.get_paginator(name)


def test_pages_have_result_keys() -> None:
    """`result_keys` say where the items are, and `result_key_iters` goes through them."""
    pages = [
        v1.ListTablesResponse(table_names=["A", "B"], last_evaluated_table_name="B"),
        v1.ListTablesResponse(table_names=["C"]),
    ]
    with serving(*map(answer, pages)) as service, drop_in.client(service.target) as client:
        paginator = client.get_paginator("list_tables")
        found = paginator.paginate()
        assert [key.expression for key in paginator.result_keys] == ["TableNames"]
        assert [key.expression for key in found.result_keys] == ["TableNames"]
        assert [list(items) for items in found.result_key_iters()] == [["A", "B", "C"]]
        assert found.non_aggregate_part == {}


def test_events_are_emitted(described: drop_in.Client) -> None:
    """Handlers of the events of a call see its parameters and its answer, and can change them."""
    seen: list[tuple[str, object]] = []
    events = described.meta.events

    def note(event_name: str, **kwargs: Any) -> None:  # noqa: ANN401 - of any event
        seen.append((event_name, kwargs.get("params") or kwargs.get("parsed")))

    def rename(params: dict[str, Any], **_: object) -> None:
        params["TableName"] = "Movies"

    events.register("before-parameter-build.dynamodb.DescribeTable", rename)
    events.register_last("*.dynamodb", note, unique_id="note")
    events.register_last("*.dynamodb", note, unique_id="note")
    events.register_first("provide-client-params.*.DescribeTable", lambda **_: {"TableName": "Books"})
    answered = described.describe_table(TableName="Music")
    events.unregister("*.dynamodb", unique_id="note")
    described.describe_table(TableName="Music")
    assert seen == [
        ("provide-client-params.dynamodb.DescribeTable", {"TableName": "Music"}),
        ("before-parameter-build.dynamodb.DescribeTable", {"TableName": "Movies"}),
        ("after-call.dynamodb.DescribeTable", answered),
    ]


def test_events_of_errors(nowhere: drop_in.Client) -> None:
    """A call that ends in an error ends in an event."""
    seen: list[object] = []
    nowhere.meta.events.register("after-call-error", lambda exception, **_: seen.append(exception))
    with pytest.raises(boto.EndpointConnectionError) as raised:
        nowhere.create_table(TableName="Music")
    assert seen == [raised.value]


def test_the_first_response_counts(nowhere: drop_in.Client) -> None:
    """`emit` returns all responses, `emit_until_response` the first; a handler can be taken out again."""
    events = nowhere.meta.events

    def first(**_: object) -> str:
        return "first"

    events.register("choose.one", first)
    events.register("choose.one", lambda **_: "second")
    events.register_first("choose.one", lambda **_: None)
    assert [response for _, response in events.emit("choose.one")] == [None, "first", "second"]
    assert events.emit_until_response("choose.one") == (first, "first")
    events.unregister("choose.one", first)
    assert events.emit_until_response("choose.one")[1] == "second"
    assert events.emit_until_response("choose.two") == (None, None)


@pytest.mark.parametrize(
    ("name", "hint"), [("resource", "get_waiter"), ("Session", "client"), ("nothing", "")]
)
def test_the_module_says_what_to_use(name: str, hint: str) -> None:
    """What boto3 has beside clients is missing, and the error says what to use."""
    with pytest.raises(AttributeError, match=f"no attribute '{name}'.*{hint}"):
        getattr(tableadmin.boto3, name)
