"""Resolves KMS aliases to keys. A key stays unknown if the role may not call KMS."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.session import make_kms_client

_log = structlog.get_logger()

# Seconds for which an answer, or its absence, is kept.
_KEPT = 60.0


class Keys:
    """Resolves aliases by kms:DescribeKey for the endpoint of CONFIG, which may disable this."""

    def __init__(self, config: EndpointConfig, *, is_aws: bool) -> None:
        self._config = config
        asks = bool(config.kms_endpoint_url) or (is_aws and config.kms_endpoint_url is None)
        # The time of the answer and the ARN, by region and alias.
        self._known: dict[tuple[str, str], tuple[float, str | None]] = {}
        # One thread suffices, because each alias is resolved at most once a minute.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kms") if asks else None
        self._clients: dict[str, Any] = {}

    async def arn_of(self, alias: str, region: str = "") -> str | None:
        """Return the ARN of the key of ALIAS in REGION, None if it is unknown. Never raises.

        The region "" is the endpoint's region.
        """
        if self._thread is None:
            return None
        at, known = self._known.get((region, alias), (0.0, None))
        if time.monotonic() - at > _KEPT or not at:
            loop = asyncio.get_running_loop()
            known = await loop.run_in_executor(self._thread, self._from_kms, alias, region)
            self._known[region, alias] = (time.monotonic(), known)
        return known

    def close(self) -> None:
        """Stop the thread that calls KMS."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _from_kms(self, alias: str, region: str) -> str | None:
        try:
            if region not in self._clients:
                self._clients[region] = make_kms_client(self._config, region)
            answer = self._clients[region].describe_key(KeyId=alias)
            return str(answer["KeyMetadata"]["Arn"])
        except (BotoCoreError, ClientError, KeyError, TypeError) as error:
            _log.info("could not resolve a KMS alias", alias=alias, region=region, error=type(error).__name__)
            return None
