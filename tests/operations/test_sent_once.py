"""A change is sent once, whatever becomes of its answer and of the server meanwhile."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.engines import Engine
from tests.operations.conftest import LEASE
from tests.operations.harness.plane import Lost, Write
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import World, replicated


@pytest.fixture
def alone(own_engine: Engine) -> Iterator[World]:
    """One server with a short lease and one connection."""
    with replicated(own_engine, "--operation-lease", str(LEASE), "--pool-size", "1", count=1) as world:
        yield world


def test_stopped_while_a_change_is_answered(alone: World) -> None:
    """A server that is stopped after it sent a change, and loses the answer, does not send it again."""
    name = "Stopped"
    (server,) = alone.replicas
    seen: list[Write] = []

    def stop_and_lose(write: Write) -> None:
        if write.own or write.operation != "UpdateTable":
            return
        seen.append(write)
        # The first opened the connection; libcurl would repeat what comes on a connection used before.
        if len(seen) == 2:
            server.freeze()
            time.sleep(3 * LEASE)
            # The server finds the connection closed when it goes on.
            threading.Timer(0.5, server.wake).start()
            raise Lost

    alone.made(before(name))
    alone.plane.after = stop_and_lose
    (operation,) = alone.applied(after(name), via=server)
    assert alone.ended([operation])
    bodies = [write.body for write in seen]
    assert bodies
    assert len(bodies) == len(set(bodies))
