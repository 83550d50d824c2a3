"""Structured logs on standard error: one JSON object a line, or readable lines."""

import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import structlog

from tableadmin.standard_streams import shows_colors
from tableadmin_server.logs.line_writer import LineWriter

Format = Literal["json", "console"]

# Seconds to write the last lines before the process ends.
_FLUSH_SECONDS = 1.0
# The levels of logger methods with another name than their level.
_LEVELS = {"exception": "error", "warn": "warning", "msg": "info"}

_encode = msgspec.json.Encoder(enc_hook=str).encode
# The event that is logged after lines were lost.
_LOST = "log lines were lost"


def configure(level: str, log_format: Format) -> None:
    """Log from LEVEL up in LOG_FORMAT, also the messages of libraries."""
    processors = _processors(log_format)

    def lost(count: int) -> bytes:
        return _rendered(processors, "warning", {"event": _LOST, "lines": count})

    global _writer  # noqa: PLW0603  # there is one standard error
    _writer = writer = LineWriter(sys.stderr.fileno(), lost)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=processors,
        logger_factory=lambda *_: _Lines(writer),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=number, handlers=[_Libraries()], force=True)
    # botocore logs tracebacks with the answers of STS, whose text may have the session token.
    logging.getLogger("botocore.credentials").addFilter(_without_traceback)
    # At DEBUG botocore logs all signed headers, credentials included.
    logging.getLogger("botocore").setLevel(max(logging.INFO, number))
    # At DEBUG grpc.aio logs each task.
    logging.getLogger("grpc").setLevel(max(logging.INFO, number))


def add(facts: Callable[[], Mapping[str, object]]) -> None:
    """Add the result of FACTS to each line of loggers that have not logged yet."""

    def added(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.update(facts())
        return event

    structlog.configure(processors=[added, *structlog.get_config()["processors"]])


_writer: LineWriter | None = None


def flush() -> None:
    """Write the remaining lines, for a second at most, before the process ends."""
    if _writer is not None:
        _writer.flush(_FLUSH_SECONDS)


class _Lines:
    """The logger to which structlog passes each rendered line."""

    def __init__(self, writer: LineWriter) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = writer.write
        self.exception = self.warn = self.msg = writer.write


class _Libraries(logging.Handler):
    """Passes messages of the standard library's logging to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log RECORD with the name of its logger."""
        try:
            log = structlog.get_logger()
            method = next(each for bound, each in _METHODS if record.levelno >= bound)
            getattr(log, method)(record.getMessage(), logger=record.name, exc_info=record.exc_info)
        except Exception:  # noqa: BLE001  # like every handler of the standard library
            self.handleError(record)


_METHODS = (
    (logging.ERROR, "error"),
    (logging.WARNING, "warning"),
    (logging.INFO, "info"),
    (logging.NOTSET, "debug"),
)


# Any, because each processor takes the result of the one before it.
def _processors(log_format: Format) -> Sequence[Any]:
    # Tracebacks without local variables, which have credentials in calls to AWS.
    if log_format == "json":
        transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return (structlog.processors.ExceptionRenderer(transformer), _json)
    return (
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(
            colors=shows_colors(sys.stderr), exception_formatter=structlog.dev.plain_traceback
        ),
        _encoded,
    )


def _rendered(processors: Sequence[Any], method: str, event: dict[str, object]) -> bytes:
    line: object = event
    for process in processors:
        line = process(None, method, line)
    assert isinstance(line, bytes)
    return line


def _json(_logger: object, method: str, event: structlog.typing.EventDict) -> bytes:
    line = {
        "timestamp": datetime.now(UTC),
        "level": _LEVELS.get(method, method),
        "event": event.pop("event", None),
        **event,
    }
    try:
        return _encode(line) + b"\n"
    except (TypeError, ValueError, RecursionError):  # lone surrogates, keys that are not strings
        return json.dumps({key: str(value) for key, value in line.items()}).encode() + b"\n"


def _encoded(_logger: object, _method: str, line: str) -> bytes:
    return line.encode(errors="backslashreplace") + b"\n"


def _without_traceback(record: logging.LogRecord) -> bool:
    """Keep RECORD, with only the class of its exception."""
    if record.exc_info and record.exc_info[0]:
        record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
        record.exc_info = record.exc_text = None
    return True
