"""The options of channels and the metadata of calls."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypedDict

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from tableadmin import __version__
from tableadmin.v1 import (
    access_service_pb2,
    endpoint_service_pb2,
    operation_service_pb2,
    plan_service_pb2,
    table_admin_pb2,
)

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

DEFAULT_TARGET = "127.0.0.1:50051"
DEFAULT_TIMEOUT = 30.0

# Calls go to the servers in turn, except to servers that report NOT_SERVING (grpc.health.v1).
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
    """The address of a service, and how its channel is secured.

    `tls`: the channel is encrypted. `certificate`: the client sends a certificate. None means unknown: the
    caller made the channel or its credentials.
    """

    address: str
    tls: bool | None = None
    certificate: bool | None = None


@dataclass(frozen=True)
class CallOptions:
    """The options of a call.

    `timeout` is in seconds, None for no deadline. `endpoint` is the name of an endpoint in the configuration
    of the server, None for the default endpoint.
    """

    timeout: float | None = DEFAULT_TIMEOUT
    endpoint: str | None = None
    metadata: Metadata = ()

    def headers(self) -> tuple[tuple[str, str | bytes], ...]:
        """Return the options as call metadata."""
        chosen = () if self.endpoint is None else (("tableadmin-endpoint", self.endpoint),)
        return (*self.metadata, *chosen)


class OptionChanges(TypedDict, total=False):
    """Some of the fields of CallOptions, as keyword arguments."""

    timeout: float | None
    endpoint: str | None
    metadata: Metadata


def is_balanced(target: str) -> bool:
    """Whether calls to the gRPC target TARGET go to its servers in turn: `dns:` names and lists of addresses.

    gRPC treats other targets as one address (`pick_first`).
    """
    scheme, colon, addresses = target.partition(":")
    return bool(colon) and (scheme == "dns" or (scheme in ("ipv4", "ipv6") and "," in addresses))


def channel_options(target: str) -> list[tuple[str, str | int]]:
    """Return the channel arguments for TARGET: reconnection, keepalive, limits and load balancing."""
    return [
        *([("grpc.service_config", _ROUND_ROBIN)] if is_balanced(target) else []),
        # How often DNS is asked at most, which finds replaced servers. gRPC's default is 30 s.
        ("grpc.dns_min_time_between_resolutions_ms", 5_000),
        ("grpc.primary_user_agent", f"tableadmin-python/{__version__}"),
        ("grpc.max_receive_message_length", 16 * 1024 * 1024),
        # Reconnect as often as calls and watches retry, however long the server was down.
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
    """Whether the contract says that METHOD is idempotent."""
    return is_read(method) or bool(
        method.GetOptions().idempotency_level == MethodOptions.IdempotencyLevel.IDEMPOTENT
    )


# The request messages of RPCs that are retried. `streams` resumes streams.
REPEATABLE = frozenset(
    method.input_type.full_name
    for service in _SERVICES
    for method in service.methods
    if is_repeatable(method) and not method.server_streaming
)
