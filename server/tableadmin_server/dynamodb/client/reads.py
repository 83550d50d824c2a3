"""Reads, tried first on the event loop: boto3 takes a thread and twice the CPU time for the same request.

botocore checks the parameters and reads the response here too. libcurl signs the request, in a tenth of the
CPU time that botocore takes for a signature. What boto3 would try again becomes a call of boto3's, which has
one attempt less.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast
from zlib import crc32

import pycurl
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.credentials import RefreshableCredentials
from botocore.endpoint import convert_to_response_dict
from botocore.model import OperationModel, Shape
from botocore.parsers import ResponseParserError
from botocore.retries.standard import RetryContext, StandardRetryConditions

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client import botocore_private as private
from tableadmin_server.dynamodb.client.parser import StrictParserFactory
from tableadmin_server.dynamodb.client.transport import Exchange, Transport, signing_scope

# Version 4 of AWS's signature, by its name in botocore.
_SIGNATURE = "v4"


class Retryable(Exception):
    """The first request has ended with ERROR, after which boto3 would try again."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class _Place:
    """Where requests go, headers that they need there, and what their signature is valid for."""

    url: str
    headers: Mapping[str, str]
    scope: str


class Reads:
    """The first requests of CLIENT's reads, sent as TRANSPORT has it, but on the event loop."""

    def __init__(self, client: BaseClient, transport: Transport, config: EndpointConfig) -> None:
        self._client = client
        self._transport = transport
        self._retried = StandardRetryConditions(config.max_attempts)
        self._user_agent: str = client.meta.config.user_agent  # type: ignore[attr-defined]  # not in the stubs
        self._is_signed_by_version_4 = client.meta.config.signature_version == _SIGNATURE  # type: ignore[attr-defined]  # the same
        self._attempt = f"attempt=1; max={config.max_attempts}"
        # The client's own, as the session's settings have them; it gives them out nowhere.
        self._credentials = private.member(client, private.CREDENTIALS)()
        self._serialize = private.member(client, private.SERIALIZER).serialize_to_request
        self._resolve = private.member(client, private.ENDPOINT_RULES)
        self._parser = StrictParserFactory().create_parser("json")
        self._multi = pycurl.AsyncCurlMulti()
        self._idle: list[pycurl.Curl] = []
        # AWS's own URL may depend on what is asked for, and on the credentials' account.
        self._one_place = config.endpoint_url is not None
        self._place: _Place | None = None

    def can_be_signed(self) -> bool:
        """Whether credentials for version 4 of AWS's signature are there.

        They must not be due for renewal either: that would hold up the event loop.
        """
        credentials = self._credentials
        return (
            credentials is not None
            and self._is_signed_by_version_4
            and not (isinstance(credentials, RefreshableCredentials) and credentials.refresh_needed())
        )

    async def answer(self, operation: str, params: AwsDict) -> dict[str, Any] | None:
        """What boto3 would answer, None where boto3 has to be asked; raises as boto3 would, and Retryable."""
        model = self._client.meta.service_model.operation_model(operation)
        place = self._placed(model, params)
        if place is None:
            return None
        wire = self._serialize(params, model)
        with self._connection() as curl:
            exchange = Exchange(curl, place.url, self._headers(wire, place), wire["body"])
            exchange.sign(place.scope, self._credentials.get_frozen_credentials())
            try:
                await self._multi.perform(curl)
            except pycurl.error as error:
                failure = exchange.failure(error)
                if self._is_tried_again(model, caught_exception=failure):
                    raise Retryable(failure) from error
                raise failure from error
            response = exchange.response()
        parsed = self._parsed(response, model)
        if not _is_success(response):
            failed = _error(self._client, response, parsed, operation)
            if self._is_tried_again(model, http_response=response, parsed_response=parsed):
                raise Retryable(failed)
            if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                raise failed
        # Each success allows for more retries.
        self._client.meta.events.emit(
            f"after-call.dynamodb.{model.name}",
            http_response=response,
            parsed=parsed,
            model=model,
            context={},
        )
        return parsed

    def close(self) -> None:
        """Close the connections."""
        # It waits for nothing, and so ends when it begins.
        with suppress(StopIteration):
            self._multi.aclose().send(None)

    def _headers(self, wire: Mapping[str, Any], place: _Place) -> dict[str, str]:
        return {
            **wire["headers"],
            **place.headers,
            "amz-sdk-invocation-id": str(uuid.uuid4()),
            "amz-sdk-request": self._attempt,
        }

    def _placed(self, model: OperationModel, params: AwsDict) -> _Place | None:
        """Where a request goes; None where AWS wants another signature there."""
        if self._place is None or not self._one_place:
            meta = self._client.meta
            context: dict[str, Any] = {
                "client_region": meta.region_name,
                "client_config": meta.config,
                "auth_type": model.resolved_auth_type,
            }
            # The rules of AWS's endpoints, which may also change how to sign.
            url, headers, _ = self._resolve(model, params, context)
            if context["auth_type"] not in (None, _SIGNATURE):
                return None
            signing = context.get("signing", {})
            scope = signing_scope(
                signing.get("region") or meta.region_name,
                signing.get("signing_name") or meta.service_model.signing_name,
            )
            self._place = _Place(url, headers, scope)
        return self._place

    @contextmanager
    def _connection(self) -> Iterator[pycurl.Curl]:
        """One that is idle; whoever is cancelled gives none back: it is still in use for a moment."""
        curl = self._idle.pop() if self._idle else self._transport.connection(self._user_agent)
        yield curl
        self._idle.append(curl)

    def _parsed(self, response: AWSResponse, model: OperationModel) -> dict[str, Any]:
        # There is no read that answers nothing.
        shape = cast("Shape", model.output_shape)
        parsed: dict[str, Any] = self._parser.parse(convert_to_response_dict(response, model), shape)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        return parsed

    def _is_tried_again(self, model: OperationModel, **outcome: Any) -> bool:  # noqa: ANN401  # botocore's own
        """Whether boto3 would try again after this OUTCOME of a first request."""
        return bool(self._retried.is_retryable(RetryContext(1, model, **outcome)))


def _is_success(response: AWSResponse) -> bool:
    checksum = response.headers.get("x-amz-crc32")
    return response.status_code == HTTPStatus.OK and checksum in (None, str(crc32(response.content)))


def _error(client: BaseClient, response: AWSResponse, parsed: Mapping[str, Any], operation: str) -> Exception:
    """What boto3 raises for a RESPONSE that is no success."""
    if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return ResponseParserError("the response does not match its checksum")
    kind: Any = client.exceptions.from_code(parsed.get("Error", {}).get("Code"))
    error: Exception = kind(parsed, operation)
    return error
