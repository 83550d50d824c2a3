"""What stands in for the network under boto3: it keeps each HTTP request and answers as it is told to."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders

from tableadmin.awsshape import AwsDict

REQUEST_ID = "REQUEST0000000000000000000000000000000000000000000000"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """An HTTP request: its `X-Amz-Target` and its body."""

    target: str
    body: str


class HttpLayer:
    """Answers every request of CLIENT in place of the network.

    Everything of boto3 above the socket runs: validation, serialization, signing, retries, parsing.
    """

    def __init__(self, client: BaseClient) -> None:
        self.seen: list[Sent] = []
        self.answers: list[tuple[int, bytes]] = []
        # The stubs know of no handler that answers.
        answer = cast("Callable[..., None]", self._answer)
        client.meta.events.register("before-send.dynamodb.*", answer)

    def will_answer(self, data: AwsDict, status: int = 200) -> None:
        """Answer the next request that has no answer yet with DATA."""
        self.answers.append((status, as_json(data).encode()))

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        assert isinstance(request.body, bytes)
        self.seen.append(Sent(_text(request.headers["X-Amz-Target"]), request.body.decode()))
        status, body = self.answers.pop(0)
        headers = HTTPHeaders()
        headers["x-amzn-requestid"] = REQUEST_ID
        return AWSResponse(request.url, status, headers, _Raw(body))


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def as_json(data: object) -> str:
    """DATA as AWS's JSON protocol has it, members sorted: times are epoch seconds, bytes are base64."""
    return json.dumps(data, default=_plain, sort_keys=True)


def _plain(value: Any) -> object:  # noqa: ANN401  # whatever json does not know
    if isinstance(value, datetime):
        micros = (value - _EPOCH) // timedelta(microseconds=1)
        return micros / 10**6 if micros % 10**6 else micros // 10**6
    return base64.b64encode(value).decode()
