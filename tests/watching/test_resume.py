"""Resume tokens: what they resume, and when they end in a status that makes the caller begin again."""

import asyncio

import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Scope
from tableadmin_server.watching.watched_table import HISTORY, RETENTION
from tests.watching.harness.account import Account
from tests.watching.harness.looking import DESCRIPTION, EVERYTHING, Reader, watching
from tests.watching.harness.skipping import run

APPS = Scope(prefix="app-")


def account_of(*names: str) -> Account:
    """An account with these tables."""
    account = Account()
    for name in names:
        account.add(name)
    return account


async def first_token(hub: Hub, scope: Scope) -> bytes:
    """The token of a watch that has seen everything there is, and has ended."""
    async with watching(hub, scope) as reader:
        await asyncio.sleep(1)
        return reader.token


async def resumed(hub: Hub, scope: Scope, token: bytes) -> list[str]:
    """What comes of it."""
    async with watching(hub, scope, token) as reader:
        await asyncio.sleep(1)
        assert reader.failure is None, reader.failure
        return reader.taken()


def assert_expired(reader: Reader) -> None:
    """The watch has ended with the status that says to begin again, and sent nothing."""
    assert reader.failure is not None
    assert (Code.ABORTED, "RESUME_TOKEN_EXPIRED") == (reader.failure.code, reader.failure.reason)
    assert [] == reader.taken()


@pytest.mark.parametrize("scope", [Scope(names=("Music", "Books")), EVERYTHING])
def test_only_what_has_changed(scope: Scope) -> None:
    """Who resumes gets what has changed meanwhile and a checkpoint: no snapshots."""

    async def main() -> None:
        account = account_of("Music", "Books")
        hub = Hub(account)
        token = await first_token(hub, scope)
        assert ["checkpoint"] == await resumed(hub, scope, token)
        account.change("Music", DeletionProtectionEnabled=True)
        await asyncio.sleep(60)
        assert ["Music changed deletion_protection", "checkpoint"] == await resumed(hub, scope, token)

    run(main())


def test_each_response_has_a_token() -> None:
    """After the first checkpoint every response has a token, and each resumes right after it."""

    async def main() -> None:
        account = account_of("Music")
        hub = Hub(account)
        tokens = []
        async with watching(hub, ["Music"]) as reader, watching(hub, ["Music"]):
            for units in range(5):
                account.change("Music", ProvisionedThroughput={"ReadCapacityUnits": units})
                hub.trigger("Music")
                await asyncio.sleep(1)
                tokens.append((units, reader.token))
            for units, token in tokens:
                expected = ["Music changed throughput"] if units != 4 else []
                assert [*expected, "checkpoint"] == await resumed(hub, Scope(names=("Music",)), token)

    run(main())


def test_no_token_before_all_snapshots() -> None:
    """A stream that breaks before the first checkpoint begins anew: its token is empty."""

    async def main() -> None:
        account = account_of("Music")
        async with watching(Hub(account), ["Music"]) as reader:
            reader.pause()
            await asyncio.sleep(1)
            assert ["Music snapshot"] == reader.taken()
            assert b"" == reader.token

    run(main())


def test_token_while_resuming() -> None:
    """A stream that breaks while it resumes goes on with the token it had."""

    async def main() -> None:
        account = account_of("Music")
        hub = Hub(account)
        scope = Scope(names=("Music",))
        token = await first_token(hub, scope)
        account.change("Music", DeletionProtectionEnabled=True)
        async with watching(hub, scope, token) as reader:
            reader.pause()
            await asyncio.sleep(1)
            assert ["Music changed deletion_protection"] == reader.taken()
            assert token == reader.token

    run(main())


def test_slow_reader_resumes_what_it_has_not_read() -> None:
    """A change that was pending when the stream broke comes after resuming, and none is lost."""

    async def main() -> None:
        account = account_of("Books", "Music", "Papers")
        hub = Hub(account)
        async with watching(hub) as other, watching(hub) as reader:
            await asyncio.sleep(1)
            other.taken()
            reader.taken()
            reader.pause()
            for name in ("Books", "Music", "Papers"):
                account.change(name, DeletionProtectionEnabled=True)
                hub.trigger(name)
                await asyncio.sleep(1)
            (read,) = reader.taken()
            token = reader.token
        assert "Books changed deletion_protection" == read
        assert [
            "Music changed deletion_protection",
            "Papers changed deletion_protection",
            "checkpoint",
        ] == sorted(await resumed(hub, EVERYTHING, token))

    run(main())


def test_created_and_deleted_meanwhile() -> None:
    """Tables that came or went while nobody watched are told of, by prefix."""

    async def main() -> None:
        account = account_of("app-Music", "app-Books", "other")
        hub = Hub(account)
        token = await first_token(hub, APPS)
        account.add("app-Papers")
        account.add("another")
        del account.tables["app-Music"]
        await asyncio.sleep(60)
        assert ["app-Music deleted", "app-Papers created", "checkpoint"] == sorted(
            await resumed(hub, APPS, token)
        )

    run(main())


def test_created_and_seen_by_another() -> None:
    """A table that another watch has seen, but this one not yet, is not lost when this one resumes."""

    async def main() -> None:
        account = account_of("app-Music")
        hub = Hub(account)
        async with watching(hub, APPS, checkpoint_interval=1.0) as reader:
            await asyncio.sleep(60)
            account.add("app-Books")
            async with watching(hub, ["app-Books"]):
                await asyncio.sleep(0.5)
                account.change("app-Books", DeletionProtectionEnabled=True)
                hub.tables.of("app-Books").trigger()
                await asyncio.sleep(1)
                assert {"checkpoint"} == set(reader.taken()[2:])
                token = reader.token
                async with watching(hub, APPS, token) as again:
                    await asyncio.sleep(1)
                    if again.failure is not None:  # it begins again, and so sees the table
                        assert_expired(again)
                    else:
                        assert ["app-Books created", "checkpoint"] == again.taken()

    run(main())


@pytest.mark.parametrize("token", [b"x", b"garbage" * 100, bytes(32), bytes(24)])
def test_garbage(token: bytes) -> None:
    """What is no token makes the caller begin again."""

    async def main() -> None:
        async with watching(Hub(account_of("Music")), ["Music"], token) as reader:
            await asyncio.sleep(1)
            assert_expired(reader)

    run(main())


def test_token_of_another_server() -> None:
    """So does the token of another server, or of this one before it was restarted."""

    async def main() -> None:
        account = account_of("Music")
        token = await first_token(Hub(account), EVERYTHING)
        async with watching(Hub(account), EVERYTHING, token) as reader:
            await asyncio.sleep(1)
            assert_expired(reader)

    run(main())


@pytest.mark.parametrize(
    "scope", [Scope(names=("Music",)), Scope(prefix="M"), Scope(names=("Books", "Music"))]
)
def test_token_of_another_scope(scope: Scope) -> None:
    """So does the token of a watch of other tables."""

    async def main() -> None:
        hub = Hub(account_of("Music", "Books"))
        token = await first_token(hub, EVERYTHING)
        async with watching(hub, scope, token) as reader:
            await asyncio.sleep(1)
            assert_expired(reader)

    run(main())


def test_token_of_other_parts() -> None:
    """So does the token of a watch of other parts, which were not sent then."""

    async def main() -> None:
        hub = Hub(account_of("Music"))
        token = await first_token(hub, EVERYTHING)
        async with watching(hub, EVERYTHING, token, parts=DESCRIPTION) as reader:
            await asyncio.sleep(1)
            assert_expired(reader)

    run(main())


def test_order_of_names_is_no_other_scope() -> None:
    """The same tables in another order are the same scope."""

    async def main() -> None:
        hub = Hub(account_of("Music", "Books"))
        token = await first_token(hub, Scope(names=("Music", "Books")))
        assert ["checkpoint"] == await resumed(hub, Scope(names=("Books", "Music")), token)

    run(main())


def test_token_that_is_too_old() -> None:
    """What nobody watched for five minutes is forgotten, and so are the tokens of then."""

    async def main() -> None:
        hub = Hub(account_of("Music"))
        token = await first_token(hub, EVERYTHING)
        await asyncio.sleep(RETENTION - 10)
        async with watching(hub, EVERYTHING, token) as reader:
            await asyncio.sleep(1)
            assert ["checkpoint"] == reader.taken()
            token = reader.token
        await asyncio.sleep(RETENTION + 10)
        async with watching(hub, EVERYTHING, token) as reader:
            await asyncio.sleep(1)
            assert_expired(reader)

    run(main())


def test_forgotten_table_of_others() -> None:
    """That a table is forgotten which others watched does not expire the token of a live stream."""

    async def main() -> None:
        hub = Hub(account_of("Music", "Books"))
        async with watching(hub, ["Music"]) as reader:
            await asyncio.sleep(1)
            async with watching(hub, ["Books"]):
                await asyncio.sleep(1)
            await asyncio.sleep(RETENTION + 10)
            token = reader.token
        assert ["checkpoint"] == await resumed(hub, Scope(names=("Music",)), token)

    run(main())


def test_more_changes_than_are_remembered() -> None:
    """When more has changed than is remembered, the caller begins again."""

    async def main() -> None:
        account = account_of("Music")
        hub = Hub(account)
        token = await first_token(hub, EVERYTHING)
        async with watching(hub, ["Music"]):
            for units in range(HISTORY + 1):
                account.change("Music", ProvisionedThroughput={"ReadCapacityUnits": units})
                hub.trigger("Music")
                await asyncio.sleep(1)
            async with watching(hub, EVERYTHING, token) as reader:
                await asyncio.sleep(1)
                assert_expired(reader)

    run(main())


def test_expired_token_leaves_nothing_behind() -> None:
    """A watch that ends so disturbs no other: others still see every part."""

    async def main() -> None:
        account = account_of("Music")
        hub = Hub(account)
        token = await first_token(hub, EVERYTHING)
        async with watching(hub, ["Music"]) as other:
            for units in range(HISTORY + 1):
                account.change("Music", ProvisionedThroughput={"ReadCapacityUnits": units})
                hub.trigger("Music")
                await asyncio.sleep(1)
            async with watching(hub, EVERYTHING, token) as reader:
                await asyncio.sleep(1)
                assert_expired(reader)
            other.taken()
            account.tags["Music"] = [{"Key": "a", "Value": "b"}]
            await asyncio.sleep(60)
            assert "Music changed tags" in other.taken()

    run(main())
