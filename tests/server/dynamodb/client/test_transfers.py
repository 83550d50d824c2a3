"""Transfers of libcurl on the event loop. What DynamoDB's reads need of them is in test_transport.py."""

import asyncio
import socket
from collections.abc import Iterator
from io import BytesIO

import pycurl
import pytest

from tableadmin_server.dynamodb.client.transfers import Transfers
from tests.server.harness.scripted_endpoint import Held, ScriptedEndpoint, answer, serving


@pytest.fixture
def scripted() -> Iterator[ScriptedEndpoint]:
    """An endpoint of the test's own."""
    with serving(answer({"a": 1})) as endpoint:
        yield endpoint


def posting(url: str, milliseconds: int = 60_000) -> tuple[pycurl.Curl, BytesIO]:
    """A request to URL, which may take MILLISECONDS, and the body of its answer."""
    curl, body = pycurl.Curl(), BytesIO()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.POSTFIELDS, b"{}")
    curl.setopt(pycurl.WRITEFUNCTION, body.write)
    curl.setopt(pycurl.TIMEOUT_MS, milliseconds)
    curl.setopt(pycurl.PROXY, "")
    return curl, body


def test_one_reader(scripted: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """All transfers, at once and one after another, are one reader of the event loop."""
    readers: list[object] = []

    async def main() -> None:
        transfers = Transfers()
        loop = asyncio.get_running_loop()
        add = loop.add_reader

        def counted(fd: object, *rest: object) -> None:
            readers.append(fd)
            add(fd, *rest)  # type: ignore[arg-type]  # what asyncio takes

        monkeypatch.setattr(loop, "add_reader", counted)
        for _ in range(3):
            made = [posting(scripted.url) for _ in range(20)]
            await asyncio.gather(*(transfers.make(curl) for curl, _ in made))
            assert {b'{"a": 1}'} == {body.getvalue() for _, body in made}
        transfers.close()

    asyncio.run(main())
    assert 1 == len(readers)


def test_own_errors(scripted: ScriptedEndpoint, free_port: int) -> None:
    """A transfer that fails does not affect one that is under way at the same time."""

    async def main() -> list[BaseException | None]:
        transfers = Transfers()
        curls = [posting(scripted.url)[0], posting(f"http://127.0.0.1:{free_port}")[0]]
        results = await asyncio.gather(*map(transfers.make, curls), return_exceptions=True)
        transfers.close()
        return results

    good, bad = asyncio.run(main())
    assert good is None
    assert isinstance(bad, pycurl.error)
    assert pycurl.E_COULDNT_CONNECT == bad.args[0]


def test_earlier_timeout() -> None:
    """A transfer ends at its own timeout, also if an earlier one has a longer or a shorter timeout."""

    async def main(url: str) -> None:
        transfers = Transfers()
        long = asyncio.create_task(transfers.make(posting(url)[0]))
        await asyncio.sleep(0)
        for milliseconds in (50, 20, 80):
            with pytest.raises(pycurl.error) as raised:
                await transfers.make(posting(url, milliseconds)[0])
            assert pycurl.E_OPERATION_TIMEDOUT == raised.value.args[0]
        assert not long.done()
        long.cancel()
        with pytest.raises(asyncio.CancelledError):
            await long
        transfers.close()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(asyncio.wait_for(main(f"http://127.0.0.1:{silent.getsockname()[1]}"), 60))


@pytest.mark.parametrize("is_sent", [False, True])
def test_closing(scripted: ScriptedEndpoint, *, is_sent: bool) -> None:
    """Closing cancels the transfers under way, sent or not. Later ones are refused."""
    held = scripted.step = Held()

    async def main() -> None:
        transfers = Transfers()
        task = asyncio.create_task(transfers.make(posting(scripted.url)[0]))
        await (asyncio.to_thread(held.wait) if is_sent else asyncio.sleep(0))
        transfers.close()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 60)
        with pytest.raises(RuntimeError, match="closed"):
            await transfers.make(posting(scripted.url)[0])

    asyncio.run(main())
    held.release()


def test_closing_unused() -> None:
    """Transfers of which none was made can be closed without an event loop."""
    Transfers().close()


def test_errors_of_libcurl(scripted: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """If libcurl itself fails, every transfer under way ends with its error instead of hanging."""

    class Failing(pycurl.CurlMulti):
        def socket_action(self, *_: object) -> tuple[int, int]:
            raise pycurl.error(pycurl.E_OUT_OF_MEMORY, "out of memory")

    async def main() -> list[BaseException | None]:
        transfers = Transfers()
        made = [transfers.make(posting(scripted.url)[0]) for _ in range(2)]
        results = await asyncio.wait_for(asyncio.gather(*made, return_exceptions=True), 60)
        transfers.close()
        return results

    monkeypatch.setattr(pycurl, "CurlMulti", Failing)
    assert ["out of memory"] * 2 == [str(each.args[1]) for each in asyncio.run(main()) if each is not None]
