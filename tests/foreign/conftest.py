"""The foreign clients' programs. One that this machine cannot run skips its tests, and fails them in CI."""

from pathlib import Path

import pytest

from tests.foreign import tools


@pytest.fixture(scope="session")
def grpcurl_program() -> str:
    """The path of grpcurl."""
    return tools.required(tools.grpcurl)


@pytest.fixture(scope="session")
def node_program() -> tuple[str, Path]:
    """The path of Node.js and the folder of its packages."""
    return tools.required(tools.node)
