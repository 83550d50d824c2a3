"""Writes the audit records of a change in the thread that makes the change."""

import threading
from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient

from tableadmin_server.failure import request_id_text
from tableadmin_server.security.audit.recorded_change import RecordedChange


class IntentPending(Exception):
    """The change was not sent, because its intent is not written."""


class ChangeRecords:
    """Makes CLIENT write the intent of a change before the change is sent, and the outcome after it."""

    def __init__(self, client: BaseClient) -> None:
        self._thread = _Thread()
        client.meta.events.register_first("before-send.dynamodb", self._intend)

    def call(self, call: Callable[[], dict[str, Any]], change: RecordedChange) -> dict[str, Any]:
        """Call CALL and return its result. The records of CHANGE are written. Raises IntentPending."""
        self._thread.change = change
        try:
            result = call()
        finally:
            self._thread.change = None
        change.conclude(request_id_text(result.get("ResponseMetadata", {}).get("RequestId", "")))
        return result

    def _intend(self, **_: object) -> None:
        change = self._thread.change
        if change is not None and not change.intend():
            raise IntentPending


class _Thread(threading.local):
    change: RecordedChange | None = None
