"""The server: its parts, its start and its stop."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeAlias, TypeVar

import grpc
import structlog
from grpc_channelz.v1 import channelz, channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from tableadmin_server.config import ConfigError, ListenerConfig, ServerConfig
from tableadmin_server.config.policies import prices_of
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.interceptors.audit import AuditInterceptor, IntentInterceptor
from tableadmin_server.interceptors.authorization import AuthorizationInterceptor, account_of
from tableadmin_server.interceptors.call_log import CallLogInterceptor
from tableadmin_server.interceptors.chain import Chain, Interceptor
from tableadmin_server.interceptors.drain import DrainInterceptor
from tableadmin_server.interceptors.errors import ErrorsInterceptor
from tableadmin_server.interceptors.identity import (
    Identify,
    IdentityInterceptor,
    identify_as,
    identify_by_credentials,
)
from tableadmin_server.interceptors.limits import LimitsInterceptor
from tableadmin_server.interceptors.metrics import MetricsInterceptor
from tableadmin_server.interceptors.parsing import ParsingInterceptor
from tableadmin_server.listening.certificates import Certificates
from tableadmin_server.listening.listener import Listener
from tableadmin_server.logs import logs
from tableadmin_server.metrics.exposition import Exposition
from tableadmin_server.metrics.metrics import Metrics
from tableadmin_server.metrics.state import Sources
from tableadmin_server.operations.by_endpoint import OperationsByEndpoint
from tableadmin_server.reloading import Reloading
from tableadmin_server.security.audit.opening import open_audit
from tableadmin_server.security.authentication.authentication import Authenticators
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.authorization.policies import Configured, PolicyError
from tableadmin_server.security.authorization.steps import StepAuthorizer
from tableadmin_server.security.identity import parsed_principal
from tableadmin_server.security.limits import Limits
from tableadmin_server.services import access, audit, endpoint, item, operation, plan, table_admin, watch
from tableadmin_server.services.call_metadata import called_endpoint
from tableadmin_server.services.health import HealthServicer
from tableadmin_server.supervision import Supervisor
from tableadmin_server.tables.facts import read_facts
from tableadmin_server.tracing import tracing
from tableadmin_server.watching.hubs import Hubs

T = TypeVar("T")

_log = structlog.get_logger()

_SERVICES = (
    table_admin.SERVICE,
    watch.SERVICE,
    plan.SERVICE,
    operation.SERVICE,
    endpoint.SERVICE,
    item.SERVICE,
    audit.SERVICE,
    access.SERVICE,
)

# Seconds to release operations after the grace period. Other servers take over the rest later.
_OPERATIONS_GRACE = 5.0

# Seconds to tell the other servers of the stop. Otherwise they notice it later.
_LEAVE_SECONDS = 1.0

# Seconds for health watches and connections to end when no call is under way.
_CLOSE_SECONDS = 1.0

# Process supervisors send SIGTERM, Ctrl-C sends SIGINT.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


SuperviseEngine: TypeAlias = Callable[[Callable[[bool], object], Callable[[], object]], None]


# The service name in health checks that tells whether all listeners are secure.
SECURITY = "tableadmin.security"


class Server:
    """The services with health, reflection and channelz at the addresses of the listeners."""

    def __init__(self, config: ServerConfig) -> None:
        """Bind the addresses. Raises ConfigError, and ListenError for an address."""
        self._config = config
        # None without a metrics address. Then nothing is measured.
        self._metrics = None if config.metrics.address is None else Metrics()
        self._exposition: Exposition | None = None
        self._tracing = tracing.open_tracing(config)
        self._tracing.mark_log()  # before loggers are bound
        self._endpoints = Endpoints(
            config,
            *self._observer(lambda metrics: metrics.endpoint_calls.of),
            make_calls=self._tracing.make_calls,
            trace=self._tracing.service_calls,
        )
        # Makes health checks NOT_SERVING while a background loop fails repeatedly.
        self._supervisor = Supervisor(partial(self._note_health, "background loops"))
        self._unhealthy: set[str] = set()
        self._showing: set[asyncio.Task[None]] = set()
        self._hubs = Hubs(self._supervisor, *self._observer(lambda metrics: metrics.event_lag.of))
        self._audit = open_audit(config.audit)
        self._audit_records = audit.AuditServicer(
            config.audit.path, has_policies=config.policies.folder is not None
        )
        self._operations = OperationsByEndpoint(
            self._endpoints,
            self._hubs,
            config.endpoints,
            self._audit,
            config.policies.approval_timeout,
            *self._observer(lambda metrics: metrics.operations.of),
            tracing=self._tracing.operations,
        )
        self._reloading = Reloading(self._supervisor)
        self._authorization = self._authorization_of(config)
        self._health = HealthServicer(self._endpoints, shows_endpoints=config.policies.folder is None)
        self._calls = DrainInterceptor()
        self._authenticators = Authenticators(config.authenticators, config.limits.failed_logins_per_minute)
        self._limits = Limits(config.limits)
        self._shared_reads = table_admin.shared_reads(self._tracing.make_shared)
        self._certificates: list[Certificates] = []
        self._handlers = (
            table_admin.handlers(self._endpoints, self._hubs, self._shared_reads),
            watch.handlers(self._endpoints, self._hubs),
            plan.handlers(self._endpoints, self._operations),
            operation.handlers(self._endpoints, self._operations),
            endpoint.handlers(self._endpoints),
            item.handlers(self._endpoints, config.endpoints),
            access.handlers(self._endpoints, self._authorizer),
            self._audit_records.handlers(),
        )
        self._listeners = [self._listener(key, each) for key, each in config.listeners_by_key.items()]
        self._health_listener = self._listener_for_health(config.health.address)

    @property
    def addresses(self) -> list[str]:
        """The addresses of the listeners, with the selected ports."""
        return [each.address for each in self._listeners]

    @property
    def address(self) -> str:
        """The address of the first listener."""
        return self.addresses[0]

    @property
    def health_address(self) -> str | None:
        """The address for health checks only, None if there is none."""
        return None if self._health_listener is None else self._health_listener.address

    @property
    def metrics_address(self) -> str | None:
        """The address for scrapes by Prometheus; None before the start and without metrics."""
        return None if self._exposition is None else self._exposition.address

    def _observer(self, choose: Callable[[Metrics], T]) -> tuple[T, ...]:
        """The observer that CHOOSE returns, as an argument; empty without metrics."""
        return () if self._metrics is None else (choose(self._metrics),)

    def _listener(self, key: str, config: ListenerConfig) -> Listener:
        certificates = None if config.tls is None else Certificates(key, config.tls)
        if certificates is not None:
            self._certificates.append(certificates)
            self._reloading.add(certificates.refresh)
        chain = Chain(self._interceptors(config))
        return Listener(config, self._config.connections, certificates, chain, self._add_services)

    def _interceptors(self, config: ListenerConfig) -> Iterator[Interceptor]:
        """The interceptors of a listener, from the outermost to the innermost."""
        yield from self._measuring()
        yield ErrorsInterceptor()
        yield from self._tracing.interceptors
        yield CallLogInterceptor(self._config.default)
        yield AuditInterceptor(self._audit, self._config.default)
        yield IdentityInterceptor(self._identify(config))
        if config.principal is not None or config.authenticators:  # others have no limits
            yield LimitsInterceptor(self._limits)
        yield ParsingInterceptor()
        yield from self._authorization
        yield self._calls
        yield IntentInterceptor(self._audit)

    def _measuring(self) -> Iterator[Interceptor]:
        """The interceptor that measures the calls of a listener; empty without metrics."""
        if self._metrics is not None:
            yield MetricsInterceptor(self._metrics.rpcs)

    def _identify(self, config: ListenerConfig) -> Identify:
        """The function that identifies the callers of a listener."""
        if config.principal is not None:
            return identify_as(parsed_principal(config.principal), "socket")
        if not config.authenticators:
            return identify_as(mutual_tls=config.takes_certificates)
        authentication = self._authenticators.authentication(config.authenticators)
        return identify_by_credentials(authentication, mutual_tls=config.takes_certificates)

    def _authorization_of(self, config: ServerConfig) -> Sequence[AuthorizationInterceptor]:
        """Create the authorizer, also for operations, and its interceptor; empty without policies."""
        self._authorizer: Authorizer | None = None
        prices = prices_of(config.policies)
        if config.policies.folder is None:
            return ()
        try:
            self._authorizer = authorizer = Authorizer(
                Path(config.policies.folder),
                Configured(tuple(config.endpoints), config.authenticator_names),
                lambda endpoint, table, needed: read_facts(self._endpoints.named(endpoint), table, needed),
                lambda endpoint, table: self._endpoints.named(endpoint).own_table == table,
            )
        except PolicyError as error:
            raise ConfigError(f"policies.folder: {error}") from error
        self._reloading.add(authorizer.refresh)
        for each in self._endpoints:
            each.prices = lambda: prices if authorizer.uses_cost else None
            each.authorize = StepAuthorizer(authorizer, partial(account_of, each), each.account.learned)
        called = partial(called_endpoint, self._endpoints)
        return (AuthorizationInterceptor(authorizer, self._endpoints, self._operations, called),)

    def _listener_for_health(self, address: str | None) -> Listener | None:
        if address is None:
            return None
        interceptors = (
            *self._measuring(),
            ErrorsInterceptor(),
            CallLogInterceptor(self._config.default),
            ParsingInterceptor(),
        )
        config = ListenerConfig(address=address)
        return Listener(config, self._config.connections, None, Chain(interceptors), self._add_health)

    def _add_services(self, server: grpc.aio.Server) -> None:
        server.add_generic_rpc_handlers(self._handlers)
        self._add_health(server)
        channelz_pb2_grpc.add_ChannelzServicer_to_server(
            channelz.aio.ChannelzServicer(),  # type: ignore[attr-defined]  # missing in the stubs
            server,
        )
        reflection.enable_server_reflection(
            (
                *(service.full_name for service in _SERVICES),
                health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
                channelz_pb2.DESCRIPTOR.services_by_name["Channelz"].full_name,
                reflection.SERVICE_NAME,
            ),
            server,
        )

    def _add_health(self, server: grpc.aio.Server) -> None:
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)

    async def run(
        self, started: Callable[[], object], supervise_engine: SuperviseEngine | None = None
    ) -> None:
        """Serve until SIGTERM or SIGINT, then drain. A second signal ends the process at once.

        STARTED is called when the server answers calls and handles signals.

        SUPERVISE_ENGINE supervises the embedded engine. It calls its first argument, from any thread, with
        whether the engine answers, and its second argument when the engine is lost, which stops the server.
        """
        # Excludes modules from garbage collections, which then pause the event loop half as long.
        gc.collect()
        gc.freeze()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def handle(number: signal.Signals) -> None:
            end_at_once(number) if stop.is_set() else stop.set()

        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, handle, number)
        # Without files to reload, SIGHUP of a closed terminal ends the server.
        if self._reloading or self._config.authenticators:
            loop.add_signal_handler(signal.SIGHUP, self._reload)
        await self.start()
        started()
        if supervise_engine is not None:
            note = partial(self._note_health, "embedded engine")
            supervise_engine(
                lambda answers: loop.call_soon_threadsafe(note, answers),
                lambda: loop.call_soon_threadsafe(stop.set),
            )
        await stop.wait()
        await self.drain()

    async def start(self) -> None:
        """Start to answer calls. Raises ListenError for the address of the metrics."""
        self._serve_metrics()
        for each in self._every_listener():
            await each.start()
        self._operations.start()
        self._reloading.start()
        await self._set_health(healthy=True)
        await self._show_security()
        _log.info("server started", addresses=self.addresses, endpoints=list(self._config.endpoints))

    def _serve_metrics(self) -> None:
        """Start to answer scrapes if metrics are configured."""
        address = self._config.metrics.address
        if self._metrics is None or address is None:
            return
        sources = Sources(
            self._endpoints,
            self._hubs,
            self._operations,
            self._shared_reads,
            self._supervisor,
            self._audit,
            self._authorizer,
            self._authenticators,
            self._limits,
            self._certificates,
            lambda: not self._unhealthy,
            asyncio.get_running_loop(),
        )
        self._exposition = self._metrics.serve(address, sources)

    def _reload(self) -> None:
        """Read files again, and log which changes need a restart."""
        _log.info(
            "files are read again",
            files="certificates and keys of listeners, policies, tokens_file and jwks_file of authenticators",
            needs_restart="the configuration file, with the tokens that stand in it",
        )
        self._reloading.ask()

    def _every_listener(self) -> list[Listener]:
        return [*self._listeners, *([self._health_listener] if self._health_listener else [])]

    async def _show_security(self) -> None:
        """Log a warning for each insecure listener, and set the health of SECURITY."""
        insecure = self._config.insecure_listeners
        addresses = dict(zip(self._config.listeners_by_key, self.addresses, strict=True))
        for key, lacking in insecure.items():
            _log.warning(
                "listener is insecure: whoever reaches it can delete every table",
                address=addresses[key],
                missing=lacking,
            )
        status = health_pb2.HealthCheckResponse
        await self._health.set(SECURITY, status.NOT_SERVING if insecure else status.SERVING)

    def _note_health(self, part: str, healthy: bool) -> None:  # noqa: FBT001  # the signature of a callback
        (self._unhealthy.discard if healthy else self._unhealthy.add)(part)
        showing = asyncio.create_task(self._set_health(healthy=not self._unhealthy))
        self._showing.add(showing)
        showing.add_done_callback(self._showing.discard)

    async def _set_health(self, *, healthy: bool) -> None:
        """Set the health of the server and of each service."""
        status = health_pb2.HealthCheckResponse
        for service in ("", *(service.full_name for service in _SERVICES)):
            await self._health.set(service, status.SERVING if healthy else status.NOT_SERVING)

    async def drain(self) -> None:
        """Refuse new calls, end streams, wait for calls under way for the grace period, then stop.

        Operations are released, each before its next call, so that other servers continue them.
        """
        _log.info("server started draining", grace_period=self._config.grace_period)
        await self._health.enter_graceful_shutdown()
        self._reloading.stop()
        self._hubs.stop()
        self._audit_records.stop()
        releasing = asyncio.create_task(self._operations.stop())
        await self._calls.drain(self._config.grace_period)
        # With a timeout, because an idle connection can prevent gRPC from stopping.
        await asyncio.wait(
            {asyncio.create_task(each.stop(_CLOSE_SECONDS)) for each in self._every_listener()},
            timeout=2 * _CLOSE_SECONDS,
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(releasing, _OPERATIONS_GRACE)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._operations.leave(), _LEAVE_SECONDS)
        self._endpoints.close()
        await self._audit.close()
        await self._tracing.close()
        if self._exposition is not None:
            self._exposition.close()
        _log.info("server stopped")


def end_at_once(number: int, _: object = None) -> NoReturn:
    """End the process with the exit code of signal NUMBER: 128 + NUMBER."""
    _log.warning("server aborted", signal=signal.Signals(number).name, message="running calls were aborted")
    logs.flush()
    os._exit(128 + number)
