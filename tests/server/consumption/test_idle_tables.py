"""A table of AWS without requests, in this process: no endpoint on this machine is AWS."""

import asyncio
from datetime import UTC, datetime

import pytest

from tableadmin_server.config import EndpointConfig
from tableadmin_server.consumption.reading import Consumed, ConsumedTable, Units, consumption
from tableadmin_server.consumption.window import DEFAULT
from tableadmin_server.dynamodb.endpoint import Endpoint
from tests.server.consumption.test_consumed_capacity import described
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, answer


@pytest.mark.parametrize(
    ("status", "units"), [("Complete", Units(0, 0)), ("InternalError", None), ("Forbidden", None)]
)
def test_no_data_of_aws(
    endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch, status: str, units: Units | None
) -> None:
    """DynamoDB of AWS sends no data of a table at rest, so its units are 0, if CloudWatch had no error."""

    def step(seen: Seen) -> Answer:
        if seen.operation == "GetMetricData":
            results = [
                {"Id": f"m{number}", "Timestamps": [], "Values": [], "StatusCode": status}
                for number in range(2)
            ]
            return answer({"MetricDataResults": results})(seen)
        return answer({"Table": described("Music", DEFAULT)})(seen)

    endpoint.step = step
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("tableadmin_server.dynamodb.cloudwatch.is_aws", lambda _: True)
    config = EndpointConfig(
        endpoint_url=endpoint.url, cloudwatch_endpoint_url=endpoint.url, region="us-west-2"
    )
    aws = Endpoint("aws", config)
    aws.is_aws = True
    try:
        found = asyncio.run(consumption(aws, ["Music"], DEFAULT, datetime.now(UTC)))
    finally:
        aws.close()
    table = found.tables["Music"]
    assert isinstance(table, ConsumedTable)
    assert Consumed(units, units) == table.table
