"""The board: each page gets every value once, and the newest only."""

from contextlib import ExitStack
from itertools import islice

import pytest

from tableadmin.console.http.responses import Refusal
from tableadmin.console.live import events
from tableadmin.console.live.board import SUBSCRIBERS, Board, Changes


def test_all_values_then_changes() -> None:
    """A page gets all values first, and then what has changed; of several states the newest."""
    board = Board()
    board.put("tables", "a", 1)
    with board.subscribed() as changes:
        assert {("tables", "a"): 1} == next(changes)
        board.put("tables", "b", 1)
        board.put("tables", "b", 2)
        board.remove("tables", "a")
        assert {("tables", "b"): 2, ("tables", "a"): None} == next(changes)


def test_what_stays_the_same_is_not_told() -> None:
    """A value that is put again, and the removal of what is not there, are no changes."""
    board = Board()
    board.put("tables", "a", 1)
    with board.subscribed() as changes:
        next(changes)
        board.put("tables", "a", 1)
        board.remove("tables", "b")
        board.put("tables", "c", 3)
        assert {("tables", "c"): 3} == next(changes)


def test_pages_are_told_independently() -> None:
    """Each page gets all changes, however slowly the others read."""
    board = Board()
    with board.subscribed() as slow, board.subscribed() as fast:
        next(slow)
        next(fast)
        for number in range(3):
            board.put("tables", "a", number)
            assert {("tables", "a"): number} == next(fast)
        assert {("tables", "a"): 2} == next(slow)


def test_a_page_too_many() -> None:
    """The number of pages is bounded, and a closed page makes room."""
    board = Board()
    with ExitStack() as pages:
        for _ in range(SUBSCRIBERS):
            pages.enter_context(board.subscribed())
        with pytest.raises(Refusal) as refused:
            pages.enter_context(board.subscribed())
        assert 503 == refused.value.response.status
    with board.subscribed() as changes:
        assert {} == next(changes)
    assert 0 == board.subscribers


def test_closing_ends_all_pages() -> None:
    """A closed board ends its subscriptions."""
    board = Board()
    with board.subscribed() as changes:
        next(changes)
        board.close()
        assert [{}] == list(changes) or not list(changes)


def test_events() -> None:
    """The first event has everything, later ones have changes, and nothing to tell is a comment."""
    batches: list[Changes] = [
        {},
        {("tables", "a"): "é\n"},
        {},
        {("tables", "a"): None, ("status", "tables"): {"x": 1}},
    ]
    assert [
        b"event: reset\ndata: {}\n\n",
        'event: changes\ndata: {"tables":{"a":"é\\n"}}\n\n'.encode(),
        b": alive\n\n",
        b'event: changes\ndata: {"tables":{"a":null},"status":{"tables":{"x":1}}}\n\n',
    ] == [*islice(events.encode_events(batches), 4)]
