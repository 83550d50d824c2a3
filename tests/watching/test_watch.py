"""What a watch sends, of an account in memory and on a clock that jumps."""

import asyncio
from datetime import UTC, datetime

import pytest
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import TablePart
from tableadmin_server.failure import Failure
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Scope
from tests.watching.harness.account import Account, active, unavailable
from tests.watching.harness.looking import DESCRIPTION, EVERYTHING, watching
from tests.watching.harness.skipping import run

# Long enough for whatever is due, but for a checkpoint.
A_WHILE = 20.0


def test_snapshot_then_checkpoint() -> None:
    """First comes each table as it is, then a checkpoint; a name without a table is DELETED."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        async with watching(Hub(account), ["Music", "Books"]) as reader:
            await asyncio.sleep(1)
            assert ["Books deleted", "Music snapshot", "checkpoint"] == [
                *sorted((events := reader.taken())[:2]),
                *events[2:],
            ]

    run(main())


def test_changes() -> None:
    """A change comes as one event that says what changed, with the table as it is now."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        async with watching(Hub(account), ["Music"]) as reader:
            await asyncio.sleep(1)
            reader.taken()
            account.change("Music", DeletionProtectionEnabled=True)
            account.tags["Music"] = [{"Key": "team", "Value": "x"}]
            await asyncio.sleep(A_WHILE)
            assert ["Music changed deletion_protection, tags"] == reader.taken()
            assert reader.state.table.deletion_protection_enabled
            assert [("team", "x")] == [(tag.key, tag.value) for tag in reader.state.tags]

    run(main())


def test_sizes_only_when_asked_for() -> None:
    """A change of the item count is told only to who asked for it, and does not hasten the polls."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]) as reader, watching(hub, ["Music"], sizes=True) as meticulous:
            await asyncio.sleep(A_WHILE)
            reader.taken()
            meticulous.taken()
            for count in range(1, 60):
                account.change("Music", ItemCount=count)
                await asyncio.sleep(1)
            assert {"checkpoint"} == set(reader.taken())
            assert {"Music changed size"} == set(meticulous.taken()) - {"checkpoint"}
            assert account.counts()["DescribeTable"] < 20

    run(main())


def test_life_of_a_table_by_name() -> None:
    """A table that is watched by name may come, go and come again."""

    async def main() -> None:
        account = Account()
        async with watching(Hub(account), ["Music"]) as reader:
            await asyncio.sleep(1)
            assert ["Music deleted", "checkpoint"] == reader.taken()
            account.add("Music", TableStatus="CREATING")
            await asyncio.sleep(A_WHILE)
            account.change("Music", TableStatus="ACTIVE")
            await asyncio.sleep(1)
            del account.tables["Music"]
            await asyncio.sleep(A_WHILE)
            account.add("Music")
            await asyncio.sleep(A_WHILE)
            events = [event for event in reader.taken() if event != "checkpoint"]
            assert ["Music created", "Music changed status", "Music deleted", "Music created"] == events

    run(main())


def test_tables_by_prefix() -> None:
    """Tables come into scope and leave it; others are not looked at."""

    async def main() -> None:
        account = Account()
        account.add("app-Music")
        account.add("other")
        async with watching(Hub(account), Scope(prefix="app-")) as reader:
            await asyncio.sleep(1)
            assert ["app-Music snapshot", "checkpoint"] == reader.taken()
            account.add("app-Books")
            account.add("another")
            await asyncio.sleep(A_WHILE)
            assert ["app-Books created"] == [event for event in reader.taken() if event != "checkpoint"]
            del account.tables["app-Music"]
            await asyncio.sleep(A_WHILE)
            assert ["app-Music deleted"] == [event for event in reader.taken() if event != "checkpoint"]
            assert {"app-Music", "app-Books", ""} == {asked.about for asked in account.asked}

    run(main())


def test_table_made_anew_between_two_looks() -> None:
    """Another table of the same name is CREATED, watched by name or prefix, seen gone in between or not."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]) as by_name, watching(hub) as by_prefix:
            await asyncio.sleep(1)
            for pause in (0.0, 2.0):
                await asyncio.sleep(A_WHILE)
                by_name.taken()
                by_prefix.taken()
                del account.tables["Music"]
                hub.trigger("Music")
                await asyncio.sleep(pause)
                account.add("Music", TableId=f"another-{pause}")
                await asyncio.sleep(2 * A_WHILE)
                for reader in (by_name, by_prefix):
                    events = [event for event in reader.taken() if event != "checkpoint"]
                    assert [*(["Music deleted"] if pause else []), "Music created"] == events

    run(main())


def test_made_anew_while_the_names_stay_the_same() -> None:
    """A table that goes and comes again between two looks at the names is missed by none."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub) as reader:
            await asyncio.sleep(60)
            reader.taken()
            hub.tables.of("Music").trigger()  # the table alone is looked at, not the names
            del account.tables["Music"]
            await asyncio.sleep(0.1)
            account.add("Music", TableId="another")
            await asyncio.sleep(A_WHILE)
            events = [event for event in reader.taken() if event != "checkpoint"]
            assert ["Music deleted", "Music created"] == events

    run(main())


def test_inventory() -> None:
    """With snapshot_only the stream ends after the checkpoint, and nothing more is asked."""

    async def main() -> None:
        account = Account()
        for number in range(50):
            account.add(f"table-{number}")
        async with watching(Hub(account), snapshot_only=True) as reader:
            await asyncio.sleep(5)
            assert reader.ended
            events = reader.taken()
            assert {f"table-{number} snapshot" for number in range(50)} == set(events[:-1])
            assert ["checkpoint"] == events[50:]
        account.counts()
        await asyncio.sleep(60)
        assert not account.counts()

    run(main())


def test_inventory_of_nothing() -> None:
    """An inventory of an empty account is a checkpoint."""

    async def main() -> None:
        async with watching(Hub(Account()), snapshot_only=True) as reader:
            await asyncio.sleep(1)
            assert reader.ended
            assert ["checkpoint"] == reader.taken()

    run(main())


def test_snapshots_come_as_they_are_read() -> None:
    """Tables are described at once, and none waits for another."""

    async def main() -> None:
        account = Account(latency=0.5)
        for number in range(50):
            account.add(f"table-{number}")
        async with watching(Hub(account), parts=DESCRIPTION) as reader:
            await asyncio.sleep(1.2)
            assert 51 == len(reader.taken())

    run(main())


@pytest.mark.parametrize("snapshot_only", [False, True])
def test_tables_are_read_while_names_are(*, snapshot_only: bool) -> None:
    """The tables of a page of names are described while the next page is read, and each is sent once."""

    async def main() -> None:
        account = Account(latency=0.5, page=10)
        for number in range(50):
            account.add(f"table-{number}")
        async with watching(Hub(account), parts=DESCRIPTION, snapshot_only=snapshot_only) as reader:
            await asyncio.sleep(1.2)
            events = reader.taken()
            assert 10 == len(events)
            await asyncio.sleep(2)
            events += reader.taken()
            assert ["checkpoint"] == events[50:]
            assert {f"table-{number} snapshot" for number in range(50)} == set(events[:-1])
            assert snapshot_only == reader.ended

    run(main())


def test_a_table_that_goes_while_names_are_read() -> None:
    """A table that is deleted between the page with its name and its description is not sent."""

    async def main() -> None:
        account = Account(latency=0.5, page=1)
        account.add("Books")
        account.add("Music")
        async with watching(Hub(account), parts=DESCRIPTION) as reader:
            await asyncio.sleep(0.7)
            del account.tables["Books"]
            await asyncio.sleep(A_WHILE)
            assert ["Music snapshot", "checkpoint"] == reader.taken()
            account.add("Books")
            await asyncio.sleep(A_WHILE)
            assert ["Books created"] == [each for each in reader.taken() if each != "checkpoint"]

    run(main())


def test_checkpoints() -> None:
    """A silent stream says that it is alive at the stated interval, whatever happens that is not told."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"], checkpoint_interval=10.0) as reader:
            await asyncio.sleep(1)
            reader.taken()
            for count in range(100):
                account.change("Music", ItemCount=count)
                hub.trigger("Music")
                await asyncio.sleep(1)
            assert ["checkpoint"] * 10 == reader.taken()

    run(main())


def test_no_checkpoint_before_the_snapshots() -> None:
    """While an endpoint can't be asked there is a gap and no checkpoint: that would end the snapshots."""

    async def main() -> None:
        account = Account(failing=lambda _: unavailable())
        account.add("Music")
        async with watching(Hub(account), checkpoint_interval=1.0) as reader:
            await asyncio.sleep(A_WHILE)
            assert ["gap"] == reader.taken()
            assert b"" == reader.token
            assert "the endpoint cannot be reached" == reader.last.gap.reason
            account.failing = lambda _: None
            await asyncio.sleep(2.5)
            assert ["Music snapshot", "checkpoint"] == reader.taken()[:2]

    run(main())


def test_one_gap_for_an_outage() -> None:
    """An outage is one gap; polling goes on, and what has changed meanwhile is told when it is over."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        account.add("Books")
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(1)
            for _ in range(2):
                reader.taken()
                account.failing = lambda _: unavailable()
                await asyncio.sleep(A_WHILE)
                account.change(
                    "Music",
                    DeletionProtectionEnabled=not account.tables["Music"].get("DeletionProtectionEnabled"),
                )
                account.failing = lambda _: None
                await asyncio.sleep(60)
                events = [event for event in reader.taken() if event != "checkpoint"]
                assert ["gap", "Music changed deletion_protection"] == events

    run(main())


def test_gap_told_to_who_comes_during_an_outage() -> None:
    """Who begins to watch during an outage is told of it; who comes when it is over is not."""

    async def main() -> None:
        account = Account(failing=lambda _: unavailable())
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]):
            await asyncio.sleep(1)
            async with watching(hub, ["Music"]) as reader:
                await asyncio.sleep(1)
                assert ["gap"] == reader.taken()
        account.failing = lambda _: None
        async with watching(hub, ["Music"]) as reader:
            await asyncio.sleep(1)
            assert ["Music snapshot", "checkpoint"] == reader.taken()

    run(main())


def test_throttling_now_and_then() -> None:
    """With an error on every second call there is one gap, and changes come through all the same."""

    async def main() -> None:
        turn = 0

        def every_second(_: str) -> Failure | None:
            nonlocal turn
            turn += 1
            return unavailable(Code.RESOURCE_EXHAUSTED, "too many calls") if turn % 2 else None

        account = Account(failing=every_second)
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"], parts=DESCRIPTION) as reader:
            await asyncio.sleep(A_WHILE)
            assert ["gap", "Music snapshot", "checkpoint"] == reader.taken()
            for number in range(10):
                account.change("Music", DeletionProtectionEnabled=number % 2 == 0)
                await asyncio.sleep(A_WHILE)
            events = [event for event in reader.taken() if event != "checkpoint"]
            assert ["Music changed deletion_protection"] * 10 == [event for event in events if event != "gap"]

    run(main())


def test_garbage() -> None:
    """Answers that make no sense are an outage; when they make sense again the watch goes on."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        garbage: tuple[AwsDict, ...] = (
            {},
            {"Table": {"TableStatus": {"no": 1}}},
            {"Table": [1]},
            {"Table": {"ItemCount": "many"}},
        )
        async with watching(hub, ["Music"]) as reader:
            await asyncio.sleep(1)
            assert ["Music snapshot", "checkpoint"] == reader.taken()
            for number, answer in enumerate(garbage):
                account.garbage = {"DescribeTable": answer}
                await asyncio.sleep(A_WHILE)
                account.garbage = {}
                account.change("Music", DeletionProtectionEnabled=number % 2 == 0)
                await asyncio.sleep(60)
                events = [event for event in reader.taken() if event != "checkpoint"]
                assert ["gap", "Music changed deletion_protection"] == events, answer

    run(main())


def test_refused_from_the_beginning() -> None:
    """Who may not look at a table is told at once; the stream ends with the endpoint's error."""

    async def main() -> None:
        account = Account(failing=lambda _: unavailable(Code.PERMISSION_DENIED, "you may not"))
        for scope in (EVERYTHING, ["Music"]):
            async with watching(Hub(account), scope) as reader:
                await asyncio.sleep(1)
                assert reader.failure is not None
                assert Code.PERMISSION_DENIED == reader.failure.code

    run(main())


def test_refused_later() -> None:
    """A watch whose service is refused from some moment on has a gap and goes on when it may look again."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(A_WHILE)
            reader.taken()
            account.failing = lambda _: unavailable(Code.UNAUTHENTICATED, "the token has expired")
            await asyncio.sleep(A_WHILE)
            assert ["gap"] == [event for event in reader.taken() if event != "checkpoint"]
            account.failing = lambda _: None
            account.change("Music", DeletionProtectionEnabled=True)
            await asyncio.sleep(A_WHILE)
            assert "Music changed deletion_protection" in reader.taken()

    run(main())


def test_joining_after_a_failure() -> None:
    """The failure of a poll that began before a watch did is not the watch's: it gets its snapshot."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]):
            await asyncio.sleep(1)
            account.failing = lambda _: unavailable(Code.PERMISSION_DENIED)
            await asyncio.sleep(A_WHILE)
            account.failing = lambda _: None
            async with watching(hub, ["Music"]) as reader:
                await asyncio.sleep(1)
                assert ["Music snapshot", "checkpoint"] == [each for each in reader.taken() if each != "gap"]

    run(main())


def test_snapshot_of_what_has_not_changed_since_a_failure() -> None:
    """A watch whose first poll fails gets its snapshot by the next, though nothing has changed."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]):
            await asyncio.sleep(1)
            account.failing = lambda _: unavailable()
            async with watching(hub, ["Music"]) as reader:
                await asyncio.sleep(1)
                assert ["gap"] == reader.taken()
                account.failing = lambda _: None
                await asyncio.sleep(A_WHILE)
                assert ["Music snapshot", "checkpoint"] == reader.taken()

    run(main())


def test_slow_reader() -> None:
    """To a reader that does not read, changes come as one with the newest state when it does."""

    async def main() -> None:
        account = Account()
        account.add("Music", ProvisionedThroughput={"ReadCapacityUnits": 0})
        hub = Hub(account)
        async with watching(hub, ["Music"]) as slow, watching(hub, ["Music"]) as quick:
            await asyncio.sleep(1)
            slow.pause()
            await asyncio.sleep(A_WHILE)
            slow.taken()
            quick.taken()
            for units in range(1, 51):
                account.change("Music", ProvisionedThroughput={"ReadCapacityUnits": units})
                hub.trigger("Music")
                await asyncio.sleep(1)
            slow.go_on()
            await asyncio.sleep(1)
            changed = "Music changed throughput"
            assert [changed] * 50 == [event for event in quick.taken() if event != "checkpoint"]
            # One was under way when it stopped to read.
            late = [event for event in slow.taken() if event != "checkpoint"]
            assert late in ([changed], [changed, changed])
            assert 50 == slow.state.table.provisioned_throughput.read_capacity_units

    run(main())


def test_events_that_are_due_together() -> None:
    """Events that are due when a reader reads on come in messages of 16, each with a resume token."""

    async def main() -> None:
        account = Account()
        names = [f"Music{number:02}" for number in range(40)]
        for name in names:
            account.add(name)
        async with watching(Hub(account), names) as reader:
            reader.pause()
            await asyncio.sleep(A_WHILE)
            (first,) = reader.messages
            reader.go_on()
            await asyncio.sleep(1)
            left = 40 - first
            full, rest = divmod(left, 16)
            assert [first, *[16] * full, *([rest] if rest else []), 1] == reader.messages
            assert sorted(f"{name} snapshot" for name in names) == sorted(reader.taken()[:-1])
            assert reader.token

    run(main())


def test_large_events() -> None:
    """A message takes no further event once it has 64 KB."""

    async def main() -> None:
        account = Account()
        names = [f"Music{number}" for number in range(6)]
        for name in names:
            account.add(name, LatestStreamLabel="x" * 30_000)
        async with watching(Hub(account), names) as reader:
            reader.pause()
            await asyncio.sleep(A_WHILE)
            reader.go_on()
            await asyncio.sleep(1)
            assert 3 == max(reader.messages)
            assert 7 == sum(reader.messages)

    run(main())


def test_events_before_the_end() -> None:
    """The events that precede the failure of a watch reach the caller."""

    async def main() -> None:
        account = Account(forbidden={("DescribeTable", "Books")})
        account.add("Music")
        async with watching(Hub(account), ["Music", "Books"], parts=DESCRIPTION) as reader:
            await asyncio.sleep(1)
            assert reader.failure is not None
            assert ["Music snapshot"] == reader.taken()

    run(main())


def test_reader_that_is_late_while_another_joins() -> None:
    """A watch that comes to a table while a later poll reads the parts of the table sends what is known."""

    async def main() -> None:
        account = Account()
        account.add("Books")
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Books", "Music"]) as reader:
            reader.pause()
            await asyncio.sleep(1)
            account.latency = 0.5
            async with watching(hub, ["Books", "Music"]):
                await asyncio.sleep(0.75)
                assert "DescribeTable" != account.asked[-1].operation
                reader.go_on()
                await asyncio.sleep(A_WHILE)
            assert ["Books snapshot", "Music snapshot", "checkpoint"] == reader.taken()

    run(main())


def test_change_before_a_failure() -> None:
    """A change that a slow reader has not read is told to it though the endpoint has failed since."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"], checkpoint_interval=1.0) as slow:
            await asyncio.sleep(1)
            slow.pause()
            await asyncio.sleep(2)
            account.change("Music", DeletionProtectionEnabled=True)
            hub.trigger("Music")
            await asyncio.sleep(0.1)
            account.failing = lambda _: unavailable()
            await asyncio.sleep(A_WHILE)
            slow.taken()
            slow.go_on()
            await asyncio.sleep(0.1)
            assert {"gap", "Music changed deletion_protection"} <= set(slow.taken())

    run(main())


def test_parts_of_others() -> None:
    """A watch shows the parts that it asked for, whatever other watches of the table look at."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        account.tags["Music"] = [{"Key": "team", "Value": "x"}]
        hub = Hub(account)
        async with watching(hub, ["Music"], parts=DESCRIPTION) as modest:
            await asyncio.sleep(1)
            async with watching(hub, ["Music"]) as curious:
                await asyncio.sleep(1)
                assert ["Music snapshot", "checkpoint"] == curious.taken()
            await asyncio.sleep(1)
            assert ["Music snapshot", "checkpoint"] == modest.taken()
            async with watching(hub, ["Music"]):
                await asyncio.sleep(1)
                account.change("Music", DeletionProtectionEnabled=True)
                account.tags["Music"] = []
                await asyncio.sleep(A_WHILE)
            await asyncio.sleep(A_WHILE)
            assert ["Music changed deletion_protection"] == [e for e in modest.taken() if e != "checkpoint"]
            account.change("Music", DeletionProtectionEnabled=False)
            await asyncio.sleep(A_WHILE)
            assert not modest.state.HasField("time_to_live")
            assert not modest.state.tags

    run(main())


def test_parts_that_the_endpoint_does_not_have() -> None:
    """A part that the endpoint does not have is named as unsupported; the others come."""

    async def main() -> None:
        account = Account(
            failing=lambda operation: (
                unavailable(Code.UNIMPLEMENTED) if operation == "ListTagsOfResource" else None
            )
        )
        account.add("Music")
        async with watching(Hub(account), ["Music"]) as reader:
            await asyncio.sleep(0.01)
            assert [TablePart.TABLE_PART_TAGS] == list(reader.state.unsupported_parts)
            assert reader.state.HasField("time_to_live")

    run(main())


def test_parts_that_come_with_the_table() -> None:
    """What can't be asked while a table is CREATING is not unsupported, and comes when it is ACTIVE."""

    async def main() -> None:
        account = Account()
        account.tables["Music"] = active("Music", TableStatus="CREATING")

        def not_yet(operation: str) -> Failure | None:
            creating = account.tables["Music"]["TableStatus"] == "CREATING"
            parts = operation in {"DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource"}
            return unavailable(Code.INVALID_ARGUMENT) if creating and parts else None

        account.failing = not_yet
        async with watching(Hub(account), ["Music"]) as reader:
            await asyncio.sleep(0.1)
            assert ["Music snapshot"] == [event for event in reader.taken() if event != "checkpoint"]
            await asyncio.sleep(2)
            account.change("Music", TableStatus="ACTIVE")
            await asyncio.sleep(0.5)
            assert ["Music changed status, time_to_live, continuous_backups"] == reader.taken()
            assert not reader.state.unsupported_parts
            assert reader.state.HasField("continuous_backups")

    run(main())


def test_snapshot_of_what_moves_with_the_clock() -> None:
    """The moment up to which a table can be restored is no change, but a snapshot has it as it is."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)

        def restorable(year: int) -> None:
            account.backups["Music"] = {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {
                    "PointInTimeRecoveryStatus": "ENABLED",
                    "LatestRestorableDateTime": datetime(year, 1, 1, tzinfo=UTC),
                },
            }

        restorable(2025)
        async with watching(hub, ["Music"]) as first:
            await asyncio.sleep(1)
            first.taken()
            restorable(2026)
            await asyncio.sleep(A_WHILE)
            assert [] == first.taken()
            async with watching(hub, ["Music"]) as second:
                await asyncio.sleep(0.01)
                recovery = second.state.continuous_backups.point_in_time_recovery_description
                assert 2026 == recovery.latest_restorable_date_time.ToDatetime().year

    run(main())


def test_end_of_the_server() -> None:
    """When the server stops, watches end at once in UNAVAILABLE."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]) as one, watching(hub) as all_tables:
            await asyncio.sleep(A_WHILE)
            hub.streams.stop()
            await asyncio.sleep(0.01)
            for reader in (one, all_tables):
                assert reader.failure is not None
                assert (Code.UNAVAILABLE, "SERVER_STOPPING") == (reader.failure.code, reader.failure.reason)

    run(main())
