"""Calls whose outcome is written down: done, refused, or answered without being done."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tableadmin import Client, TableAdminError
from tableadmin.channel import is_read
from tableadmin.client import Call
from tableadmin.methods import P, Request, Response
from tests.parity import CONTRACT

YES = "yes"
NO_EFFECT = "answered, not done"
# Engines settle within about a second, on a busy machine within some; what has not happened by then does not.
_SECONDS = 8.0
# DynamoDB Local makes and deletes indexes in the background, and takes its time.
INDEX_SECONDS = 30.0
# Where the page says already how a call ends: an engine that did nothing is not waited for as long as one
# that will get there.
_EXPECTED_SECONDS = {NO_EFFECT: 3.0, YES: 120.0}
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Outcome:
    """How a call ended: `cell` is what the table says of it, `detail` what a person needs to find out why."""

    cell: str
    detail: str


class Trials:
    """Makes calls through CLIENT and remembers how each ended, by the row of the table it belongs to.

    EXPECTED is what the table says already, if it says anything.
    """

    def __init__(self, client: Client, expected: Mapping[str, str]) -> None:
        self.client = client
        self._expected = expected
        self.outcomes: dict[str, Outcome] = {}

    def call(
        self,
        rpc: Call[P, Request, Response],
        done: Callable[[Response], bool],
        aspect: str = "",
        seconds: float = _SECONDS,
    ) -> Callable[P, Response]:
        """RPC, ready to be called with the fields of its request; it raises nothing.

        DONE looks at the answer, and at the engine if need be, until what was asked for is seen: of a read
        at new answers, of a change at the one there was. What was refused returns an empty answer. An
        operation that is tried in several ways has a row for each ASPECT. What is not seen within SECONDS
        does not happen.
        """
        operation = rpc._method.rpc
        row = f"{operation}: {aspect}" if aspect else operation
        again = is_read(CONTRACT.methods_by_name[operation])
        longest = _EXPECTED_SECONDS.get(self._expected.get(row, ""), seconds)

        def answer(*args: P.args, **fields: P.kwargs) -> Response:
            assert row not in self.outcomes, f"{row} is tried twice"
            try:
                given = rpc(*args, **fields)
            except TableAdminError as error:
                self.outcomes[row] = Outcome(f"refused: {error.code.name}", str(error))
                return rpc._method.response_type()
            seen = settled(lambda: done(rpc(*args, **fields) if again else given), longest)
            self.outcomes[row] = Outcome(YES if seen else NO_EFFECT, str(given))
            return given

        return answer


def settled(holds: Callable[[], bool], seconds: float = _SECONDS) -> bool:
    """Whether HOLDS becomes true in the time that engines take; what can't be read does not hold yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except TableAdminError:
            pass
        time.sleep(_POLL_SECONDS)
    return False
