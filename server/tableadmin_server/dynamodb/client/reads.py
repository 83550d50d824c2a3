"""Sends the first request of each read on the event loop. boto3 needs a thread and twice the CPU time.

botocore checks the parameters and parses the response here too. libcurl signs the request, in a tenth of the
CPU time that botocore needs for a signature. A request that boto3 would retry continues as a boto3 call with
one attempt less.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast
from zlib import crc32

import pycurl
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
from tableadmin_server.dynamodb.client.transfers import Transfers
from tableadmin_server.dynamodb.client.transport import Exchange, Response, Transport, signing_scope

# botocore's name of AWS Signature Version 4.
_SIGNATURE = "v4"


class Retryable(Exception):
    """The first request has ended with ERROR, after which boto3 would retry."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class _Place:
    """The URL of requests, the headers that it needs, and the scope of the signature."""

    url: str
    headers: Mapping[str, str]
    scope: str


class Reads:
    """The first requests of CLIENT's reads, sent by TRANSPORT on the event loop."""

    def __init__(self, client: BaseClient, transport: Transport, config: EndpointConfig) -> None:
        self._client = client
        self._transport = transport
        self._retried = StandardRetryConditions(config.max_attempts)
        self._user_agent: str = client.meta.config.user_agent  # type: ignore[attr-defined]  # not in the stubs
        self._is_signed_by_version_4 = client.meta.config.signature_version == _SIGNATURE  # type: ignore[attr-defined]  # the same
        self._attempt = f"attempt=1; max={config.max_attempts}"
        # Private members of the client, which follow the settings of the session.
        self._credentials = private.member(client, private.CREDENTIALS)()
        self._serialize = private.member(client, private.SERIALIZER).serialize_to_request
        self._resolve = private.member(client, private.ENDPOINT_RULES)
        self._parser = StrictParserFactory().create_parser("json")
        self._transfers = Transfers()
        self._idle: list[pycurl.Curl] = []
        # AWS's URL may depend on the operation, the parameters and the account of the credentials.
        self._one_place = config.endpoint_url is not None
        self._place: _Place | None = None

    def can_be_signed(self) -> bool:
        """Whether there are credentials for AWS Signature Version 4.

        False if the credentials must be renewed, because a renewal would block the event loop.
        """
        credentials = self._credentials
        return (
            credentials is not None
            and self._is_signed_by_version_4
            and not (isinstance(credentials, RefreshableCredentials) and credentials.refresh_needed())
        )

    async def answer(self, operation: str, params: AwsDict) -> dict[str, Any] | None:
        """Return the answer, None if boto3 must make the call. Raises boto3's exceptions and Retryable."""
        model = self._client.meta.service_model.operation_model(operation)
        place = self._placed(model, params)
        if place is None:
            return None
        wire = self._serialize(params, model)
        curl = self._idle.pop() if self._idle else self._transport.connection(self._user_agent)
        exchange = Exchange(curl, place.url, self._headers(wire, place), wire["body"])
        exchange.sign(place.scope, self._credentials.get_frozen_credentials())
        try:
            await self._transfers.make(curl)
        except pycurl.error as error:
            failure = exchange.failure(error)
            if self._is_retryable(model, caught_exception=failure):
                raise Retryable(failure) from error
            raise failure from error
        response = exchange.response()
        # The connection of a cancelled caller is not kept, because it is still in use.
        self._idle.append(curl)
        parsed = self._parsed(response, model)
        if not _is_success(response):
            failed = _error(self._client, response, parsed, operation)
            if self._is_retryable(model, http_response=response, parsed_response=parsed):
                raise Retryable(failed)
            if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                raise failed
        # Each success adds to the retry quota of the client.
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
        self._transfers.close()

    def _headers(self, wire: Mapping[str, Any], place: _Place) -> dict[str, str]:
        return {
            **wire["headers"],
            **place.headers,
            "amz-sdk-invocation-id": str(uuid.uuid4()),
            "amz-sdk-request": self._attempt,
        }

    def _placed(self, model: OperationModel, params: AwsDict) -> _Place | None:
        """The place of a request; None if AWS wants another kind of signature."""
        if self._place is None or not self._one_place:
            meta = self._client.meta
            context: dict[str, Any] = {
                "client_region": meta.region_name,
                "client_config": meta.config,
                "auth_type": model.resolved_auth_type,
            }
            # AWS's endpoint rules, which may also change the signature.
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

    def _parsed(self, response: Response, model: OperationModel) -> dict[str, Any]:
        # Every read has an output shape.
        shape = cast("Shape", model.output_shape)
        parsed: dict[str, Any] = self._parser.parse(convert_to_response_dict(response, model), shape)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        return parsed

    def _is_retryable(self, model: OperationModel, **outcome: Any) -> bool:  # noqa: ANN401  # botocore's own
        """Whether boto3 would retry after OUTCOME of the first request."""
        return bool(self._retried.is_retryable(RetryContext(1, model, **outcome)))


def _is_success(response: Response) -> bool:
    checksum = response.headers.get("x-amz-crc32")
    return response.status_code == HTTPStatus.OK and checksum in (None, str(crc32(response.content)))


def _error(client: BaseClient, response: Response, parsed: Mapping[str, Any], operation: str) -> Exception:
    """The exception that boto3 raises for RESPONSE, which is not a success."""
    if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return ResponseParserError("the response does not match its checksum")
    kind: Any = client.exceptions.from_code(parsed.get("Error", {}).get("Code"))
    error: Exception = kind(parsed, operation)
    return error
