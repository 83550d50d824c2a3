"""Context managers around the handler of a stream: their order, and what the caller gets of the answers."""

import gc
import weakref
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, cast

import grpc
import pytest

from tableadmin_server.failure import Failure, invalid_request
from tableadmin_server.interceptors.wrapping import Filter, HeldRequest, Received, wrap_handler


class Answer:
    """An answer, which tests see being freed."""

    def __init__(self, number: int) -> None:
        self.number = number


class Odd(Filter):
    """Shows the odd answers, and ends the stream at 7."""

    def __init__(self, noted: list[str], received: Received, _context: object) -> None:
        super().__init__(received)
        self._noted = noted

    async def __aenter__(self) -> Received:
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._noted.append(f"odd {type(error).__name__}")
        if isinstance(error, Failure):
            raise invalid_request("other", "is another failure") from None

    async def shown(self, answer: Any) -> Any:  # noqa: ANN401  # as the base class has it
        """Return odd answers."""
        if answer.number == 7:
            raise invalid_request("number", "is 7")
        return Answer(answer.number) if answer.number % 2 else None


class Noting(HeldRequest):
    """Notes how the stream ends."""

    def __init__(self, noted: list[str], received: Received, _context: object) -> None:
        super().__init__(received)
        self._noted = noted

    async def __aenter__(self) -> Received:
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._noted.append(f"noting {error}")


def stream(count: int, noted: list[str]) -> AsyncGenerator[Answer]:
    """The answers from 0 to COUNT, through a filter that is inside of another context manager."""

    async def numbers(request: int, _context: object) -> AsyncGenerator[Answer]:
        for number in range(request):
            yield Answer(number)

    def handle(request: int, context: object) -> AsyncGenerator[Answer]:
        return numbers(request, context)  # a function that returns a generator, and not a generator function

    handler = grpc.unary_stream_rpc_method_handler(handle)
    for around in (partial(Odd, noted), partial(Noting, noted)):
        handler = wrap_handler(handler, around, None)
    return cast("AsyncGenerator[Answer]", cast("Any", handler).unary_stream(count, None))


async def test_a_filter_shows_a_part_of_the_answers() -> None:
    """The caller gets what the filter returns for each answer, and nothing for None."""
    noted: list[str] = []
    assert [1, 3, 5] == [each.number async for each in stream(6, noted)]
    assert ["odd NoneType", "noting None"] == noted


async def test_a_failure_of_a_filter_ends_the_stream() -> None:
    """The filter itself can replace the failure, and what is outside gets the replacement."""
    noted: list[str] = []
    with pytest.raises(Failure, match="other: is another failure"):
        assert [each.number async for each in stream(9, noted)]
    assert ["odd Failure", "noting other: is another failure"] == noted


async def test_a_stream_does_not_keep_its_last_answer() -> None:
    """While a stream waits for the next answer, it holds none: there are thousands of streams."""
    kept: list[weakref.ref[Answer]] = []

    async def two(_request: int, _context: object) -> AsyncGenerator[Answer]:
        answer = Answer(1)
        kept.append(weakref.ref(answer))
        yield answer
        del answer
        gc.collect()
        assert kept[0]() is None
        yield Answer(3)

    handler = wrap_handler(grpc.unary_stream_rpc_method_handler(two), partial(Odd, []), None)
    answers = cast("AsyncGenerator[Answer]", cast("Any", handler).unary_stream(0, None))
    assert [1, 3] == [each.number async for each in answers]
