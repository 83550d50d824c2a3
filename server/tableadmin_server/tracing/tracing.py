"""The tracing of a server. OpenTelemetry is imported only if traces are configured."""

from collections.abc import Callable, Sequence

from tableadmin_server.config import ConfigError, ServerConfig
from tableadmin_server.dynamodb.client.calls import Calls
from tableadmin_server.dynamodb.client.service_calls import TraceCall, untraced
from tableadmin_server.dynamodb.endpoint import MakeCalls
from tableadmin_server.dynamodb.singleflight import SharedCall
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.operations.execution.observer import UNTRACED, OperationTracing
from tableadmin_server.services.table_admin import MakeShared


class Tracing:
    """Creates the traced parts of a server. This class creates them without traces."""

    @property
    def interceptors(self) -> Sequence[Interceptor]:
        """The interceptors that trace the calls of a listener."""
        return ()

    @property
    def make_calls(self) -> MakeCalls:
        """A function that creates the Calls of an endpoint."""
        return Calls

    @property
    def service_calls(self) -> Callable[[str], TraceCall]:
        """A function that returns the tracing of calls to other services for the name of an endpoint."""
        return lambda _: untraced

    @property
    def make_shared(self) -> MakeShared:
        """A function that creates the calls that identical reads share."""
        return SharedCall

    @property
    def operations(self) -> Callable[[str], OperationTracing]:
        """A function that returns the tracing of operations for the name of an endpoint."""
        return lambda _: UNTRACED

    def mark_log(self) -> None:
        """Add the current span to log lines."""

    async def close(self) -> None:
        """Send the remaining spans, for a few seconds at most."""


def open_tracing(config: ServerConfig) -> Tracing:
    """Return the tracing of a server with CONFIG. Raises ConfigError if OpenTelemetry is not installed."""
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
