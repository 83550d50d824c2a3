"""Callers of a server that is restarted again and again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.client.callers import Callers
from tests.server.harness.scripted_endpoint import ScriptedEndpoint, answer, serving
from tests.server_process import ServerProcess, running_server

RESTARTS = 20


@contextmanager
def _server(endpoint: ScriptedEndpoint, listen: str = "127.0.0.1:0") -> Iterator[ServerProcess]:
    flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", "")
    with running_server(*flags, "--grace-period", "5", "--listen", listen) as server:
        yield server


def test_restarts_under_load() -> None:
    """In 20 restarts under 64 callers no read fails, and a write that does is Unavailable."""
    with serving(answer({})) as endpoint, _server(endpoint) as first, ExitStack() as last:
        callers = Callers(first.address)
        with callers.at_work():
            callers.wait_for_answers(8)
            assert 0 == first.terminate()
            for _ in range(RESTARTS - 1):
                with _server(endpoint, first.address) as server:
                    callers.wait_for_answers(8)
                    assert 0 == server.terminate()
            last.enter_context(_server(endpoint, first.address))
            callers.wait_for_answers(8)
    assert {("read", "OK"), ("write", "OK"), ("write", "Unavailable")} == set(callers.ends), callers.ends
