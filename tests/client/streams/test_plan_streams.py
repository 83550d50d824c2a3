"""Plans and exports that arrive one by one, from Python."""

from collections.abc import Sequence

import grpc
import pytest
from google.rpc.code_pb2 import Code

from tableadmin import Client, PermissionDenied, Unavailable, aio, v1
from tableadmin.streams.plans import ResumableExports, ResumablePlans
from tests.client.scripted import bare_failure, serving, stream

NAMES = ("A", "B", "C")
SPECS = [v1.TableSpec(table_name=name) for name in NAMES]
LOST = bare_failure(grpc.StatusCode.UNAVAILABLE, "connection reset")
DENIED = v1.TableError(code=Code.PERMISSION_DENIED, reason="ACCESS_DENIED_EXCEPTION", message="no")


def planned(name: str, completed: int = 1, total: int = 3) -> v1.PlanTablesResponse:
    """The plan of the table NAME."""
    plan = v1.TablePlan(table_name=name)
    return v1.PlanTablesResponse(table_name=name, plan=plan, completed_tables=completed, total_tables=total)


def denied(name: str, completed: int = 1, total: int = 3) -> v1.PlanTablesResponse:
    """The table NAME may not be read."""
    return v1.PlanTablesResponse(
        table_name=name, error=DENIED, completed_tables=completed, total_tables=total
    )


def exported(name: str, completed: int = 1, total: int = 2) -> v1.ExportTablesResponse:
    """The spec of the table NAME."""
    return v1.ExportTablesResponse(
        table_name=name,
        spec=v1.TableSpec(table_name=name),
        notes=[f"of {name}"],
        completed_tables=completed,
        total_tables=total,
    )


def counts(responses: Sequence[v1.PlanTablesResponse]) -> list[tuple[str, int, int]]:
    """The table of each of RESPONSES, and how far the stream was."""
    return [(each.table_name, each.completed_tables, each.total_tables) for each in responses]


def test_plans_in_the_order_of_the_specs() -> None:
    """`plan` orders the plans, which come as they are ready; the client's timeout is not their deadline."""
    script = stream(planned("C"), planned("A", 2), planned("B", 3))
    with serving(script) as service, Client(service.target, timeout=1) as client:
        assert list(NAMES) == [plan.table_name for plan in client.plan(iter(SPECS)).plans]
        assert service.seen[0].remaining is None


def test_a_lost_connection() -> None:
    """The plans that are left are asked for, and counted on from those that came."""
    lost = stream(planned("B"), then=LOST)
    rest = stream(planned("C", 1, 2), planned("A", 2, 2))
    with serving(lost, rest) as service, Client(service.target) as client:
        assert [("B", 1, 3), ("C", 2, 3), ("A", 3, 3)] == counts(list(client.plan_tables(SPECS)))
        assert v1.PlanTablesRequest(specs=[SPECS[0], SPECS[2]]) == service.seen[1].request


def test_a_stream_that_ends_early() -> None:
    """A stream that ends without an error before the last table is a lost connection."""
    rest = stream(planned("A", 1, 2), planned("C", 2, 2))
    with serving(stream(planned("B")), rest) as service, Client(service.target) as client:
        assert [("B", 1, 3), ("A", 2, 3), ("C", 3, 3)] == counts(list(client.plan_tables(SPECS)))


def test_a_connection_lost_at_the_end() -> None:
    """Nothing is asked again where every table has come."""
    with serving(stream(*map(planned, NAMES), then=LOST)) as service, Client(service.target) as client:
        assert list(NAMES) == [each.table_name for each in client.plan_tables(SPECS)]
        assert 1 == len(service.seen)


def test_no_service_for_long() -> None:
    """The error is raised once no result has come for 30 seconds."""
    now = 100.0
    planning = ResumablePlans(SPECS)
    planning.now = lambda: now
    planning.next_call()
    planning.received(planned("A"))
    gone = Unavailable("gone", grpc.StatusCode.UNAVAILABLE)
    assert () == planning.ended(gone)
    now = 131.0
    with pytest.raises(Unavailable):
        planning.ended(gone)


def test_a_table_that_can_not_be_read() -> None:
    """`plan_tables` returns the error of the table beside the other plans; `plan` raises it."""
    script = stream(denied("B"), planned("A", 2), denied("C", 3))
    with serving(script) as service, Client(service.target) as client:
        results = list(client.plan_tables(SPECS))
        assert [False, True, False] == [each.HasField("plan") for each in results]
        with pytest.raises(PermissionDenied) as raised:
            client.plan(SPECS)
    assert ("B: no (and 1 more tables)", "ACCESS_DENIED_EXCEPTION") == (
        raised.value.message,
        raised.value.reason,
    )


async def test_the_asyncio_client() -> None:
    """It plans and exports alike."""
    with serving(stream(planned("C"), planned("A", 2), planned("B", 3))) as service:
        async with aio.Client(service.target) as client:
            assert list(NAMES) == [plan.table_name for plan in (await client.plan(SPECS)).plans]
    with serving(stream(exported("B"), exported("A", 2))) as service:
        async with aio.Client(service.target) as client:
            exports = await client.export(all_tables=True)
    assert (["A", "B"], ["of A", "of B"]) == ([each.table_name for each in exports.specs], exports.notes)


def test_an_export_that_is_resumed() -> None:
    """Names that have come are not asked for again; of a prefix they come again and are left out."""
    by_name = ResumableExports(table_names=["A", "B"])
    by_name.received(exported("B"))
    assert v1.ExportTablesRequest(table_names=["A"]) == by_name.next_call()[0]
    lost, again = stream(exported("B"), then=LOST), stream(exported("B"), exported("A", 2))
    with serving(lost, again) as service, Client(service.target) as client:
        exports = client.export(prefix="")
    assert ["A", "B"] == [each.table_name for each in exports.specs]


def test_no_tables() -> None:
    """A stream without tables is no lost connection."""
    with serving(stream()) as service, Client(service.target) as client:
        assert [] == client.plan([]).plans
        assert [] == client.export(prefix="none").specs
        assert 2 == len(service.seen)
