"""Structured logs on standard error: one JSON object a line, or readable lines on a terminal."""

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Literal

import structlog

Format = Literal["json", "console"]


# Tracebacks without local variables: those of a call to AWS have credentials among them.
_RENDERING: Mapping[Format, Sequence[structlog.typing.Processor]] = {
    "json": (
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        structlog.processors.JSONRenderer(),
    ),
    "console": (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),),
}


def configure(level: str, log_format: Format) -> None:
    """Log from LEVEL up in LOG_FORMAT, what libraries log included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_RENDERING[log_format]],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # botocore logs the traceback of what STS answers, whose text may repeat the session token.
    logging.getLogger("botocore.credentials").addFilter(_without_traceback)
    # botocore tells every header it signs at DEBUG, credentials among them.
    logging.getLogger("botocore").setLevel(max(logging.INFO, logging.getLogger().level))


def _without_traceback(record: logging.LogRecord) -> bool:
    """Keep RECORD, with the class of its exception alone."""
    if record.exc_info and record.exc_info[0]:
        record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
        record.exc_info = record.exc_text = None
    return True
