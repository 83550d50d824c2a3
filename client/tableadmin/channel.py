"""What every channel of a client is opened with, and what every call on it carries."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypedDict

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from tableadmin.v1 import (
    access_service_pb2,
    endpoint_service_pb2,
    operation_service_pb2,
    plan_service_pb2,
    table_admin_pb2,
)
from tableadmin.version import __version__

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

DEFAULT_TARGET = "127.0.0.1:50051"
DEFAULT_TIMEOUT = 30.0

# Calls go to each server in turn, but to none that says that it stops or fails (grpc.health.v1).
_ROUND_ROBIN = json.dumps(
    {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}
)

SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]
_SERVICES = (
    SERVICE,
    plan_service_pb2.DESCRIPTOR.services_by_name["PlanService"],
    operation_service_pb2.DESCRIPTOR.services_by_name["OperationService"],
    endpoint_service_pb2.DESCRIPTOR.services_by_name["EndpointService"],
    access_service_pb2.DESCRIPTOR.services_by_name["AccessService"],
)


@dataclass(frozen=True)
class Target:
    """The address of a service, and how the channel to it is secured.

    `tls` tells whether the channel is encrypted, and `certificate` whether the client shows a certificate.
    None is for not known: somebody else has made the channel or its credentials.
    """

    address: str
    tls: bool | None = None
    certificate: bool | None = None


@dataclass(frozen=True)
class CallOptions:
    """What a call carries beside its request.

    `timeout` is in seconds, None for no deadline; `endpoint` is one of those the server is configured with,
    None for its default.
    """

    timeout: float | None = DEFAULT_TIMEOUT
    endpoint: str | None = None
    metadata: Metadata = ()

    def headers(self) -> tuple[tuple[str, str | bytes], ...]:
        """The call metadata that says so."""
        chosen = () if self.endpoint is None else (("tableadmin-endpoint", self.endpoint),)
        return (*self.metadata, *chosen)


class OptionChanges(TypedDict, total=False):
    """Some of the fields of CallOptions, as keyword arguments."""

    timeout: float | None
    endpoint: str | None
    metadata: Metadata


def is_balanced(target: str) -> bool:
    """Whether calls to the gRPC target TARGET go to each of its servers in turn: `dns:` names, and lists.

    Other targets are one address for gRPC's default, `pick_first`.
    """
    scheme, colon, addresses = target.partition(":")
    return bool(colon) and (scheme == "dns" or (scheme in ("ipv4", "ipv6") and "," in addresses))


def channel_options(target: str) -> list[tuple[str, str | int]]:
    """The arguments of a channel to TARGET: reconnection, keepalive, limits, and which server gets a call."""
    return [
        *([("grpc.service_config", _ROUND_ROBIN)] if is_balanced(target) else []),
        # Servers that have taken the place of others are found so soon; gRPC's own bound is 30 s.
        ("grpc.dns_min_time_between_resolutions_ms", 5_000),
        ("grpc.primary_user_agent", f"tableadmin-python/{__version__}"),
        ("grpc.max_receive_message_length", 16 * 1024 * 1024),
        # A server that is away for long is found again as soon as calls and watches look for it.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 5_000),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 0),
    ]


def is_read(method: MethodDescriptor) -> bool:
    """Whether the contract says that METHOD has no side effects."""
    level = method.GetOptions().idempotency_level
    return bool(level == MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS)


def is_repeatable(method: MethodDescriptor) -> bool:
    """Whether the contract says that METHOD done twice is as good as done once."""
    return is_read(method) or bool(
        method.GetOptions().idempotency_level == MethodOptions.IdempotencyLevel.IDEMPOTENT
    )


# The requests of RPCs that are tried again; streams are begun anew by `streams`.
REPEATABLE = frozenset(
    method.input_type.full_name
    for service in _SERVICES
    for method in service.methods
    if is_repeatable(method) and not method.server_streaming
)
