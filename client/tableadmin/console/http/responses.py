"""The responses of the console to HTTP requests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from tableadmin.errors import TableAdminError

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

_STATUSES = {
    grpc.StatusCode.ABORTED: HTTPStatus.CONFLICT,
    grpc.StatusCode.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.CONFLICT,
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    # Not 401: the browser's proof is the cookie, and the cookie was right.
    grpc.StatusCode.UNAUTHENTICATED: HTTPStatus.FORBIDDEN,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
}


@dataclass(frozen=True)
class Response:
    """A status, a body of one media type, and further headers."""

    status: HTTPStatus
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = field(default=())


class Refusal(Exception):
    """A request that is not carried out; the message is one readable line."""

    def __init__(self, status: HTTPStatus, message: str, reason: str, **headers: str) -> None:
        super().__init__(message)
        self.response = error_response(status, message, reason, **headers)


def json_response(value: object) -> Response:
    """A response with VALUE as JSON."""
    return Response(HTTPStatus.OK, _json(value))


def error_response(status: HTTPStatus, message: str, reason: str, **headers: str) -> Response:
    """A response for a failure, as JSON: one readable line, and a reason for programs.

    The names of HEADERS have _ in place of -.
    """
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status, _json({"error": {"message": message, "reason": reason}}), headers=named)


def failure_response(failure: TableAdminError) -> Response:
    """FAILURE of a call of the service; the line has the reason and the request ID."""
    status = _STATUSES.get(failure.code, HTTPStatus.BAD_GATEWAY)
    return error_response(status, str(failure), failure.reason or failure.code.name)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
