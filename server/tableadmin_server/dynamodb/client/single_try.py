"""Calls that are tried once, and only while they are wanted: a change that came too late must not be made."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.exceptions import HTTPClientError

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.connections import ConditionalBody, NotSent
from tableadmin_server.dynamodb.client.session import ClientMethod, make_client, methods

__all__ = ["NotSent", "SingleTry"]


class SingleTry:
    """A boto3 client of its own, which asks right before a change is sent whether it is still wanted.

    Before that moment a call may wait for a thread, for credentials, for a connection, or for a process that
    was stopped. The client is made when it is first needed. SENT is called before each request is sent.
    """

    def __init__(self, name: str, config: EndpointConfig, sent: Callable[[], None]) -> None:
        self._sent = sent
        self._name = name
        self._config = msgspec.structs.replace(config, max_attempts=1)
        self._making = threading.Lock()
        self._client: BaseClient | None = None
        self._methods: Mapping[str, ClientMethod] = {}
        self._thread = _Thread()

    def call(self, operation: str, params: AwsDict, may_send: Callable[[], bool]) -> dict[str, Any]:
        """What OPERATION answers; raises NotSent, and what botocore raises."""
        with self._making:
            self._client = self._client or self._made()
        self._thread.may_send = may_send
        try:
            return self._methods[operation](**params)
        except HTTPClientError as error:
            # So botocore raises whatever is raised while it sends.
            if isinstance(error.kwargs.get("error"), NotSent):
                raise NotSent from error
            raise

    def close(self) -> None:
        """Close the connections, if there are any."""
        with self._making:
            if self._client is not None:
                self._client.close()

    def _made(self) -> BaseClient:
        client = make_client(self._name, self._config)
        client.meta.events.register_last("before-send.dynamodb", self._guard)
        self._methods = methods(client)
        return client

    def _guard(self, request: AWSPreparedRequest, **_: object) -> None:
        may_send = self._thread.may_send
        if not may_send():
            raise NotSent
        self._sent()
        # The length of the body is in the headers already. Its type in the stubs is too narrow.
        request.body = _Guarded(request.body, may_send)  # type: ignore[assignment,arg-type]  # see above


class _Thread(threading.local):
    may_send: Callable[[], bool]


class _Guarded:
    """The body of a request, which the connection asks about right before it is sent.

    The body is read when the connection is there and the headers are sent. Without the body the request is
    not whole, so no server carries the request out, and the connection is closed.
    """

    def __init__(self, body: bytes, may_send: Callable[[], bool]) -> None:
        self._body = body
        self._wanted = may_send

    def read(self, _size: int) -> bytes:
        """All of the body at once, then nothing: of a part that was sent the rest could still be refused."""
        if self._body and not self._wanted():
            raise NotSent
        body, self._body = ConditionalBody(self._body), b""
        body.may_send = self._wanted
        return body
