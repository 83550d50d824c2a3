"""Tables and parts of tables that the service may not read, on a clock that jumps."""

import asyncio

from google.rpc.code_pb2 import Code

from tableadmin.v1 import TablePart, WaitCondition
from tableadmin_server.failure import Failure
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Scope
from tests.watching.harness.account import Account, unavailable
from tests.watching.harness.looking import DESCRIPTION, Reader, watching
from tests.watching.harness.skipping import run
from tests.watching.test_wait import ACTIVE, SETTLED, waited

A_WHILE = 20.0
DESCRIBE = "DescribeTable"
READABLE_AGAIN = READABLE_NO_MORE = "Secret changed unreadable_part DESCRIPTION"


def account_with(*names: str) -> Account:
    """An account with these tables."""
    account = Account()
    for name in names:
        account.add(name)
    return account


def told(reader: Reader) -> list[str]:
    """What READER was told since this was asked last, but for checkpoints."""
    return [event for event in reader.taken() if event != "checkpoint"]


def unreadable(reader: Reader) -> list[tuple[str, int, str, str]]:
    """What the newest event says can't be read: part, code, reason and message."""
    return [
        (TablePart.Name(each.part).removeprefix("TABLE_PART_"), each.code, each.reason, each.message)
        for each in reader.state.unreadable_parts
    ]


def why(operation: str, part: str) -> tuple[str, int, str, str]:
    """That PART can't be read for want of the right to OPERATION."""
    message = f"not authorized to perform {operation}"
    return part, Code.PERMISSION_DENIED, "ACCESS_DENIED_EXCEPTION", message


def test_inventory_with_a_forbidden_table() -> None:
    """An inventory has every other table as it is, and of the one that it may not read the name, and why."""

    async def main() -> None:
        account = account_with(*(f"table-{number}" for number in range(50)))
        account.forbidden = {(DESCRIBE, "table-7")}
        async with watching(Hub(account), snapshot_only=True) as reader:
            await asyncio.sleep(5)
            assert (None, True) == (reader.failure, reader.ended)
            events = reader.taken()
            assert {f"table-{number} snapshot" for number in range(50)} == set(events[:-1])
            assert ["checkpoint"] == events[50:]
        async with watching(Hub(account), Scope(prefix="table-7"), snapshot_only=True) as reader:
            await asyncio.sleep(5)
            assert [why(DESCRIBE, "DESCRIPTION")] == unreadable(reader)
            assert "table-7" == reader.state.table.table_name
            assert not reader.state.table.HasField("table_status")

    run(main())


def test_forbidden_and_allowed_again() -> None:
    """A watch is told once that a table can't be read and once that it can again, and has no gap."""

    async def main() -> None:
        account = account_with("Music", "Secret")
        account.forbidden = {(DESCRIBE, "Secret")}
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(1)
            assert {"Music snapshot", "Secret snapshot"} == set(told(reader))
            for _ in range(2):
                account.forbidden = set()
                await asyncio.sleep(A_WHILE)
                assert [READABLE_AGAIN] == told(reader)
                assert not reader.state.unreadable_parts
                assert reader.state.HasField("time_to_live")
                account.forbidden = {(DESCRIBE, "Secret")}
                account.change("Secret", DeletionProtectionEnabled=True)
                await asyncio.sleep(3 * A_WHILE)
                assert [READABLE_NO_MORE] == told(reader)
                assert [why(DESCRIBE, "DESCRIPTION")] == unreadable(reader)

    run(main())


def test_forbidden_table_that_goes() -> None:
    """Of a table that can't be read it is told when it goes: its name is no longer listed."""

    async def main() -> None:
        account = account_with("Music", "Secret")
        account.forbidden = {(DESCRIBE, "Secret")}
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(A_WHILE)
            told(reader)
            del account.tables["Secret"]
            await asyncio.sleep(2 * A_WHILE)
            assert ["Secret deleted"] == told(reader)
            account.add("Secret")
            await asyncio.sleep(2 * A_WHILE)
            assert ["Secret created"] == told(reader)
            assert [why(DESCRIBE, "DESCRIPTION")] == unreadable(reader)

    run(main())


def test_forbidden_by_name() -> None:
    """A watch by name of a table that can't be described ends with the error, unless it could be before."""

    async def main() -> None:
        account = account_with("Secret")
        account.forbidden = {(DESCRIBE, "")}
        hub = Hub(account)
        async with watching(hub, ["Secret"]) as reader:
            await asyncio.sleep(1)
            assert reader.failure is not None
            assert Code.PERMISSION_DENIED == reader.failure.code
        account.forbidden = set()
        async with watching(hub, ["Secret"]) as reader:
            await asyncio.sleep(1)
            account.forbidden = {(DESCRIBE, "")}
            await asyncio.sleep(A_WHILE)
            assert ["Secret snapshot", READABLE_NO_MORE] == told(reader)
            assert not reader.ended

    run(main())


def test_resuming_with_a_forbidden_table() -> None:
    """Who resumes is not told again that a table can't be read, but is told that it can again."""

    async def main() -> None:
        account = account_with("Music", "Secret")
        account.forbidden = {(DESCRIBE, "Secret")}
        hub = Hub(account)
        async with watching(hub) as reader:
            await asyncio.sleep(1)
        async with watching(hub, token=reader.token) as again:
            await asyncio.sleep(1)
            assert [] == told(again)
        account.forbidden = set()
        async with watching(hub, token=again.token) as once_more:
            await asyncio.sleep(1)
            assert [READABLE_AGAIN] == told(once_more)

    run(main())


def test_forbidden_tables_are_seldom_asked_for() -> None:
    """A table that can't be read is looked at every 15 s, as one that does not change."""

    async def main() -> None:
        account = account_with("Secret")
        account.change("Secret", TableStatus="UPDATING")
        hub = Hub(account)
        async with watching(hub):
            await asyncio.sleep(1)
            account.forbidden = {(DESCRIBE, "Secret")}
            await asyncio.sleep(100)
            account.counts()
            await asyncio.sleep(150)
            assert 9 <= account.counts()[DESCRIBE] <= 11

    run(main())


def test_forbidden_part() -> None:
    """Of a table of which one part can't be read all else is shown, and why that is missing."""

    async def main() -> None:
        account = account_with("Music")
        account.tags["Music"] = [{"Key": "team", "Value": "x"}]
        account.forbidden = {("ListTagsOfResource", "")}
        async with watching(Hub(account), ["Music"]) as reader:
            await asyncio.sleep(1)
            assert ["Music snapshot"] == told(reader)
            assert [why("ListTagsOfResource", "TAGS")] == unreadable(reader)
            assert reader.state.HasField("continuous_backups")
            assert reader.state.table.HasField("table_status")
            account.forbidden = set()
            await asyncio.sleep(A_WHILE)
            assert ["Music changed unreadable_part TAGS"] == told(reader)
            assert ["team"] == [tag.key for tag in reader.state.tags]
            account.forbidden = {("ListTagsOfResource", "")}
            await asyncio.sleep(A_WHILE)
            assert ["Music changed unreadable_part TAGS"] == told(reader)

    run(main())


def test_forbidden_part_of_others() -> None:
    """That one watch asks for a part that can't be read is nothing to watches and waits that do not."""

    async def main() -> None:
        account = account_with("Music")
        account.forbidden = {("ListTagsOfResource", ""), ("DescribeContinuousBackups", "")}
        hub = Hub(account)
        async with watching(hub) as curious, watching(hub, ["Music"], parts=DESCRIPTION) as modest:
            await asyncio.sleep(1)
            assert 2 == len(unreadable(curious))
            assert (["Music snapshot"], []) == (told(modest), unreadable(modest))
            for condition in (ACTIVE, SETTLED):
                assert Code.OK == (await waited(hub, condition)).code

    run(main())


def test_wait_for_what_is_forbidden() -> None:
    """A wait for a part that can't be read ends with the error at once."""

    async def main() -> None:
        account = account_with("Music")
        account.forbidden = {("DescribeContinuousBackups", "Music")}
        hub = Hub(account)
        async with watching(hub):
            ended = await waited(hub, WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED)
            assert ended.failure is not None
            assert (Code.PERMISSION_DENIED, []) == (ended.code, ended.responses)

    run(main())


def test_no_credentials_while_a_table_comes() -> None:
    """A watch that has begun outlasts a time without credentials, tables that come meanwhile included."""

    async def main() -> None:
        def expired(operation: str) -> Failure | None:
            return unavailable(Code.UNAUTHENTICATED) if operation == DESCRIBE else None

        account = account_with("Music")
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(1)
            told(reader)
            account.failing = expired
            account.add("Books")
            await asyncio.sleep(A_WHILE)
            assert ["gap"] == told(reader)
            account.failing = lambda _: None
            await asyncio.sleep(A_WHILE)
            assert ["Books created"] == told(reader)

    run(main())
