"""The foreign clients' programs. One that this machine cannot run skips its tests, and fails them in CI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.foreign import tools
from tests.server_process import ServerProcess, running_server


@pytest.fixture(scope="session")
def empty_server() -> Iterator[ServerProcess]:
    """A server with an engine that has no tables but the tour's: the tour looks at all there are."""
    with running_server("--embedded") as process:
        yield process


@pytest.fixture(scope="session")
def grpcurl_program() -> str:
    """The path of grpcurl."""
    return tools.required(tools.grpcurl)


@pytest.fixture(scope="session")
def node_program() -> tuple[str, Path]:
    """The path of Node.js and the folder of its packages."""
    return tools.required(tools.node)
