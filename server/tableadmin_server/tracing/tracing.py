"""What traces a server, and OpenTelemetry where the configuration asks for traces, and only there."""

from collections.abc import Callable, Sequence

from tableadmin_server.config import ConfigError, ServerConfig
from tableadmin_server.dynamodb.client.calls import Calls
from tableadmin_server.dynamodb.endpoint import MakeCalls
from tableadmin_server.dynamodb.singleflight import SharedCall
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.operations.execution.observer import UNTRACED, OperationTracing
from tableadmin_server.services.table_admin import MakeShared


class Tracing:
    """What makes the parts of a server that are traced. This one makes parts without traces."""

    @property
    def interceptors(self) -> Sequence[Interceptor]:
        """What traces the calls of a listener."""
        return ()

    @property
    def make_calls(self) -> MakeCalls:
        """Makes what sends the calls to an endpoint."""
        return Calls

    @property
    def make_shared(self) -> MakeShared:
        """Makes the calls that identical reads share."""
        return SharedCall

    @property
    def operations(self) -> Callable[[str], OperationTracing]:
        """Makes what traces the operations of an endpoint, by its name."""
        return lambda _: UNTRACED

    def mark_log(self) -> None:
        """Have lines of the log name the span under way."""

    async def close(self) -> None:
        """Send what is not sent yet, for a few seconds at most."""


def opened(config: ServerConfig) -> Tracing:
    """What traces a server with CONFIG; raises ConfigError where OpenTelemetry is not installed."""
    if not config.traces.enabled:
        return Tracing()
    try:
        from tableadmin_server.tracing.sdk import SdkTracing  # noqa: PLC0415  # an extra, which may be missing
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise ConfigError(
            f"traces.enabled: {error.name} is not installed: pip install 'tableadmin[server,server-otel]'"
        ) from error
    return SdkTracing(config.default)
