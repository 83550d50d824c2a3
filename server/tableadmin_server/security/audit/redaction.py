"""What an audit record says of a request: no secrets, no items, no texts of policies, no more than fits."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

# Members that hold a policy, in the words of the contract and of AWS: a record has their digest alone.
_DIGESTED = frozenset({"policy", "resource_policy", "Policy", "ResourcePolicy"})
# Members that hold items or keys of items; what page tokens and tokens of Watch stand for.
_DROPPED = frozenset(
    {"item", "items", "key", "Item", "Items", "Key", "next_token", "page_token", "resume_token", "NextToken"}
)
# Bytes of what a record has of a request, and of a request that is looked at.
_MAX_BYTES = 16_384
_MAX_REQUEST = 65_536

_encode = msgspec.json.Encoder(enc_hook=str, order="deterministic").encode


def of_message(request: Message) -> Mapping[str, Any]:
    """What a record says of REQUEST: all of it, or size and digest of a large one."""
    if request.ByteSize() > _MAX_REQUEST:
        return _left_out(request.SerializeToString(deterministic=True))
    return of_params(MessageToDict(request, preserving_proto_field_name=True))


def of_params(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a record says of PARAMS: all of it, or size and digest of a large one."""
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
    # The key of a tag is a text, the key of an item is not.
    return name in _DROPPED and not (name in {"key", "Key"} and isinstance(value, str))
