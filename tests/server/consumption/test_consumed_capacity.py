"""GetConsumedCapacity: units from moto's CloudWatch, for tables that are as old as a test says."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tableadmin import Client, InvalidArgument, PermissionDenied, Unimplemented, v1
from tableadmin.awsshape import AwsDict
from tests.moto_cloudwatch import MotoCloudWatch, moto_cloudwatch
from tests.server.conftest import in_front_of
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, answer, error, serving

READS, WRITES = "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def described(name: str, age: timedelta, *indexes: str) -> AwsDict:
    """The description of the table NAME, which is as old as AGE."""
    return {
        "TableName": name,
        "TableStatus": "ACTIVE",
        "CreationDateTime": (datetime.now(UTC) - age).timestamp(),
        "GlobalSecondaryIndexes": [{"IndexName": each} for each in indexes],
    }


def tables(*descriptions: AwsDict) -> Callable[[Seen], Answer]:
    """Answer DescribeTable of DESCRIPTIONS alone."""
    by_name = {str(each["TableName"]): each for each in descriptions}

    def step(seen: Seen) -> Answer:
        name = json.loads(seen.body).get("TableName")
        if seen.operation != "DescribeTable" or name not in by_name:
            return error("ResourceNotFoundException")(seen)
        return answer({"Table": by_name[name]})(seen)

    return step


@pytest.fixture(scope="module")
def cloudwatch() -> Iterator[MotoCloudWatch]:
    """CloudWatch for the tests of this file."""
    with moto_cloudwatch("us-west-2") as started:
        yield started


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[ScriptedEndpoint]:
    """The endpoint behind `metered`."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def metered(dynamodb: ScriptedEndpoint, cloudwatch: MotoCloudWatch) -> Iterator[Client]:
    """A client of a server whose endpoint has a CloudWatch of its own."""
    with (
        in_front_of(dynamodb, "--cloudwatch-endpoint-url", cloudwatch.url) as server,
        Client(server.address) as connected,
    ):
        yield connected


def consumed(client: Client, *names: str, window: timedelta = 2 * DAY) -> Sequence[v1.ConsumedTableCapacity]:
    """What CLIENT tells of the tables NAMES."""
    return client.get_consumed_capacity(names, window=window).tables


def test_average_and_peak(
    metered: Client, dynamodb: ScriptedEndpoint, cloudwatch: MotoCloudWatch, table_name: str
) -> None:
    """The average is over the whole window, the peak over the busiest period; each index has its own.

    2 days are 172,800 seconds, in periods of 15 minutes: 3,600 units in one are 4 a second.
    """
    dynamodb.step = tables(described(table_name, 30 * DAY, "ByYear"))
    now = datetime.now(UTC)
    cloudwatch.put(READS, now - 3 * HOUR, 3600, table_name)
    cloudwatch.put(READS, now - 5 * HOUR, 1800, table_name)
    cloudwatch.put(READS, now - 3 * DAY, 999_999, table_name)
    cloudwatch.put(WRITES, now - 3 * HOUR, 864, table_name)
    cloudwatch.put(WRITES, now - 9 * HOUR, 7200, table_name, "ByYear")
    response = metered.get_consumed_capacity([table_name], window=2 * DAY)
    (table,) = response.tables
    (index,) = table.indexes
    assert (5400 / 172_800, 4) == (table.reads.average_per_second, table.reads.peak_per_second)
    assert (864 / 172_800, 0.96) == (table.writes.average_per_second, table.writes.peak_per_second)
    assert (7200 / 172_800, 8) == (index.writes.average_per_second, index.writes.peak_per_second)
    assert ("ByYear", "us-west-2", 900) == (index.index_name, response.region, response.period.seconds)
    assert table.start_time == response.start_time
    assert timedelta(days=2) == response.end_time.ToDatetime() - response.start_time.ToDatetime()


def test_no_data_are_not_zero(metered: Client, dynamodb: ScriptedEndpoint, table_name: str) -> None:
    """An engine's CloudWatch may have no data of DynamoDB at all: what is missing there is not known."""
    dynamodb.step = tables(described(table_name, 30 * DAY, "ByYear"))
    (table,) = consumed(metered, table_name)
    (index,) = table.indexes
    assert not any(each.HasField(kind) for each in (table, index) for kind in ("reads", "writes"))
    assert not table.HasField("error")


def test_a_table_that_was_created_in_the_window(
    metered: Client, dynamodb: ScriptedEndpoint, cloudwatch: MotoCloudWatch, table_name: str
) -> None:
    """The average is over the time in which the table exists, without an older table of the same name."""
    dynamodb.step = tables(described(table_name, DAY))
    now = datetime.now(UTC)
    cloudwatch.put(WRITES, now - DAY - HOUR, 999_999, table_name)
    cloudwatch.put(WRITES, now - 3 * HOUR, 86_400, table_name)
    response = metered.get_consumed_capacity([table_name], window=2 * DAY)
    (table,) = response.tables
    begin, end = table.start_time.ToDatetime(), response.end_time.ToDatetime()
    assert abs(begin - (now - DAY).replace(tzinfo=None)) < timedelta(minutes=1)
    assert table.writes.average_per_second == pytest.approx(86_400 / (end - begin).total_seconds())
    assert table.writes.peak_per_second == 96


def test_tables_without_a_result(metered: Client, dynamodb: ScriptedEndpoint, table_name: str) -> None:
    """A table that does not exist, or is too new, has an error, and the others have their units."""
    old, new, gone = table_name, f"{table_name}-new", f"{table_name}-gone"
    dynamodb.step = tables(described(old, 30 * DAY), described(new, timedelta(minutes=5)))
    found = consumed(metered, gone, new, old, old)
    assert [gone, new, old] == [each.table_name for each in found]
    assert ["TABLE_NOT_FOUND", "TABLE_TOO_NEW", ""] == [each.error.reason for each in found]
    assert "a shorter window has shorter periods" in found[1].error.message


@pytest.mark.parametrize("window", [timedelta(minutes=59), timedelta(days=90, seconds=1), -DAY])
def test_a_window_that_is_refused(metered: Client, window: timedelta) -> None:
    """A window has a shortest and a longest length."""
    with pytest.raises(InvalidArgument, match="window: must be from 1 hour to 90 days"):
        consumed(metered, "Music", window=window)


def test_tables_that_are_refused(metered: Client) -> None:
    """At least one name is needed."""
    with pytest.raises(InvalidArgument, match="table_names: must have 1 to 100 names"):
        consumed(metered)
    with pytest.raises(InvalidArgument, match="table_names: must not have an empty name"):
        consumed(metered, "")


class Pages:
    """CloudWatch and DynamoDB in one, of tables with 4 indexes. The units of a query are its number."""

    def __init__(self) -> None:
        self.queries: list[int] = []

    def __call__(self, seen: Seen) -> Answer:
        """The answer to SEEN."""
        body = json.loads(seen.body)
        if seen.operation == "DescribeTable":
            indexes = [f"I{number}" for number in range(4)]
            return answer({"Table": described(body["TableName"], 30 * DAY, *indexes)})(seen)
        queries = body["MetricDataQueries"]
        first = "NextToken" not in body
        if first:
            self.queries.append(len(queries))
        half = len(queries) // 2
        results = [
            {
                "Id": each["Id"],
                "Timestamps": [body["EndTime"] - 3600],
                "Values": [float(each["Id"].removeprefix("m"))],
                "StatusCode": "Complete",
            }
            for each in (queries[:half] if first else queries[half:])
        ]
        return answer({"MetricDataResults": results, **({"NextToken": "more"} if first else {})})(seen)


def test_calls_have_500_metrics_and_pages_are_read(endpoint: ScriptedEndpoint) -> None:
    """110 tables with 5 resources each are two requests of the client, and 3 calls of CloudWatch."""
    endpoint.step = pages = Pages()
    names = [f"table-{number}" for number in range(110)]
    with in_front_of(endpoint) as server, Client(server.address) as client:
        found = consumed(client, *names, window=HOUR)
    assert names == [each.table_name for each in found]
    assert [100, 500, 500] == sorted(pages.queries)
    # The 60th table is the 10th of its call, which has 10 metrics of each: the writes of its 4th index are
    # the metric 99. The period is a minute.
    assert 99 / 60 == found[59].indexes[3].writes.peak_per_second


def test_an_endpoint_without_cloudwatch_is_asked_once(endpoint: ScriptedEndpoint) -> None:
    """The answer says what to set. The next calls ask neither for the metrics nor for the table."""

    def step(seen: Seen) -> Answer:
        if seen.operation == "GetMetricData":
            return error("UnknownOperationException")(seen)
        return answer({"Table": described("Music", 30 * DAY)})(seen)

    endpoint.step = step
    with in_front_of(endpoint) as server, Client(server.address) as client:
        for _ in range(3):
            with pytest.raises(
                Unimplemented, match="has no CloudWatch; if another address has it"
            ) as refused:
                consumed(client, "Music")
            assert "NO_CLOUDWATCH" == refused.value.reason
    assert ["DescribeTable", "GetMetricData"] == [each.operation for each in endpoint.seen]


def test_cloudwatch_that_is_turned_off(endpoint: ScriptedEndpoint) -> None:
    """An empty setting asks nobody."""
    with (
        in_front_of(endpoint, "--cloudwatch-endpoint-url", "") as server,
        Client(server.address) as client,
        pytest.raises(Unimplemented, match="because of the empty setting cloudwatch_endpoint_url"),
    ):
        consumed(client, "Music")
    assert not endpoint.seen


def test_a_role_that_may_not_read_metrics(endpoint: ScriptedEndpoint) -> None:
    """The error is AWS's, and the next call asks again."""

    def step(seen: Seen) -> Answer:
        if seen.operation == "GetMetricData":
            return error("AccessDeniedException", "not authorized: cloudwatch:GetMetricData")(seen)
        return answer({"Table": described("Music", 30 * DAY)})(seen)

    endpoint.step = step
    with in_front_of(endpoint) as server, Client(server.address) as client:
        for _ in range(2):
            with pytest.raises(PermissionDenied, match=r"CloudWatch of .*: not authorized"):
                consumed(client, "Music")
    assert 2 == [each.operation for each in endpoint.seen].count("GetMetricData")


def test_engines_have_no_cloudwatch(client: Client, table_name: str) -> None:
    """The embedded engine, DynamoDB Local and dynalite each say so in their own way."""
    client.create_table(
        table_name=table_name,
        attribute_definitions=[
            v1.AttributeDefinition(
                attribute_name="id", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
            )
        ],
        key_schema=[v1.KeySchemaElement(attribute_name="id", key_type=v1.KeyType.KEY_TYPE_HASH)],
        billing_mode=v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST,
    )
    client.wait_for(v1.WaitCondition.WAIT_CONDITION_TABLE_ACTIVE, table_name=table_name)
    with pytest.raises(Unimplemented) as refused:
        client.get_consumed_capacity([table_name], window=HOUR)
    client.delete_table(table_name=table_name)
    assert "NO_CLOUDWATCH" == refused.value.reason
