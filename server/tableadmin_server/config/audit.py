"""The configuration of the audit."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from tableadmin_server.config.keys import ConfigError


class AuditConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The destination of audit records, and which records are written."""

    file: Annotated[
        str | None,
        Meta(
            description="File for audit records (JSON lines, OCSF API Activity), or - for standard output. "
            "While records cannot be written, changes are refused.",
            extra={"metavar": "PATH"},
        ),
    ] = None
    syslog: Annotated[
        str | None,
        Meta(
            description="Unix socket of a syslog for audit records, such as /dev/log, in place of a file. "
            "A syslog on another machine cannot be given: syslog does not confirm that a record arrived. The "
            "syslog of this machine can forward records.",
            extra={"metavar": "PATH"},
        ),
    ] = None
    reads: Annotated[bool, Meta(description="Record reads too, not only changes and denied calls.")] = False
    sync: Annotated[
        bool,
        Meta(
            description="Wait until the records of a change are on the disk before the change is made, and "
            "before the call is answered. With false, the operating system writes them later.",
            extra={"flag": False},
        ),
    ] = True
    rotate_bytes: Annotated[
        int,
        Meta(
            description="Largest size of the file in bytes. Then a new file is begun.",
            ge=65_536,
            le=1_099_511_627_776,
        ),
    ] = 104_857_600
    keep: Annotated[
        int, Meta(description="Number of older files that are kept: PATH.1 is the newest.", ge=0, le=10_000)
    ] = 10

    @property
    def path(self) -> Path | None:
        """The file for audit records; None if there is no such file."""
        return Path(self.file) if self.file and self.file != "-" else None


def check_audit(audit: AuditConfig) -> None:
    """Raise ConfigError for the first invalid value of AUDIT."""
    if audit.file and audit.syslog:
        raise ConfigError("audit: file and syslog cannot be used together")
    if audit.syslog and not audit.syslog.startswith("/"):
        raise ConfigError(
            f"audit.syslog: {audit.syslog!r} must be the path of a Unix socket, such as /dev/log. Syslog "
            "does not confirm that records arrive at another machine: have the syslog of this machine "
            "forward them"
        )
    if audit.file and audit.file != "-" and not audit.file.startswith("/"):
        raise ConfigError(f"audit.file: {audit.file!r} must be an absolute path")
