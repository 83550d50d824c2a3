"""Calls that are tried once, and only while they are wanted: a change that came too late must not be made."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.session import ClientMethod, make_client, methods


class Unwanted(Exception):
    """The call was not sent: it was not wanted any more."""


class _Thread(threading.local):
    wanted: Callable[[], bool]


class SingleTry:
    """A boto3 client of its own, which asks in the moment a request is sent whether it is still wanted.

    Before that moment a call may wait for a thread, for credentials, or for a process that was stopped.
    The client is made when it is first needed.
    """

    def __init__(self, name: str, config: EndpointConfig) -> None:
        self._name = name
        self._config = msgspec.structs.replace(config, max_attempts=1)
        self._making = threading.Lock()
        self._made: Mapping[str, ClientMethod] | None = None
        self._thread = _Thread()

    def call(self, operation: str, params: AwsDict, wanted: Callable[[], bool]) -> dict[str, Any]:
        """What OPERATION answers; raises Unwanted, and what botocore raises."""
        with self._making:
            made = self._made = self._made or self._methods()
        self._thread.wanted = wanted
        return made[operation](**params)

    def _methods(self) -> Mapping[str, ClientMethod]:
        client = make_client(self._name, self._config)
        client.meta.events.register_first("before-send.dynamodb", self._check)
        return methods(client)

    def _check(self, **_: object) -> None:
        if not self._thread.wanted():
            raise Unwanted
