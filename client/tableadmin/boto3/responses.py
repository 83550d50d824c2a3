"""Convert response messages to boto3's dicts."""

import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from tableadmin.awsshape import to_aws
from tableadmin.boto3.errors import response_metadata
from tableadmin.channel import Metadata
from tableadmin.methods import UNKNOWN_KEY, warn_of_unknown

_REQUEST_ID_KEY = "aws-request-id"


def answer_of(rpc: str, response: Message, trailers: Metadata) -> dict[str, Any]:
    """Return the dict of RESPONSE, with the members in TRAILERS, which the contract does not have.

    A warning names members that were too large for the trailers.
    """
    data: dict[str, Any] = to_aws(response)
    trailing = dict(trailers)
    lost = [entry for entry in _unknown(trailing.get(UNKNOWN_KEY, b"[]")) if not _put_back(data, entry)]
    if lost:
        warn_of_unknown(rpc, [(UNKNOWN_KEY, json.dumps(lost))])
    data["ResponseMetadata"] = response_metadata(str(trailing.get(_REQUEST_ID_KEY, "")))
    return data


def _unknown(trailer: str | bytes) -> Iterator[dict[str, Any]]:
    try:
        yield from json.loads(trailer)
    except ValueError:
        yield {"path": repr(trailer)}


def _put_back(data: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Insert the value of ENTRY at its path. Return whether ENTRY has a value and the path exists."""
    *parents, last = [_step(part) for part in re.findall(r"\[\d+\]|[^.\[\]]+", entry["path"])] or [""]
    place: Any = data
    try:
        for step in parents:
            place = place[step]
        place[last] = entry["value"]
    except (LookupError, TypeError):
        return False
    return True


def _step(part: str) -> str | int:
    return int(part[1:-1]) if part.startswith("[") else part
