"""Redacts requests for audit records: removes secrets, items and policy texts, and limits the size."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

# Members with a policy, by the names of the contract and of AWS. A record has only their digest.
_DIGESTED = frozenset({"policy", "resource_policy", "Policy", "ResourcePolicy"})
# Members with items, keys of items, page tokens or resume tokens.
_DROPPED = frozenset(
    {"item", "items", "key", "Item", "Items", "Key", "next_token", "page_token", "resume_token", "NextToken"}
)
# The largest size in bytes of a redacted request, and of a request that is redacted member by member.
_MAX_BYTES = 16_384
_MAX_REQUEST = 65_536

_encode = msgspec.json.Encoder(enc_hook=str, order="deterministic").encode


def of_message(request: Message) -> Mapping[str, Any]:
    """Return REQUEST redacted, or its size and digest if it is too large."""
    if request.ByteSize() > _MAX_REQUEST:
        return _left_out(request.SerializeToString(deterministic=True))
    return of_params(MessageToDict(request, preserving_proto_field_name=True))


def of_params(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return PARAMS redacted, or their size and digest if they are too large."""
    redacted: dict[str, Any] = _redacted(params)
    encoded = _encode(redacted)
    if len(encoded) <= _MAX_BYTES:
        return redacted
    return _left_out(encoded)


def _left_out(request: bytes) -> Mapping[str, Any]:
    return {"left_out": {"bytes": len(request), "sha256": hashlib.sha256(request).hexdigest()}}


def _redacted(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, Mapping):
        return {name: _member(name, each) for name, each in value.items() if not _is_dropped(name, each)}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    return value


def _member(name: str, value: Any) -> Any:  # noqa: ANN401  # JSON
    if name in _DIGESTED:
        text = value.encode() if isinstance(value, str) else _encode(value)
        return {"sha256": hashlib.sha256(text).hexdigest()}
    return _redacted(value)


def _is_dropped(name: str, value: object) -> bool:
    # The key of a tag is a string, the key of an item is not.
    return name in _DROPPED and not (name in {"key", "Key"} and isinstance(value, str))
