"""Opens the audit of a configuration."""

from pathlib import Path

from tableadmin_server.config import AuditConfig, ConfigError
from tableadmin_server.security.audit.audit import OFF, Audit
from tableadmin_server.security.audit.destination import Destination, RotatingFile, StandardOutput, Syslog
from tableadmin_server.security.audit.trail import Trail


def open_audit(config: AuditConfig) -> Audit:
    """Return the audit of CONFIG with its destination open. Raises ConfigError."""
    try:
        destination = _destination(config)
    except BlockingIOError as error:
        raise ConfigError(f"audit.file: another server writes to {config.file}") from error
    except OSError as error:
        key, path = ("syslog", config.syslog) if config.syslog else ("file", config.file)
        raise ConfigError(f"audit.{key}: {path}: {error.strerror}") from error
    if destination is None:
        return OFF
    # A pipe that nobody reads blocks its writer for ever, so only the thread of the trail writes to a pipe.
    shared = isinstance(destination, RotatingFile)
    return Audit(Trail(destination, shared=shared), reads=config.reads)


def _destination(config: AuditConfig) -> Destination | None:
    if config.syslog:
        return Syslog(Path(config.syslog))
    if config.file == "-":
        return StandardOutput()
    if config.file:
        return RotatingFile(Path(config.file), config.rotate_bytes, config.keep, sync=config.sync)
    return None
