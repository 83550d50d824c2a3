"""`CopyItems` when calls fail, in front of an endpoint that answers what a test writes down."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tableadmin import Client, TableAdminError
from tableadmin.errors import (
    Aborted,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    ResourceExhausted,
)
from tableadmin.v1 import CopyItemsResponse
from tests.server.conftest import in_front_of
from tests.server.harness.scripted_endpoint import (
    Answer,
    Held,
    ScriptedEndpoint,
    Seen,
    answer,
    error,
    serving,
)
from tests.server.security.authorization.guarded import guarded
from tests.server_process import ServerProcess

_SECRET = "Geheimnis-4711"
_ITEM = {"Artist": {"S": "Acme"}, "Title": {"S": _SECRET}}
_TABLE = {
    "TableStatus": "ACTIVE",
    "AttributeDefinitions": [{"AttributeName": "Title", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "Title", "KeyType": "HASH"}],
}


class Tables:
    """The tables `Old`, which has an item, and `New`, which is empty until the item is put.

    INSTEAD answers a request in place of the tables, unless it returns None.
    """

    def __init__(self, instead: Callable[[Seen], Answer | None] = lambda _: None) -> None:
        self._instead = instead
        self._target: list[Any] = []

    def __call__(self, seen: Seen) -> Answer:
        """Answer SEEN."""
        return self._instead(seen) or answer(self._answer(seen))(seen)

    def _answer(self, seen: Seen) -> Mapping[str, Any]:
        body = json.loads(seen.body)
        if seen.operation == "PutItem":
            self._target.append(body["Item"])
        if seen.operation == "Scan":
            return {"Items": [_ITEM] if body["TableName"] == "Old" else self._target}
        return {"Table": _TABLE} if seen.operation == "DescribeTable" else {}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ScriptedEndpoint]:
    """The endpoint behind `copying`."""
    with serving() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def copying(endpoint: ScriptedEndpoint) -> Iterator[ServerProcess]:
    """A server that may copy items."""
    with in_front_of(endpoint, "--copy-max-items", "9", "--max-attempts", "1") as server:
        yield server


def _copied(server: ServerProcess) -> CopyItemsResponse:
    with Client(server.address) as client:
        *_, last = client.copy_items("Old", "New")
    return last


def test_throttled_calls_are_sent_again(copying: ServerProcess, endpoint: ScriptedEndpoint) -> None:
    """A write that is throttled is sent again, and counted."""
    refusals = [error("ProvisionedThroughputExceededException"), error("ThrottlingException")]

    def throttle(seen: Seen) -> Answer | None:
        return refusals.pop()(seen) if seen.operation == "PutItem" and refusals else None

    endpoint.step = Tables(throttle)
    last = _copied(copying)
    assert (last.written_items, last.comparison.equal_items, last.throttled_calls) == (1, 1, 2)


def test_errors_have_no_values(copying: ServerProcess, endpoint: ScriptedEndpoint) -> None:
    """An error of AWS that repeats values of an item is told without them, and is not in the log."""

    def refuse(seen: Seen) -> Answer | None:
        refused = error("ValidationException", f"the value {_SECRET} is not valid")
        return refused(seen) if seen.operation == "PutItem" else None

    endpoint.step = Tables(refuse)
    with pytest.raises(InvalidArgument, match="PutItem of table New failed") as info:
        _copied(copying)
    assert info.value.reason == "VALIDATION_EXCEPTION"
    assert _SECRET not in str(info.value) + repr(vars(info.value)) + copying.log


def test_tables_that_differ_at_the_end(copying: ServerProcess, endpoint: ScriptedEndpoint) -> None:
    """An item that somebody else writes to the target during the copy makes the call fail, with numbers."""
    scans: list[Seen] = []

    def change(seen: Seen) -> Answer | None:
        if seen.operation != "Scan" or b"New" not in seen.body:
            return None
        scans.append(seen)
        strange = {"Title": {"S": "strange"}}
        return answer({"Items": [_ITEM, strange]})(seen) if len(scans) == 2 else None

    endpoint.step = Tables(change)
    responses: list[CopyItemsResponse] = []
    with Client(copying.address) as client, pytest.raises(Aborted, match="and 1 item more") as info:
        responses.extend(client.copy_items("Old", "New"))
    assert info.value.reason == "COPY_DIFFERS"


def test_the_condition_fails(copying: ServerProcess, endpoint: ScriptedEndpoint) -> None:
    """An item that is there when it is written is not replaced, and counts as skipped."""
    endpoint.step = step = Tables()

    def exists(seen: Seen) -> Answer | None:
        if seen.operation != "PutItem":
            return None
        assert json.loads(seen.body)["ConditionExpression"] == "attribute_not_exists(#key)"
        step(seen)
        return error("ConditionalCheckFailedException")(seen)

    endpoint.step = lambda seen: exists(seen) or step(seen)
    last = _copied(copying)
    assert (last.written_items, last.skipped_items, last.comparison.equal_items) == (0, 1, 1)


def test_one_at_a_time(copying: ServerProcess, endpoint: ScriptedEndpoint) -> None:
    """A second copy is refused while one is under way. A copy whose caller has gone is not."""
    held = Held()
    endpoint.step = Tables(lambda seen: held(seen) if seen.operation == "Scan" else None)
    with Client(copying.address) as client:
        stream = client.copy_items("Old", "New")

        def consume() -> None:
            with suppress(TableAdminError):
                list(stream)

        reader = Thread(target=consume, daemon=True)
        reader.start()
        held.wait()
        with pytest.raises(ResourceExhausted) as info:
            _copied(copying)
        assert info.value.reason == "COPY_UNDER_WAY"
        stream.close()
        reader.join(60)
    held.release()
    endpoint.step = Tables()
    assert _copied_soon(copying).written_items == 1


def _copied_soon(server: ServerProcess) -> CopyItemsResponse:
    """The result of a copy, which is begun again while the server ends another one."""
    while True:
        try:
            return _copied(server)
        except ResourceExhausted:
            continue


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "ARCHIVED"])
def test_tables_that_are_not_active(copying: ServerProcess, endpoint: ScriptedEndpoint, status: str) -> None:
    """A table that is being created is not copied."""
    endpoint.step = answer({"Table": {**_TABLE, "TableStatus": status}})
    with pytest.raises(FailedPrecondition, match=f"Old: the table is {status}") as info:
        _copied(copying)
    assert info.value.reason == "COPY_TABLE_NOT_ACTIVE"


def test_the_count_of_aws(copying: ServerProcess, endpoint: ScriptedEndpoint) -> None:
    """A table that is too large by AWS's count is refused before its items are read."""
    endpoint.step = answer({"Table": {**_TABLE, "ItemCount": 10}})
    before = len(endpoint.seen)
    with pytest.raises(FailedPrecondition, match="has 10 items by a count that AWS updates") as info:
        _copied(copying)
    assert info.value.reason == "COPY_TOO_LARGE"
    assert {each.operation for each in endpoint.seen[before:]} == {"DescribeTable"}


def test_policies(tmp_path: Path) -> None:
    """A copy needs the permission for the source and for the target; a denied one calls nothing."""
    policies = """
    @id("all") permit (principal in Group::"ci/platform", action, resource);
    @id("source") permit (principal in Group::"ci/music", action in Action::"data", resource)
    when { resource.name == "Old" };
    """
    with guarded(tmp_path, policies=policies, settings={"staging": "copy_max_items = 9"}) as server:
        server.scripted.step = Tables()
        with server.client("ana") as client, pytest.raises(PermissionDenied, match="CopyItems"):
            list(client.copy_items("Old", "New"))
        assert not server.scripted.seen
        with server.client("olga") as client:
            *_, last = client.copy_items("Old", "New")
    assert last.written_items == 1
