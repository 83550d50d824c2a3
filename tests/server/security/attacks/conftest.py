"""The server that is attacked: one for all tests of a worker."""

from collections.abc import Iterator

import grpc
import pytest

from tests.server.security.attacks.target import Target, target_in


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The server that is attacked."""
    with target_in(tmp_path_factory.mktemp("target")) as running:
        yield running


@pytest.fixture(scope="session")
def channel(target: Target) -> Iterator[grpc.Channel]:
    """A channel to the listener that takes tokens."""
    with grpc.insecure_channel(target.for_tokens) as opened:
        yield opened
