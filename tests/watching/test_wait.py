"""What a wait sends and how it ends, of an account in memory and on a clock that jumps."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
from google.rpc.code_pb2 import Code

from tableadmin.v1 import WaitCondition, WaitRequest, WaitResponse
from tableadmin_server.failure import Failure
from tableadmin_server.watching.conditions import Condition
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.wait import wait_responses, wait_target
from tests.watching.harness.account import Account, unavailable
from tests.watching.harness.looking import watching
from tests.watching.harness.skipping import run

ACTIVE = WaitCondition.WAIT_CONDITION_TABLE_ACTIVE
SETTLED = WaitCondition.WAIT_CONDITION_SETTLED
BACKUP = WaitCondition.WAIT_CONDITION_BACKUP_AVAILABLE
ARN = "arn:aws:dynamodb:us-west-2:123456789012:table/Music/backup/1"


@dataclass
class Ended:
    """What a wait has sent, and the failure it ended with."""

    responses: list[WaitResponse] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def pending(self) -> list[list[str]]:
        """What was still awaited, response by response."""
        return [list(response.pending) for response in self.responses]

    @property
    def code(self) -> int:
        """The status it ended with."""
        return Code.OK if self.failure is None else self.failure.code


async def waited(
    hub: Hub,
    condition: Condition = ACTIVE,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
    *,
    heartbeat: float = 10.0,
    limit: float | None = None,
    fields: Mapping[str, str] = MappingProxyType({}),
) -> Ended:
    """The wait for CONDITION, of the table Music if nothing else is said, and what happens MEANWHILE."""
    about = {"arn": ARN} if condition == BACKUP else {"table_name": "Music"}
    request = WaitRequest(condition=condition, **{**about, **fields})  # type: ignore[arg-type]  # all are text
    ended = Ended()

    async def wait() -> None:
        try:
            async for response in wait_responses(wait_target(request, hub), heartbeat, limit):
                ended.responses.append(response)
        except Failure as failure:
            ended.failure = failure

    async with asyncio.TaskGroup() as group:
        group.create_task(wait())
        if meanwhile is not None:
            group.create_task(meanwhile())  # type: ignore[arg-type]  # it is a coroutine
    return ended


def test_what_holds_already() -> None:
    """A wait for what holds is one response, done, with the table in it."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        ended = await waited(Hub(account))
        (response,) = ended.responses
        assert (True, "Music") == (response.done, response.table.table.table_name)
        assert account.counts() == {"DescribeTable": 1}

    run(main())


def test_progress() -> None:
    """Each change of what is seen is told, with what is still awaited and the time since the beginning."""

    async def main() -> None:
        account = Account()
        account.add("Music", TableStatus="CREATING")

        async def meanwhile() -> None:
            await asyncio.sleep(3)
            account.change("Music", TableStatus="UPDATING")
            await asyncio.sleep(3)
            account.change("Music", TableStatus="ACTIVE")

        ended = await waited(Hub(account), ACTIVE, meanwhile)
        assert [["table: CREATING"], ["table: UPDATING"], []] == ended.pending
        assert [False, False, True] == [response.done for response in ended.responses]
        assert [0, 3, 6] == [response.elapsed.seconds for response in ended.responses]

    run(main())


def test_heartbeats() -> None:
    """While nothing changes the last response is repeated at the stated interval."""

    async def main() -> None:
        account = Account()
        account.add("Music", TableStatus="CREATING")

        async def meanwhile() -> None:
            await asyncio.sleep(12)
            account.change("Music", TableStatus="UPDATING")
            await asyncio.sleep(12)
            account.change("Music", TableStatus="ACTIVE")

        ended = await waited(Hub(account), ACTIVE, meanwhile, heartbeat=5.0)
        assert [0, 5, 10, 12, 17, 22, 24] == [response.elapsed.seconds for response in ended.responses]

    run(main())


@pytest.mark.parametrize("condition", [ACTIVE, SETTLED, WaitCondition.WAIT_CONDITION_STREAM_ENABLED])
@pytest.mark.parametrize("status", ["DELETING", None])
def test_deleted_meanwhile(condition: Condition, status: str | None) -> None:
    """FAILED_PRECONDITION as soon as a table goes that is waited for."""

    async def main() -> None:
        account = Account()
        account.add("Music", TableStatus="CREATING")
        loop = asyncio.get_running_loop()

        async def meanwhile() -> None:
            await asyncio.sleep(3)
            if status:
                account.change("Music", TableStatus=status)
            else:
                del account.tables["Music"]

        begin = loop.time()
        ended = await waited(Hub(account), condition, meanwhile)
        assert loop.time() - begin < 3.5
        assert ended.failure is not None
        assert (Code.FAILED_PRECONDITION, "CONDITION_IMPOSSIBLE") == (ended.code, ended.failure.reason)
        expected = "table Music is being deleted" if status else "the table Music does not exist"
        assert expected in ended.failure.message

    run(main())


@pytest.mark.parametrize(
    ("condition", "fields", "text"),
    [
        (ACTIVE, {"table_name": "Nothing"}, "the table Nothing does not exist"),
        (SETTLED, {"table_name": "Nothing"}, "the table Nothing does not exist"),
        (WaitCondition.WAIT_CONDITION_INDEX_ACTIVE, {"index_name": "ByX"}, "table Music has no index ByX"),
        (
            WaitCondition.WAIT_CONDITION_REPLICA_ACTIVE,
            {"region_name": "eu-west-1"},
            "table Music has no replica in eu-west-1",
        ),
        (BACKUP, {}, "no"),
    ],
)
def test_nothing_to_wait_for(condition: Condition, fields: dict[str, str], text: str) -> None:
    """NOT_FOUND for what is not there and does not appear within two seconds."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        loop = asyncio.get_running_loop()
        begin = loop.time()
        ended = await waited(Hub(account), condition, fields=fields)
        assert ended.failure is not None
        assert [] == ended.responses
        assert (Code.NOT_FOUND, "NOTHING_TO_WAIT_FOR", text) == (
            ended.code,
            ended.failure.reason,
            ended.failure.message,
        )
        assert 2.0 <= loop.time() - begin < 2.1

    run(main())


def test_what_appears_late() -> None:
    """A table that shows up a second after CreateTable was acknowledged is waited for."""

    async def main() -> None:
        account = Account()

        async def meanwhile() -> None:
            await asyncio.sleep(1)
            account.add("Music", TableStatus="CREATING")
            await asyncio.sleep(1)
            account.change("Music", TableStatus="ACTIVE")

        ended = await waited(Hub(account), ACTIVE, meanwhile)
        assert (Code.OK, [["table: CREATING"], []]) == (ended.code, ended.pending)

    run(main())


def test_gone_is_gone() -> None:
    """A wait for the end of a table, or of an index, that is not there is done at once."""

    async def main() -> None:
        account = Account()
        for condition in (
            WaitCondition.WAIT_CONDITION_TABLE_DELETED,
            WaitCondition.WAIT_CONDITION_INDEX_DELETED,
        ):
            ended = await waited(Hub(account), condition, fields={"index_name": "ByX"})
            assert [True] == [response.done for response in ended.responses]
            assert not ended.responses[0].HasField("table")

    run(main())


@pytest.mark.parametrize(
    ("status", "code"),
    [("AVAILABLE", Code.OK), ("DELETED", Code.FAILED_PRECONDITION), (None, Code.FAILED_PRECONDITION)],
)
def test_backup(status: str | None, code: int) -> None:
    """A backup is waited for until it is AVAILABLE, or can't be any more: deleted, or gone altogether."""

    async def main() -> None:
        account = Account()

        def backup(to: str) -> None:
            account.others["DescribeBackup"] = {"BackupDescription": {"BackupDetails": {"BackupStatus": to}}}

        backup("CREATING")

        async def meanwhile() -> None:
            await asyncio.sleep(3)
            if status:
                backup(status)
            else:
                account.others.clear()

        hub = Hub(account)
        ended = await waited(hub, BACKUP, meanwhile)
        assert code == ended.code
        assert [["backup: CREATING"], *([[]] if status == "AVAILABLE" else [])] == ended.pending
        account.counts()
        await asyncio.sleep(60)
        assert not account.counts()
        assert {} == hub.resources._by_resource

    run(main())


def test_many_wait_for_one_backup() -> None:
    """A hundred who wait for a backup cost as many calls as one."""

    async def main() -> None:
        account = Account()
        account.others["DescribeBackup"] = {
            "BackupDescription": {"BackupDetails": {"BackupStatus": "CREATING"}}
        }
        hub = Hub(account)
        ended = await asyncio.gather(*(waited(hub, BACKUP, limit=10.0) for _ in range(100)))
        assert {Code.DEADLINE_EXCEEDED} == {each.code for each in ended}
        assert account.counts()["DescribeBackup"] < 45

    run(main())


def test_deadline() -> None:
    """At the limit it ends in DEADLINE_EXCEEDED, with the last state among the details."""

    async def main() -> None:
        account = Account()
        account.add("Music", TableStatus="CREATING")
        ended = await waited(Hub(account), limit=5.0)
        assert ended.failure is not None
        assert (Code.DEADLINE_EXCEEDED, "WAIT_DEADLINE_EXCEEDED") == (ended.code, ended.failure.reason)
        assert "the deadline has expired; not yet met: table: CREATING" == ended.failure.message
        last = ended.failure.last_response
        assert last is not None
        assert (["table: CREATING"], 5) == (list(last.pending), last.elapsed.seconds)
        assert "Music" == last.table.table.table_name

    run(main())


def test_large_table_at_the_deadline() -> None:
    """A table that is too large for the details is left out of them; what is awaited is not."""

    async def main() -> None:
        account = Account()
        indexes = [{"IndexName": f"index-{n}" * 10, "IndexStatus": "CREATING"} for n in range(50)]
        account.add("Music", TableStatus="CREATING", GlobalSecondaryIndexes=indexes)
        ended = await waited(Hub(account), limit=5.0)
        assert ended.failure is not None
        last = ended.failure.last_response
        assert last is not None
        assert (["table: CREATING"], False) == (list(last.pending), last.HasField("table"))

    run(main())


def test_outage() -> None:
    """A wait outlasts an outage; at its deadline it says why nothing was seen."""

    async def main() -> None:
        account = Account(failing=lambda _: unavailable())
        account.add("Music")

        async def meanwhile() -> None:
            await asyncio.sleep(25)
            account.failing = lambda _: None

        hub = Hub(account)
        ended = await waited(hub, limit=20.0)
        assert ended.failure is not None
        expected = "the deadline has expired; no state has been read yet; the endpoint cannot be reached"
        assert (Code.DEADLINE_EXCEEDED, expected) == (ended.code, ended.failure.message)
        ended = await waited(hub, ACTIVE, meanwhile)
        assert [False, False, True] == [response.done for response in ended.responses]

    run(main())


def test_refused() -> None:
    """A wait that may not look ends with the endpoint's error at once."""

    async def main() -> None:
        account = Account(failing=lambda _: unavailable(Code.PERMISSION_DENIED, "you may not"))
        ended = await waited(Hub(account))
        assert ended.failure is not None
        assert (Code.PERMISSION_DENIED, "you may not") == (ended.code, ended.failure.message)

    run(main())


@pytest.mark.parametrize("status", ["ACTIVE", "CREATING"])
def test_what_the_endpoint_does_not_have(status: str) -> None:
    """Waiting for recovery where there is none is UNIMPLEMENTED; everything else can settle all the same."""

    async def main() -> None:
        account = Account(
            failing=lambda operation: (
                unavailable(Code.UNIMPLEMENTED) if operation != "DescribeTable" else None
            )
        )
        account.add("Music", TableStatus=status)
        hub = Hub(account)
        recovery = WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED
        assert Code.UNIMPLEMENTED == (await waited(hub, recovery)).code
        expected = Code.OK if status == "ACTIVE" else Code.DEADLINE_EXCEEDED
        assert expected == (await waited(hub, SETTLED, limit=5.0)).code

    run(main())


def test_table_that_is_too_young() -> None:
    """Recovery that can't be asked for while the table is CREATING is waited for."""

    async def main() -> None:
        account = Account()
        account.add("Music", TableStatus="CREATING")

        def not_yet(operation: str) -> Failure | None:
            creating = account.tables["Music"]["TableStatus"] == "CREATING"
            refused = operation == "DescribeContinuousBackups" and creating
            return unavailable(Code.INVALID_ARGUMENT) if refused else None

        async def meanwhile() -> None:
            await asyncio.sleep(3)
            account.change("Music", TableStatus="ACTIVE")
            await asyncio.sleep(3)
            recovery = {"PointInTimeRecoveryStatus": "ENABLED"}
            account.backups["Music"] = {"PointInTimeRecoveryDescription": recovery}

        account.failing = not_yet
        recovery = WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED
        ended = await waited(Hub(account), recovery, meanwhile)
        assert [["point-in-time recovery: DISABLED"]] * 2 == ended.pending[:2]
        assert (Code.OK, True) == (ended.code, ended.responses[-1].done)
        assert ended.responses[-1].elapsed.seconds <= 8

    run(main())


def test_looks_every_two_seconds_at_least() -> None:
    """A wait beside an idle watch has the table looked at every 2 s, for it may not look as if it moved."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]):
            await asyncio.sleep(300)

            async def meanwhile() -> None:
                await asyncio.sleep(60)
                account.change("Music", StreamSpecification={"StreamEnabled": True})

            condition = WaitCondition.WAIT_CONDITION_STREAM_ENABLED
            ended = await waited(hub, condition, meanwhile)
            assert 60 <= ended.responses[-1].elapsed.seconds <= 62

    run(main())


def test_end_of_the_server() -> None:
    """When the server stops, waits end at once in UNAVAILABLE."""

    async def main() -> None:
        account = Account()
        account.add("Music", TableStatus="CREATING")
        hub = Hub(account)

        async def meanwhile() -> None:
            await asyncio.sleep(3)
            hub.streams.stop()

        ended = await waited(hub, ACTIVE, meanwhile)
        assert ended.failure is not None
        assert (Code.UNAVAILABLE, "SERVER_STOPPING") == (ended.code, ended.failure.reason)

    run(main())


@pytest.mark.parametrize(
    ("request_", "field_name"),
    [
        (WaitRequest(table_name="Music"), "condition"),
        (WaitRequest(condition=ACTIVE), "table_name"),
        (WaitRequest(condition=WaitCondition.WAIT_CONDITION_INDEX_ACTIVE, table_name="Music"), "index_name"),
        (WaitRequest(condition=WaitCondition.WAIT_CONDITION_INDEX_DELETED, table_name="Music"), "index_name"),
        (
            WaitRequest(condition=WaitCondition.WAIT_CONDITION_REPLICA_ACTIVE, table_name="Music"),
            "region_name",
        ),
        (WaitRequest(condition=BACKUP, table_name="Music"), "arn"),
        (WaitRequest(condition=99, table_name="Music"), "condition"),  # type: ignore[arg-type]  # there is none
    ],
)
def test_what_a_request_lacks(request_: WaitRequest, field_name: str) -> None:
    """INVALID_ARGUMENT names the field that the condition needs."""
    hub = Hub(Account())
    with pytest.raises(Failure) as raised:
        wait_target(request_, hub)
    assert Code.INVALID_ARGUMENT == raised.value.code
    assert f"{field_name}: is required" == raised.value.message
