"""The tour as data: what is asked, what comes of it, and when to ask again. Each client takes all of it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NotRequired, TypedDict

_TOUR = Path(__file__).with_name("tour.json")
_SETTLE_SECONDS = 60.0
_POLL_SECONDS = 0.05

Json = dict[str, object]


class Step(TypedDict):
    """A request in protobuf's JSON, and what its outcome contains: an ``answer`` or an ``error``."""

    rpc: str
    request: Json
    outcome: Json
    repeated: NotRequired[bool]
    """Whether to ask again while the outcome is another one: a table takes time to settle."""


def tour_text(table_name: str) -> str:
    """Return the tour as JSON, with a table of this name in place of Music."""
    return _TOUR.read_text(encoding="utf-8").replace('"Music"', json.dumps(table_name))


def steps(table_name: str) -> list[Step]:
    """Return the steps of the tour for a table of this name."""
    tour: list[Step] = json.loads(tour_text(table_name))
    return tour


def take(step: Step, ask: Callable[[str, Json], Json]) -> Json:
    """Return what ``ask(rpc, request)`` gives for a step, in the end if it is a repeated one.

    Another outcome than the expected one is returned too: at once, or after half a minute of asking.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    outcome = ask(step["rpc"], step["request"])
    while step.get("repeated") and not contains(outcome, step["outcome"]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        outcome = ask(step["rpc"], step["request"])
    return outcome


def contains(found: object, expected: object) -> bool:
    """Whether ``found`` has every member and element of ``expected``; it may have more."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(contains(found.get(key), expected[key]) for key in expected)
    if isinstance(expected, list):
        return isinstance(found, list) and all(
            any(contains(other, one) for other in found) for one in expected
        )
    return found == expected
