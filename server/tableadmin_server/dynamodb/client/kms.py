"""Resolves KMS aliases to keys. A key stays unknown if the role may not call KMS."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.service_calls import ServiceCalls, TraceCall, untraced
from tableadmin_server.dynamodb.client.session import make_kms_client

_log = structlog.get_logger()

# Seconds for which an answer, or its absence, is kept.
_KEPT = 60.0


class Keys:
    """Resolves aliases by kms:DescribeKey for the endpoint of CONFIG, which may disable this.

    TRACE traces the calls.
    """

    def __init__(self, config: EndpointConfig, trace: TraceCall = untraced, *, is_aws: bool) -> None:
        self._config = config
        asks = bool(config.kms_endpoint_url) or (is_aws and config.kms_endpoint_url is None)
        # The time of the answer and the ARN, by region and alias.
        self._known: dict[tuple[str, str], tuple[float, str | None]] = {}
        # One thread suffices, because each alias is resolved at most once a minute.
        self._calls = ServiceCalls("KMS", 1, trace) if asks else None
        self._clients: dict[str, Any] = {}

    async def arn_of(self, alias: str, region: str = "") -> str | None:
        """Return the ARN of the key of ALIAS in REGION, None if it is unknown. Never raises.

        The region "" is the endpoint's region.
        """
        if self._calls is None:
            return None
        at, known = self._known.get((region, alias), (0.0, None))
        if time.monotonic() - at > _KEPT or not at:
            known = await self._from_kms(self._calls, alias, region)
            self._known[region, alias] = (time.monotonic(), known)
        return known

    def close(self) -> None:
        """Stop the thread that calls KMS."""
        if self._calls is not None:
            self._calls.close()

    async def _from_kms(self, calls: ServiceCalls, alias: str, region: str) -> str | None:
        try:
            answer = await calls.answer("DescribeKey", partial(self._describe, alias, region))
            return str(answer["KeyMetadata"]["Arn"])
        except (BotoCoreError, ClientError, KeyError, TypeError) as error:
            _log.info("could not resolve a KMS alias", alias=alias, region=region, error=type(error).__name__)
            return None

    def _describe(self, alias: str, region: str) -> Mapping[str, Any]:
        if region not in self._clients:
            self._clients[region] = make_kms_client(self._config, region)
        answer: Mapping[str, Any] = self._clients[region].describe_key(KeyId=alias)
        return answer
