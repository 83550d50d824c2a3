"""MiniStack, started just as the server starts it for ``--embedded``."""

from collections.abc import Iterator
from contextlib import contextmanager

from tableadmin_server.embedded import EmbeddedEngine, EmbeddedEngineMissing
from tests.engines.engine import Engine, EngineUnavailable

# A busy machine takes its time.
_START_SECONDS = 120.0


@contextmanager
def ministack() -> Iterator[Engine]:
    """Run MiniStack on 127.0.0.1, keeping nothing. Raises EngineUnavailable when it is not installed."""
    try:
        embedded = EmbeddedEngine.start(timeout=_START_SECONDS)
    except EmbeddedEngineMissing as error:
        raise EngineUnavailable(str(error)) from error
    with embedded:
        yield Engine("ministack", embedded.url)
