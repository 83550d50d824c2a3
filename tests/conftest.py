"""What all tests share: engines, a server process in front of each, and names that no other test uses."""

import gc
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tableadmin import Client
from tests.cost.price_lists import PriceLists, served
from tests.engines import Engine
from tests.engines.fixtures import engine, start_engine
from tests.server_process import ServerProcess, running_server

__all__ = ["client", "embedded_server", "engine", "server", "start_engine", "start_server", "table_name"]

# How long examples take to run and to make depends on what else the machine does.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

# `make test &` has SIGINT ignored, and the programs that tests start and interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Files of long tests, in the order in which they are begun: before all others, or one worker would still run
# them when the others are done.
_LONG = {
    Path(__file__).parent / each: place
    for place, each in enumerate(
        (
            "operations/test_faults.py",
            "operations/test_kills.py",
            "server/security/audit/test_kill.py",
            "server/security/test_replacements.py",
            "operations/test_races.py",
            "operations/test_trials.py",
            "client/transport/test_restarts.py",
            "client/transport/test_restarted_replicas.py",
            "watching/test_on_engines.py",
            "server/test_embedded.py",
            "server/dynamodb/test_singleflight.py",
            "watching/test_a_day.py",
            "operations/test_any_specs.py",
            "operations/test_figures.py",
            "operations/test_loops.py",
            "watching/test_operation_budgets.py",
            "watching/test_fair_scheduler.py",
            "operations/storage/test_store.py",
            "watching/test_polling.py",
            "client/streams/test_watch_streams.py",
            "cli/commands/test_watch.py",
            "cli/commands/test_apply.py",
            "mirror/test_engines_page.py",
            "planner/test_properties.py",
            "mirror/test_lossless.py",
        ),
    )
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each worker of a whole run import its part of the test files before the files of other workers.

    All workers collect the files in the same order. Without this each worker compiles each file of a new
    clone; with it a worker compiles its part, and loads the bytecode of the rest.

    What is imported stays, so the garbage collector would look through it for nothing.
    """
    gc.disable()
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    number, count = int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    root = Path(__file__).parent
    for path in sorted(root.rglob("test_*.py"))[number::count]:
        # Collection imports a file that fails here again, and reports the failure.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the long files first, and leave the others in their order."""
    assert all(each.exists() for each in _LONG), "a long file was moved: correct the list"
    items.sort(key=lambda item: _LONG.get(item.path, len(_LONG)))


def pytest_collection_finish() -> None:
    """Spare the garbage collector the tests and modules that are there from now on."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[[Engine], ServerProcess]]:
    """Start a server in front of an engine, or return it if it runs already."""
    with ExitStack() as running:

        @cache
        def start(behind: Engine) -> ServerProcess:
            return running.enter_context(
                running_server("--endpoint-url", behind.url, "--region", "us-west-2", "--max-attempts", "1")
            )

        yield start


@pytest.fixture(scope="session")
def server(engine: Engine, start_server: Callable[[Engine], ServerProcess]) -> ServerProcess:
    """A server in front of each engine in turn."""
    return start_server(engine)


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[ServerProcess]:
    """A server with the embedded engine."""
    with running_server("--embedded") as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of the server in front of each engine in turn."""
    with Client(server.address) as connected:
        yield connected


@pytest.fixture
def price_lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceLists]:
    """A server of price lists on this machine, from which the client reads instead of AWS's."""
    with served() as lists:
        monkeypatch.setattr("tableadmin.cost.published.ADDRESS", lists.address)
        yield lists


@pytest.fixture
def table_name() -> str:
    """A table name of this test's own."""
    return f"t-{uuid.uuid4().hex[:12]}"
