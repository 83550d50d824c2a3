"""The exit codes and error messages of runs that fail."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import TypeAlias

import click

from tableadmin.cli import interrupts
from tableadmin.cli.output.terminal_text import printable

SERVICE_ERROR = 1
# With --exit-code, as for `terraform plan -detailed-exitcode`. No error has this code.
CHANGES_FOUND = 2
# `can`: policies permit the action with approval.
NEEDS_APPROVAL = 3
# EX_USAGE of sysexits.h.
USAGE_ERROR = 64
INTERRUPTED = interrupts.EXIT_CODE
CLOSED_PIPE = 141

ExitResult: TypeAlias = tuple[int, str]


class InputError(click.ClickException):
    """Invalid input, found before a call of the service. The text is one line."""

    exit_code = USAGE_ERROR


class CommandFailed(click.ClickException):
    """The command failed without an error of the service. The text is one line."""

    exit_code = SERVICE_ERROR


class Interrupted(click.ClickException):
    """Ctrl-C while the service continues its work. The text is one line that says what continues."""

    exit_code = INTERRUPTED


def exit_result(error: Exception) -> ExitResult:
    """Return the exit code for ERROR and the text for standard error, which may be empty."""
    for kind, end in _click_results() + _other_results(error):
        if isinstance(error, kind):
            return end(error)
    return _unexpected(error)


def error_line(text: str) -> str:
    """Return TEXT on one line, without control characters, with the prefix `tablectl: `."""
    return "tablectl: " + printable(" ".join(text.split()))


_ExitResults: TypeAlias = tuple[tuple[type[Exception], Callable[..., ExitResult]], ...]


def _click_results() -> _ExitResults:
    return (
        (click.exceptions.Exit, lambda error: (error.exit_code, "")),
        (click.exceptions.NoArgsIsHelpError, lambda error: (USAGE_ERROR, error.format_message())),
        (click.UsageError, _usage),
        (click.ClickException, lambda error: (error.exit_code, error_line(error.format_message()))),
        (BrokenPipeError, lambda _: (CLOSED_PIPE, "")),
        (
            OSError,
            lambda error: (SERVICE_ERROR, error_line(f"{error.filename or 'output'}: {error.strerror}")),
        ),
    )


def _other_results(error: Exception) -> _ExitResults:
    """Handle errors whose modules load slowly. If such an error was raised, its module is loaded."""
    if not type(error).__module__.startswith("tableadmin."):
        return ()
    from tableadmin.awsshape import ShapeError  # noqa: PLC0415 - protobuf
    from tableadmin.errors import TableAdminError, Unavailable  # noqa: PLC0415 - grpc

    return (
        (ShapeError, lambda error: (USAGE_ERROR, error_line(str(error)))),
        (Unavailable, _unavailable),
        (TableAdminError, lambda error: (SERVICE_ERROR, error_line(str(error)))),
    )


def _usage(error: click.UsageError) -> ExitResult:
    message = error.format_message()
    if not error.ctx:
        return USAGE_ERROR, error_line(message)
    stop = "" if message.endswith((".", "?")) else "."
    return USAGE_ERROR, error_line(f"{message}{stop} Try '{error.ctx.command_path} --help'.")


_NOT_RUNNING = (
    "is the server running? Start one with 'tableadmin-server --embedded', "
    "or give its address with --server HOST:PORT"
)
_TLS_HINTS = {
    "TLS_REQUIRED": "for TLS, give --tls-ca FILE with the authority of the server, or --tls-ca system",
    "TLS_NOT_SERVED": "give --server another address, or leave out --tls-ca, --tls-cert and --tls-key "
    "('tablectl context show' says where they come from)",
    "CLIENT_CERTIFICATE_REQUIRED": "give a client certificate with --tls-cert FILE and --tls-key FILE",
    "CLIENT_CERTIFICATE_REFUSED": "give another client certificate with --tls-cert FILE and --tls-key FILE",
    "SERVER_NOT_TRUSTED": "give --tls-ca FILE with the authority that has issued the server's certificate",
    "SERVER_CERTIFICATE_EXPIRED": "the operator of the server must renew the certificate",
    "SERVER_NAME_WRONG": "give --server a name that the certificate has",
}


def _unavailable(error: Exception) -> ExitResult:
    # An error with details is a response of the service. Without details, the service did not respond.
    if getattr(error, "reason", ""):
        return SERVICE_ERROR, error_line(str(error))
    hint = _TLS_HINTS.get(getattr(error, "tls_problem", None) or "", _NOT_RUNNING)
    return SERVICE_ERROR, error_line(f"{getattr(error, 'message', error)}; {hint}")


def _unexpected(error: Exception) -> ExitResult:
    """Report a bug in tablectl. TABLEADMIN_TRACEBACK=1 shows the traceback."""
    if os.environ.get("TABLEADMIN_TRACEBACK"):
        return SERVICE_ERROR, "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}"
    return SERVICE_ERROR, error_line(
        f"internal error in tablectl: {what} (set TABLEADMIN_TRACEBACK=1 to see the traceback)"
    )
