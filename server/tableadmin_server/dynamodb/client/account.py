"""The AWS account of an endpoint, as configured or as STS tells it."""

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.session import make_sts_client

_log = structlog.get_logger()

# Seconds from one question that had no answer to the next one.
_RETRY = 60.0
# Characters of a problem in the log.
_MAX_PROBLEM = 500
_ID = re.compile(r"[0-9]{12}\Z")


class Account:
    """The account of the endpoint NAME: that of CONFIG, else that of the credentials at AWS.

    `sts:GetCallerIdentity` needs no permission. STS is asked when the account is needed for the first time.
    """

    def __init__(self, name: str, config: EndpointConfig, *, is_aws: bool) -> None:
        self._name = name
        self._config = config
        self._asks = is_aws and config.account is None
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = -_RETRY
        self._has_failed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sts") if self._asks else None
        # The id, None as long as it is not known.
        self.id = config.account

    @property
    def advice(self) -> str:
        """What to do where the id is not known."""
        setting = f"set endpoints.{self._name}.account in the configuration of the server"
        return f"{setting}, or let the server call sts:GetCallerIdentity" if self._asks else setting

    async def learned(self) -> str | None:
        """The id; None where nobody tells it.

        Callers share a question to STS. After one without an answer there is none for a minute.
        """
        if self.id is not None or self._thread is None:
            return self.id
        if self._asking is None and time.monotonic() - self._asked_at >= _RETRY:
            self._asked_at = time.monotonic()
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None:
            await asyncio.shield(self._asking)
        return self.id

    def close(self) -> None:
        """Ask nothing more."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _ask(self) -> None:
        try:
            told = await asyncio.get_running_loop().run_in_executor(self._thread, self._told)
        finally:
            self._asking = None
        if told is not None:
            self.id = told
            _log.info("the account of the endpoint was learned from STS", endpoint=self._name, account=told)

    def _told(self) -> str | None:
        problem = "the answer has no account"
        try:
            client: Any = make_sts_client(self._config)
            told = client.get_caller_identity().get("Account")
            client.close()
            if isinstance(told, str) and _ID.match(told):
                return told
        except Exception as error:  # noqa: BLE001  # whatever botocore raises for an answer that is none
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
