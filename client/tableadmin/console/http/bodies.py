"""The body of a request: JSON of a bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import cast

from tableadmin.console.http.responses import JSON, Refusal

# Bytes: as many as the largest request of specs that people edit in a page.
LARGEST = 1 << 20


def read(headers: Mapping[str, str], take: Callable[[int], bytes]) -> dict[str, object]:
    """The JSON object that TAKE reads, of the length that HEADERS say; raises Refusal."""
    # A form of another page can send any type but this one.
    if headers.get("Content-Type", "").partition(";")[0].strip() != JSON:
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json", "NOT_JSON")
    length = headers.get("Content-Length", "")
    if headers.get("Transfer-Encoding") or not (length.isascii() and length.isdigit()):
        raise Refusal(HTTPStatus.LENGTH_REQUIRED, "the request must say its length", "NO_LENGTH")
    # Not converted at once: the conversion of a long number takes long.
    if len(length) > len(str(LARGEST)) or int(length) > LARGEST:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {LARGEST} bytes", "TOO_LARGE"
        )
    return _object(take(int(length)))


def _object(text: bytes) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body is not JSON", "NOT_JSON") from error
    if not isinstance(found, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body must be a JSON object", "NOT_JSON")
    return cast("dict[str, object]", found)
