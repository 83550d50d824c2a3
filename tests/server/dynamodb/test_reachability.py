"""An endpoint that goes down, and comes back, is told of once each."""

from google.rpc.code_pb2 import Code
from structlog.testing import capture_logs

from tableadmin_server.dynamodb.reachability import Reachability
from tableadmin_server.failure import AWS_DOMAIN, Failure

UNREACHABLE = Failure(Code.UNAVAILABLE, "the endpoint cannot be reached", reason="ENDPOINT_UNREACHABLE")
TIMED_OUT = Failure(Code.DEADLINE_EXCEEDED, "no response in time", reason="ENDPOINT_TIMEOUT")
REFUSED = Failure(
    Code.NOT_FOUND,
    "no such table",
    reason="RESOURCE_NOT_FOUND_EXCEPTION",
    domain=AWS_DOMAIN,
    metadata={"aws_request_id": "1"},
)


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """The moment."""
        return self.now


def test_an_outage_is_told_of_once_and_its_end_too() -> None:
    """Of many failures in a row the first is logged, and of the successes the one that ends the outage."""
    clock = Clock()
    reachability = Reachability("local", clock)
    with capture_logs() as logs:
        for clock.now in (0.0, 1.0, 2.0):
            reachability.failed(UNREACHABLE, began=clock.now)
        for clock.now in (10.0, 11.0):
            reachability.answered(began=clock.now)
    assert [
        ("endpoint went down", "ENDPOINT_UNREACHABLE", None),
        ("endpoint came back", None, 10.0),
    ] == [(each["event"], each.get("reason"), each.get("seconds")) for each in logs]


def test_an_endpoint_that_fails_now_and_then_goes_down_once() -> None:
    """A success within 5 s of a failure does not end the outage."""
    clock = Clock()
    reachability = Reachability("local", clock)
    with capture_logs() as logs:
        for number in range(20):
            clock.now = float(number)
            reachability.failed(UNREACHABLE, began=clock.now)
            clock.now += 0.5
            reachability.answered(began=clock.now)
    assert ["endpoint went down"] == [each["event"] for each in logs]


def test_a_slow_call_beside_others_is_no_outage() -> None:
    """An endpoint that answered another call after this one began is not down."""
    clock = Clock()
    reachability = Reachability("local", clock)
    with capture_logs() as logs:
        clock.now = 5.0
        reachability.answered(began=4.0)
        clock.now = 10.0
        reachability.failed(TIMED_OUT, began=0.0)
    assert [] == logs


def test_an_error_of_aws_is_an_answer() -> None:
    """An endpoint that refuses a call is up: this ends an outage, and begins none."""
    clock = Clock()
    reachability = Reachability("local", clock)
    with capture_logs() as logs:
        reachability.failed(REFUSED, began=0.0)
        clock.now = 1.0
        reachability.failed(UNREACHABLE, began=1.0)
        clock.now = 9.0
        reachability.failed(REFUSED, began=9.0)
    assert ["endpoint went down", "endpoint came back"] == [each["event"] for each in logs]
