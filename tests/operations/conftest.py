"""Servers in front of the model, with a real engine for their own table."""

from collections.abc import Callable, Iterator

import pytest

from tests.engines import Engine
from tests.operations.harness.world import World, replicated

# Longer than a busy machine keeps a server from running, so that leases are lost where a test has them lost.
LEASE = 2.0


@pytest.fixture(scope="module")
def own_engine(start_engine: Callable[[str], Engine]) -> Engine:
    """What holds the operations tables."""
    return start_engine("ministack")


@pytest.fixture(scope="module")
def pair(own_engine: Engine) -> Iterator[World]:
    """Two replicas with a short lease, which no test leaves worse than it found them."""
    with replicated(own_engine, "--operation-lease", str(LEASE)) as world:
        yield world
