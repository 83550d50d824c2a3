"""The compiled reader against protobuf's own way from a dict to a message."""

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from google.protobuf import json_format

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1.table_pb2 import DescribeTableResponse

_ROUNDS = 15
_CALLS = 500


@dataclass(frozen=True)
class Reading:
    """Microseconds that it takes to make the message of one DescribeTable answer."""

    compiled: float
    parse_dict: float


def measure_reading(answer: AwsDict) -> Reading:
    """Read ANSWER, which boto3 returned, both ways by turns; ParseDict gets the same in JSON's spelling."""
    as_json: dict[str, Any] = json_format.MessageToDict(_compiled(answer))
    assert _compiled(answer) == _parse_dict(as_json)
    rounds = [
        (_seconds(lambda: _compiled(answer)), _seconds(lambda: _parse_dict(as_json))) for _ in range(_ROUNDS)
    ]
    compiled, parse_dict = zip(*rounds, strict=True)
    return Reading(median(compiled) * 1e6, median(parse_dict) * 1e6)


def _compiled(answer: AwsDict) -> DescribeTableResponse:
    return from_aws(answer, DescribeTableResponse, [])


def _parse_dict(as_json: dict[str, Any]) -> DescribeTableResponse:
    return json_format.ParseDict(as_json, DescribeTableResponse())


def _seconds(read: Callable[[], object]) -> float:
    return timeit.timeit(read, number=_CALLS) / _CALLS
