"""What a decision of policies costs, and a hot read that policies decide about."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.load.load import Load
from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from bench.parts.describing import Described
from bench.report import figures_lines
from bench.targets import Target
from tableadmin.v1 import DescribeTableRequest, UpdateTableRequest
from tableadmin_server.security.authorization.authorizer import compile_texts
from tableadmin_server.security.authorization.context import context_of, is_plain
from tableadmin_server.security.authorization.decisions import Decider, RequestContext, Resource
from tableadmin_server.security.authorization.policies import Configured
from tableadmin_server.security.identity import Principal
from tests.engines.engine import REGION, Engine
from tests.server_process import ServerProcess, running_server

# Policies of the set, and the bound of a fresh decision in microseconds.
SIZES: Mapping[int, float] = {100: 150, 1_000: 500}
_REMEMBERED_BOUND = 10.0
_CALLERS = 16
_TURNS, _CALLS = 9, 200
_METHOD = "/tableadmin.v1.TableAdmin/DescribeTable"

_ANA = Principal("User", "corp/ana", frozenset({"corp/team-7", "corp/all"}))
_ANYBODY = '@id("anybody") permit (principal == User::"none/anonymous", action, resource);'


def _policies(count: int) -> str:
    """Teams that may change their own tables, a guardrail for all, and COUNT policies altogether."""
    teams = (
        f'@id("team-{number}") permit (principal in Group::"corp/team-{number}", action in '
        f'[Action::"read", Action::"write"], resource in Endpoint::"staging") '
        f'when {{ resource.name like "team-{number}-*" }};'
        for number in range(count - 1)
    )
    cap = '@id("cap") forbid (principal, action, resource is Table) when { context.readUnits > 1000 };'
    return "\n".join([cap, *teams])


def measure_decisions() -> Mapping[str, float]:
    """CPU microseconds of a decision, by what the decision is: the best of some turns."""
    measured: dict[str, float] = {}
    for count in SIZES:
        decider = compile_texts({"p.cedar": _policies(count)}, Configured(("staging",), ("corp",)))
        measured[f"fresh, {count} policies"] = _best(lambda: _decide(decider, "UpdateTable"))  # noqa: B023
        measured["remembered"] = _best(lambda: _decide(decider, "DescribeTable"))  # noqa: B023
    return measured


def _decide(decider: Decider, action: str) -> None:
    request = UpdateTableRequest() if action == "UpdateTable" else DescribeTableRequest()
    now = datetime.now(UTC)
    request_context = RequestContext(
        lambda: context_of(request, now, is_requester=False), is_plain=is_plain(request.DESCRIPTOR)
    )
    decision = decider.decide(_ANA, action, Resource("staging", "team-7-orders"), request_context)
    assert decision is not None
    assert decision.allowed


def _best(work: Callable[[], None]) -> float:
    work()
    turns = []
    for _ in range(_TURNS):
        began = time.process_time()
        for _ in range(_CALLS):
            work()
        turns.append((time.process_time() - began) / _CALLS * 1e6)
    return min(turns)


def measure_authorizing(engine: Engine) -> Described:
    """Callers who describe tables of ENGINE, with policies and without."""
    flags = ("--endpoint-url", engine.url, "--region", REGION)
    with tempfile.TemporaryDirectory(prefix="tableadmin-policies-") as folder:
        (Path(folder) / "anybody.cedar").write_text(_ANYBODY)
        with (
            running_server(*flags, fresh=True) as plain,
            running_server(*flags, "--policies-folder", folder, fresh=True) as guarded,
        ):
            return by_turns({("plain", _CALLERS): _load(plain), ("guarded", _CALLERS): _load(guarded)})


def _load(server: ServerProcess) -> Load:
    payloads = [DescribeTableRequest(table_name=name).SerializeToString() for name in NAMES]
    return RpcLoad(server.address, server.process.pid, _METHOD, payloads)


def authorizing_lines(decisions: Mapping[str, float], measured: Described) -> Iterator[str]:
    """A line for each kind of decision, and for hot reads."""
    yield "Decisions of policies, CPU time, the best of some turns"
    for name, microseconds in decisions.items():
        yield f"{name}: {microseconds:.1f} us"
    yield "DescribeTable, with policies and without"
    yield from figures_lines(measured)


def authorizing_targets(decisions: Mapping[str, float], measured: Described) -> Iterable[Target]:
    """Of decisions, and of a hot read."""
    yield Target("a remembered decision, us of CPU time", decisions["remembered"], _REMEMBERED_BOUND)
    for count, bound in SIZES.items():
        fresh = decisions[f"fresh, {count} policies"]
        yield Target(f"a fresh decision of {count} policies, us of CPU time", fresh, bound)
    ratio = measured["guarded", _CALLERS].cpu / measured["plain", _CALLERS].cpu
    yield Target("CPU of a hot read, with policies / without", ratio, 1.15)
