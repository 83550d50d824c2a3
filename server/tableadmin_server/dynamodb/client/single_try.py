"""Calls with a single attempt, which are sent only while they are allowed. For changes of operations."""

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
    """A separate boto3 client, which checks right before a request is sent whether it is still allowed.

    Before that a call may have waited for a thread, for credentials, for a connection, or in a stopped
    process. The client is created when it is first needed. SENT is called before each request is sent.
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
        """Call OPERATION and return its result. Raises NotSent, and botocore's exceptions."""
        with self._making:
            self._client = self._client or self._made()
        self._thread.may_send = may_send
        try:
            return self._methods[operation](**params)
        except HTTPClientError as error:
            # botocore wraps exceptions that are raised while it sends.
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
        # The headers already have the length of the body. The type in the stubs is too narrow.
        request.body = _Guarded(request.body, may_send)  # type: ignore[assignment,arg-type]  # see above


class _Thread(threading.local):
    may_send: Callable[[], bool]


class _Guarded:
    """The body of a request, which the connection checks right before it sends the body.

    The body is read after the connection is open and the headers are sent. Without its body the request is
    incomplete, so no server executes it, and the connection is closed.
    """

    def __init__(self, body: bytes, may_send: Callable[[], bool]) -> None:
        self._body = body
        self._may_send = may_send

    def read(self, _size: int) -> bytes:
        """Return the whole body at once: the rest of a partly sent body could not be sent reliably."""
        body, self._body = ConditionalBody(self._body), b""
        body.may_send = self._may_send
        return body
