"""Reads the metrics of DynamoDB from CloudWatch. An engine without CloudWatch is asked once."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import Any, TypeAlias

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from google.rpc.code_pb2 import Code

from tableadmin_server.concurrency import batched
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.calls import CallObserver
from tableadmin_server.dynamodb.client.service_calls import ServiceCalls, TraceCall, untraced
from tableadmin_server.dynamodb.client.session import make_cloudwatch_client
from tableadmin_server.dynamodb.errors import Call, cause_of, failure_of
from tableadmin_server.dynamodb.support import is_aws
from tableadmin_server.failure import Failure

_OPERATION = "GetMetricData"
# The metrics that a call can have.
_METRICS_A_CALL = 500
# Codes of errors that CloudWatch has. Engines without CloudWatch answer with others.
_OF_CLOUDWATCH = frozenset({Code.PERMISSION_DENIED, Code.UNAUTHENTICATED, Code.RESOURCE_EXHAUSTED})

# The sum of each period, by the time at which the period begins.
Sums: TypeAlias = Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Metric:
    """The metric NAME of a table, or of its global secondary index INDEX."""

    name: str
    table: str
    index: str = ""


class CloudWatch:
    """CloudWatch of the endpoint NAME with CONFIG. OBSERVER is told of the calls, which TRACE traces."""

    def __init__(
        self, name: str, config: EndpointConfig, observer: CallObserver, trace: TraceCall = untraced
    ) -> None:
        self._name = name
        self._config = config
        self._observer = observer
        self._url = config.cloudwatch_endpoint_url
        if self._url is None and not is_aws(config.endpoint_url):
            # Engines that have CloudWatch serve it at the address of DynamoDB.
            self._url = config.endpoint_url
        self._missing = self._url == ""
        self._lock = Lock()
        self._client: Any = None
        self._calls = ServiceCalls("CloudWatch", 2, trace)

    @property
    def is_aws(self) -> bool:
        """Whether this is CloudWatch of AWS."""
        return is_aws(self._url)

    def check(self) -> None:
        """Raise Failure (UNIMPLEMENTED) if the endpoint is known to have no CloudWatch."""
        if self._missing:
            raise self._no_cloudwatch()

    async def sums(
        self, metrics: Sequence[Metric], start: datetime, end: datetime, period: int
    ) -> Mapping[Metric, Sums | None]:
        """The sums of METRICS from START to END by PERIOD seconds; None for one that CloudWatch can't tell.

        A period without data is left out. Raises Failure.
        """
        self.check()
        batches = batched(metrics, _METRICS_A_CALL)
        try:
            answers = await asyncio.gather(*(self._read(each, start, end, period) for each in batches))
        except Exception as error:
            failure = self._failure(error)
            if failure is None:
                raise
            raise failure from cause_of(error)
        return {metric: sums for answer in answers for metric, sums in answer.items()}

    def close(self) -> None:
        """Stop the threads that call CloudWatch."""
        self._calls.close()

    async def _read(
        self, metrics: Sequence[Metric], start: datetime, end: datetime, period: int
    ) -> dict[Metric, Sums | None]:
        """The sums of METRICS, by one call for each page. Raises boto3's errors."""
        found: dict[Metric, list[tuple[datetime, float]]] = {each: [] for each in metrics}
        untold: set[Metric] = set()
        request = {
            "MetricDataQueries": [_query(number, each, period) for number, each in enumerate(metrics)],
            "StartTime": start,
            "EndTime": end,
            "ScanBy": "TimestampAscending",
        }
        while True:
            answer = await self._call(request)
            for result in answer["MetricDataResults"]:
                metric = metrics[int(result["Id"].removeprefix("m"))]
                found[metric] += zip(result["Timestamps"], result["Values"], strict=True)
                if result.get("StatusCode", "Complete") not in {"Complete", "PartialData"}:
                    untold.add(metric)
            if not answer.get("NextToken"):
                return {metric: None if metric in untold else sums for metric, sums in found.items()}
            request = {**request, "NextToken": answer["NextToken"]}

    async def _call(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        began = time.monotonic()
        try:
            answer = await self._calls.answer(_OPERATION, partial(self._send, request))
        except Exception as error:
            failure = self._failure(error)
            if failure is not None:
                self._observer.failed(_OPERATION, failure, time.monotonic() - began)
            raise
        self._observer.answered(_OPERATION, time.monotonic() - began)
        return answer

    def _send(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            if self._client is None:
                self._client = make_cloudwatch_client(self._config, self._url)
        answer: Mapping[str, Any] = self._client.get_metric_data(**request)
        return answer

    def _failure(self, error: Exception) -> Failure | None:
        """The Failure for ERROR of a call; None if ERROR is not botocore's."""
        failure = failure_of(error, Call(_OPERATION, {}, None, self._name))
        if failure is None:
            return None
        if not self.is_aws and _is_foreign(error, failure):
            self._missing = True
            return self._no_cloudwatch()
        failure.message = f"CloudWatch of the endpoint {self._name!r}: {failure.message}"
        return failure

    def _no_cloudwatch(self) -> Failure:
        text = f"the endpoint {self._name!r} has no CloudWatch; if another address has it, set "
        if self._url == "":
            text = f"CloudWatch is not read for the endpoint {self._name!r}, because of the empty setting "
        text += "cloudwatch_endpoint_url"
        return Failure(
            Code.UNIMPLEMENTED,
            text,
            reason="NO_CLOUDWATCH",
            metadata={"operation": _OPERATION, "endpoint": self._name},
        )


def _query(number: int, metric: Metric, period: int) -> dict[str, Any]:
    dimensions = {"TableName": metric.table, "GlobalSecondaryIndexName": metric.index}
    return {
        "Id": f"m{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/DynamoDB",
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items() if value],
            },
            "Period": period,
            "Stat": "Sum",
        },
    }


def _is_foreign(error: Exception, failure: Failure) -> bool:
    """Whether ERROR, which FAILURE is for, is an answer of something that is not CloudWatch."""
    if not isinstance(error, ClientError):
        return isinstance(error, ResponseParserError)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    is_temporary = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    return error.operation_name == _OPERATION and not is_temporary and failure.code not in _OF_CLOUDWATCH
