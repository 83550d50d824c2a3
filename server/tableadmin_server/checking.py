"""Checks a configuration and its files. Does not start, bind, write or contact anything."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tableadmin_server.config import AuditConfig, ConfigError, ServerConfig
from tableadmin_server.config.policies import prices_of
from tableadmin_server.dynamodb.client.session import check_endpoint_settings
from tableadmin_server.listening.certificates import Certificates
from tableadmin_server.security.authentication.authentication import Authenticators
from tableadmin_server.security.authorization.authorizer import compile_folder
from tableadmin_server.security.authorization.policies import Configured, PolicyError
from tableadmin_server.tracing import tracing


def check(config: ServerConfig) -> None:
    """Raise ConfigError for the first part of CONFIG that would prevent the start of a server."""
    for name, endpoint in config.endpoints.items():
        check_endpoint_settings(name, endpoint)
    for key, listener in config.listeners_by_key.items():
        if listener.tls is not None:
            Certificates(key, listener.tls)
    Authenticators(config.authenticators)
    tracing.open_tracing(config)
    if config.policies.folder is not None:
        names = Configured(tuple(config.endpoints), config.authenticator_names)
        try:
            compile_folder(Path(config.policies.folder), names)
        except PolicyError as error:
            raise ConfigError(f"policies.folder: {error}") from error
    prices_of(config.policies)
    _check_audit(config.audit)


def would_listen(config: ServerConfig) -> Iterator[str]:
    """Yield a line for each address at which a server with CONFIG would listen."""
    for listener in config.listeners_by_key.values():
        tls = "TLS" if listener.tls is not None else "no TLS"
        proofs = ", ".join(listener.authenticators) or "no authenticator"
        policies = "no policies" if config.policies.folder is None else "policies"
        yield f"would listen on {listener.address}: {tls}, {proofs}, {policies}"
    if config.health.address is not None:
        yield f"would answer health checks on {config.health.address}"
    if config.metrics.address is not None:
        yield f"would answer Prometheus on {config.metrics.address}"
    if config.traces.enabled:
        yield "would send traces by OTLP"


def _check_audit(config: AuditConfig) -> None:
    if config.syslog:
        try:
            is_socket = stat.S_ISSOCK(Path(config.syslog).stat().st_mode)
        except OSError as error:
            raise ConfigError(f"audit.syslog: {config.syslog}: {error.strerror}") from error
        if not is_socket:
            raise ConfigError(f"audit.syslog: {config.syslog}: is not a socket")
    elif config.file and config.file != "-":
        file = Path(config.file)
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            raise ConfigError(f"audit.file: {file}: cannot be written")
