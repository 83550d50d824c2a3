"""CloudWatch on this machine, by moto: what tables consumed is what a test has put there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class MotoCloudWatch:
    """CloudWatch at URL, with a CLIENT of boto3."""

    url: str
    client: Any

    def put(self, metric: str, at: datetime, units: float, table: str, index: str = "") -> None:
        """Have TABLE, or its INDEX, consume UNITS of METRIC in the minute of AT."""
        dimensions = {"TableName": table, "GlobalSecondaryIndexName": index}
        self.client.put_metric_data(
            Namespace="AWS/DynamoDB",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [
                        {"Name": name, "Value": each} for name, each in dimensions.items() if each
                    ],
                    "Timestamp": at,
                    "Value": units,
                }
            ],
        )


@contextmanager
def moto_cloudwatch(region: str) -> Iterator[MotoCloudWatch]:
    """CloudWatch of REGION on a free port of this machine."""
    # Here, or every worker would import moto to collect the tests.
    import boto3  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        url = f"http://{host}:{port}"
        client = boto3.client(
            "cloudwatch",
            endpoint_url=url,
            region_name=region,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        yield MotoCloudWatch(url, client)
    finally:
        moto.stop()
