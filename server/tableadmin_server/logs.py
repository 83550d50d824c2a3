"""Structured logs on standard error: one JSON object a line, or readable lines on a terminal."""

import logging
import sys
from typing import Literal

import structlog

Format = Literal["json", "console"]


def configure(level: str, log_format: Format) -> None:
    """Log from LEVEL up in LOG_FORMAT, what libraries log included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    )
    traceback = [structlog.processors.dict_tracebacks] if log_format == "json" else []
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *traceback, renderer],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # botocore tells every header it signs at DEBUG, credentials among them.
    logging.getLogger("botocore").setLevel(max(logging.INFO, logging.getLogger().level))
