"""The thread that makes a change writes its records, and waits for nothing but the disk."""

import asyncio
import errno
import json
import threading
from collections.abc import Iterator

import pytest

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.calls import CallObserver, Calls
from tableadmin_server.failure import Failure
from tableadmin_server.security.audit.audit import Audit
from tableadmin_server.security.audit.record import Activity, Outcome
from tableadmin_server.security.audit.recorded_change import RecordedChange, set_recorded_change
from tableadmin_server.security.audit.trail import Trail
from tests.server.harness.scripted_endpoint import REQUEST_ID, ScriptedEndpoint, answer, serving
from tests.server.security.audit.conftest import ANA, parsed

ACTIVITY = Activity(ANA, "tableadmin.v1.TableAdmin", "DeleteTable", "default", ("Music",))
PARAMS = {"TableName": "Music"}


class Disk:
    """A destination that can hang and be full, and knows which thread wrote each record."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.threads: list[str] = []
        self.is_full = False
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.began = threading.Event()

    def write(self, lines: bytes) -> None:
        """Keep LINES as soon as the disk does not hang."""
        self.began.set()
        assert self.goes_on.wait(60)
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.threads += [threading.current_thread().name] * lines.count(b"\n")
        self.lines += lines.splitlines()

    def close(self) -> None:
        """Keep all."""

    @property
    def statuses(self) -> list[str]:
        """The status of each record."""
        return [each["status"] for each in parsed(self.lines)]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ScriptedEndpoint]:
    """An endpoint that answers every call."""
    with serving(answer({})) as serves:
        yield serves


@pytest.fixture
def calls(endpoint: ScriptedEndpoint) -> Iterator[Calls]:
    """Calls to the endpoint, which has seen none."""
    endpoint.seen.clear()
    config = EndpointConfig(endpoint_url=endpoint.url, region="us-west-2", pool_size=2)
    made = Calls("default", config, CallObserver())
    yield made
    made.close()


async def begun(trail: Trail) -> RecordedChange:
    """A change that the current task is about to make."""
    change = await Audit(trail).begin(ACTIVITY)
    assert change is not None
    set_recorded_change(change)
    return change


async def test_the_thread_of_the_call_writes_both_records(calls: Calls) -> None:
    """The intent and the outcome of a success are written by the thread that sends the change."""
    disk = Disk()
    change = await begun(Trail(disk, shared=True))
    await calls.response("DeleteTable", dict(PARAMS))
    assert change.is_concluded
    assert ["Intent", "Success"] == disk.statuses
    assert all(name.startswith("endpoint-default") for name in disk.threads)
    outcome = json.loads(disk.lines[1])
    assert REQUEST_ID == outcome["unmapped"]["aws_request_id"]
    assert json.loads(disk.lines[0])["metadata"]["correlation_uid"] == outcome["metadata"]["correlation_uid"]


async def test_a_disk_that_hangs_holds_up_changes_and_no_reads(
    calls: Calls, endpoint: ScriptedEndpoint
) -> None:
    """While the disk hangs, no change is sent and reads are answered. Then the changes are sent once each."""
    disk = Disk()
    disk.goes_on.clear()
    trail = Trail(disk, shared=True)
    await begun(trail)
    first = asyncio.create_task(calls.response("DeleteTable", dict(PARAMS)))
    assert await asyncio.to_thread(disk.began.wait, 60)
    assert (False, 1) == (trail.is_free, trail.waiting)
    second = asyncio.create_task(Audit(trail).begin(ACTIVITY))
    for _ in range(10):
        await calls.response("DescribeTable", dict(PARAMS))
    assert {"DescribeTable"} == {each.operation for each in endpoint.seen}
    assert not any(each.done() for each in (first, second))
    disk.goes_on.set()
    await first
    assert await second is None  # the trail has written the intent
    assert 1 == [each.operation for each in endpoint.seen].count("DeleteTable")
    await trail.close()


async def test_a_change_whose_intent_cannot_be_written_is_not_sent(
    calls: Calls, endpoint: ScriptedEndpoint
) -> None:
    """A full disk refuses the change, and a disk that another thread uses delays it."""
    disk = Disk()
    trail = Trail(disk, shared=True)
    change = await begun(trail)
    disk.is_full = True
    with pytest.raises(Failure, match="cannot be written, so nothing was changed"):
        await calls.response("DeleteTable", dict(PARAMS))
    change.end()
    assert [] == endpoint.seen
    disk.is_full = False
    assert await Audit(trail).begin(ACTIVITY) is None  # written at once, because the last write failed
    change = await begun(trail)
    disk.goes_on.clear()
    disk.began.clear()
    other = asyncio.create_task(trail.append(b"{}\n"))
    assert await asyncio.to_thread(disk.began.wait, 60)
    assert not change.intend()
    disk.goes_on.set()
    await other
    await change.append_intent()
    assert change.intend()
    await trail.close()


async def test_a_change_whose_call_has_ended_is_not_sent() -> None:
    """The intent of a call that ended before is written before the outcome, and the thread sends nothing."""
    disk = Disk()
    trail = Trail(disk, shared=True)
    change = await begun(trail)
    change.end()
    assert not change.intend()
    assert not change.is_concluded
    await Audit(trail).conclude(ACTIVITY, Outcome("CANCELLED"))
    assert ["Intent", "Unknown"] == disk.statuses
    change = await begun(trail)
    assert change.intend()
    change.end()
    assert not change.intend()
    await trail.close()


async def test_a_pipe_is_written_by_the_thread_of_the_trail_only() -> None:
    """A destination that may block for ever never blocks the thread of a call."""
    disk = Disk()
    trail = Trail(disk)
    assert await Audit(trail).begin(ACTIVITY) is None
    assert ["audit"] == disk.threads
    await trail.close()
