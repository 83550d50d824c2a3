"""The AWS account of an endpoint, from the configuration or from STS."""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.service_calls import ServiceCalls, TraceCall, untraced
from tableadmin_server.dynamodb.client.session import make_sts_client

_log = structlog.get_logger()

# Seconds until STS is called again after a call without an answer.
_RETRY = 60.0
# The largest number of characters of an error in the log.
_MAX_PROBLEM = 500
_ID = re.compile(r"[0-9]{12}\Z")


class Account:
    """The account of the endpoint NAME: the one in CONFIG, else the account of the credentials.

    STS is called when the account is first needed. `sts:GetCallerIdentity` needs no permission. TRACE traces
    the calls.
    """

    def __init__(
        self, name: str, config: EndpointConfig, trace: TraceCall = untraced, *, is_aws: bool
    ) -> None:
        self._name = name
        self._config = config
        self._asks = is_aws and config.account is None
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = -_RETRY
        self._has_failed = False
        self._calls = ServiceCalls("STS", 1, trace) if self._asks else None
        # The id of the account, None if it is unknown.
        self.id = config.account

    @property
    def advice(self) -> str:
        """What an operator can do if the id is unknown."""
        setting = f"set endpoints.{self._name}.account in the configuration of the server"
        return f"{setting}, or let the server call sts:GetCallerIdentity" if self._asks else setting

    async def learned(self) -> str | None:
        """Return the id of the account, None if it is unknown.

        Concurrent callers share a call to STS. After a failed call STS is not called for a minute.
        """
        if self.id is not None or self._calls is None:
            return self.id
        if self._asking is None and time.monotonic() - self._asked_at >= _RETRY:
            self._asked_at = time.monotonic()
            self._asking = asyncio.create_task(self._ask(self._calls))
        if self._asking is not None:
            await asyncio.shield(self._asking)
        return self.id

    def close(self) -> None:
        """Stop the thread that calls STS."""
        if self._calls is not None:
            self._calls.close()

    async def _ask(self, calls: ServiceCalls) -> None:
        try:
            account = await self._from_sts(calls)
        finally:
            self._asking = None
        if account is not None:
            self.id = account
            _log.info(
                "the account of the endpoint was learned from STS", endpoint=self._name, account=account
            )

    async def _from_sts(self, calls: ServiceCalls) -> str | None:
        problem = "the answer has no account"
        try:
            account = (await calls.answer("GetCallerIdentity", self._identity)).get("Account")
            if isinstance(account, str) and _ID.match(account):
                return account
        except Exception as error:  # noqa: BLE001  # botocore raises anything for a malformed answer
            problem = f"{type(error).__name__}: {error}"[:_MAX_PROBLEM]
        if not self._has_failed:
            self._has_failed = True
            _log.warning(
                "the account of the endpoint is not known, so ARNs are refused",
                endpoint=self._name,
                problem=problem,
                advice=self.advice,
            )
        return None

    def _identity(self) -> Mapping[str, Any]:
        client: Any = make_sts_client(self._config)
        try:
            answer: Mapping[str, Any] = client.get_caller_identity()
            return answer
        finally:
            client.close()
