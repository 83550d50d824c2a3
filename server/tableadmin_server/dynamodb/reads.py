"""Reads, tried first on the event loop: boto3 takes a thread and twice the CPU time for the same request.

What is checked, signed and read is so by botocore here too. Whatever is not a plain success goes on as a call
of boto3's, as if boto3 had made the request itself: what is tried again, and how it fails in the end, is
boto3's to say.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias, cast
from zlib import crc32

import pycurl
from botocore import exceptions as boto
from botocore.awsrequest import AWSRequest, AWSResponse, create_request_object, prepare_request_dict
from botocore.client import BaseClient
from botocore.credentials import RefreshableCredentials
from botocore.endpoint import convert_to_response_dict
from botocore.handlers import add_retry_headers
from botocore.model import OperationModel, Shape
from google.protobuf.descriptor_pb2 import MethodOptions

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.parser import StrictParserFactory
from tableadmin_server.dynamodb.transport import Exchange, Transport

# Those that the contract says change nothing.
OPERATIONS = frozenset(
    method.name
    for method in table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods
    if method.GetOptions().idempotency_level == MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
)

# Where requests go, headers that they need there, and what their signature depends on.
Place: TypeAlias = tuple[str, dict[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Unfinished:
    """A request that was no plain success: its response, or what it failed with."""

    outcome: AWSResponse | boto.BotoCoreError


class Reads:
    """The first requests of CLIENT's reads, sent as TRANSPORT has it, but on the event loop."""

    def __init__(self, client: BaseClient, transport: Transport, config: EndpointConfig) -> None:
        self._client = client
        self._transport = transport
        self._attempts = config.max_attempts
        # The client's own, as the session's settings have them; it gives them out nowhere.
        self._signer = client._request_signer  # type: ignore[attr-defined]  # noqa: SLF001  # see above
        self._credentials = client._get_credentials()  # type: ignore[attr-defined]  # noqa: SLF001  # see above
        self._serializer = client._serializer  # type: ignore[attr-defined]  # noqa: SLF001  # see above
        self._parser = StrictParserFactory().create_parser("json")
        self._multi = pycurl.AsyncCurlMulti()
        self._idle: list[pycurl.Curl] = []
        # AWS's own URL may depend on what is asked for, and on the credentials' account.
        self._one_place = config.endpoint_url is not None
        self._place: Place | None = None

    def can_be_signed(self) -> bool:
        """Whether credentials are there, and need not be renewed: that would hold up the event loop."""
        return self._credentials is not None and not (
            isinstance(self._credentials, RefreshableCredentials) and self._credentials.refresh_needed()
        )

    async def answer(self, operation: str, params: AwsDict) -> dict[str, Any] | Unfinished:
        """What boto3 would answer, or what a call of boto3's has to go on with; raises what boto3 would."""
        model = self._client.meta.service_model.operation_model(operation)
        request = self._request(model, params)
        with self._connection() as curl:
            exchange = Exchange(curl, str(request.url), request.headers.items(), request.data)
            try:
                await self._multi.perform(curl)
            except pycurl.error as error:
                return Unfinished(exchange.failure(error))
            response = exchange.response()
        if not _is_success(response):
            return Unfinished(response)
        return self._parsed(response, model)

    def close(self) -> None:
        """Close the connections."""
        # It waits for nothing, and so ends when it begins.
        with suppress(StopIteration):
            self._multi.aclose().send(None)

    def _request(self, model: OperationModel, params: AwsDict) -> AWSRequest:
        url, headers, context = self._placed(model, params)
        wire = self._serializer.serialize_to_request(params, model)
        wire["headers"].update(headers)
        prepare_request_dict(wire, url, dict(context))
        request: AWSRequest = create_request_object(wire)
        self._signer.sign(model.name, request)
        request.headers["User-Agent"] = self._client.meta.config.user_agent  # type: ignore[attr-defined]  # not in the stubs
        request.context["retries"] = {"invocation-id": str(uuid.uuid4()), "attempt": 1, "max": self._attempts}
        add_retry_headers(request)  # type: ignore[arg-type]  # the stubs want a Request, which botocore has none
        return request

    def _placed(self, model: OperationModel, params: AwsDict) -> Place:
        if self._place is None or not self._one_place:
            meta = self._client.meta
            context = {
                "client_region": meta.region_name,
                "client_config": meta.config,
                "auth_type": model.resolved_auth_type,
            }
            # The rules of AWS's endpoints, which may also change how to sign.
            resolve = self._client._resolve_endpoint_ruleset  # type: ignore[attr-defined]  # noqa: SLF001  # not public
            url, headers, _ = resolve(model, params, context)
            self._place = url, headers, context
        return self._place

    @contextmanager
    def _connection(self) -> Iterator[pycurl.Curl]:
        """One that is idle; whoever is cancelled gives none back: it is still in use for a moment."""
        curl = self._idle.pop() if self._idle else self._transport.connection()
        yield curl
        self._idle.append(curl)

    def _parsed(self, response: AWSResponse, model: OperationModel) -> dict[str, Any]:
        # There is no read that answers nothing.
        shape = cast("Shape", model.output_shape)
        parsed: dict[str, Any] = self._parser.parse(convert_to_response_dict(response, model), shape)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        # Each success allows for more retries.
        self._client.meta.events.emit(
            f"after-call.dynamodb.{model.name}",
            http_response=response,
            parsed=parsed,
            model=model,
            context={},
        )
        return parsed


def _is_success(response: AWSResponse) -> bool:
    checksum = response.headers.get("x-amz-crc32")
    return response.status_code == HTTPStatus.OK and checksum in (None, str(crc32(response.content)))
