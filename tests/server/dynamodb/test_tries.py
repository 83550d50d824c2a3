"""How often an endpoint that is down is asked: one layer tries again, from the client to the endpoint."""

import pytest

from tableadmin import Client, TableAdminError
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, Step, error, page, serving
from tests.server_process import running_server


def cut(_: Seen) -> Answer:
    """End the connection without an answer."""
    raise ConnectionResetError


@pytest.mark.parametrize("max_attempts", [1, 2, 3])
def test_reads_are_tried_as_often_as_configured(max_attempts: int) -> None:
    """A read of a client reaches an endpoint that is down `max_attempts` times, whatever is wrong with it."""
    down: dict[str, Step] = {
        # The first, while no connection is open: libcurl replaces one that ends when it is used again.
        "ends connections": cut,
        "unavailable": error("ServiceUnavailable", status=503),
        "internal": error("InternalServerError", status=500),
        "throttles": error("ThrottlingException"),
        "a proxy answers": page("<html>", 502),
    }
    with serving() as endpoint:
        flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", "")
        attempts = ("--max-attempts", str(max_attempts))
        with running_server(*flags, *attempts) as server, Client(server.address) as client:
            tries = {what: tries_of(client, endpoint, step) for what, step in down.items()}
    assert dict.fromkeys(down, max_attempts) == tries


def tries_of(client: Client, endpoint: ScriptedEndpoint, step: Step) -> int:
    """How often ENDPOINT is asked for one read."""
    endpoint.step = step
    endpoint.seen.clear()
    with pytest.raises(TableAdminError):
        client.describe_table(table_name="Music")
    return len(endpoint.seen)
