"""Callers learn who they are and what they may do, and nothing of others."""

from collections.abc import Iterator

import pytest

from tableadmin import Client, errors
from tests.server.security.authorization.guarded import Guarded, guarded
from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with the policies of `guarded`."""
    with guarded(tmp_path_factory.mktemp("access")) as running:
        yield running


def test_who_am_i(server: Guarded) -> None:
    """A caller is told its principal, its groups, and the actions that policies may permit."""
    with server.client("ana") as client:
        answer = client.who_am_i()
    assert ("User::ci/ana", ["ci/music"], "token") == (answer.principal, list(answer.groups), answer.proof)
    assert ["production", "staging"] == [each.endpoint for each in answer.endpoints]
    actions = set(answer.endpoints[0].actions)
    assert {"DescribeTable", "CreateTable"} <= actions
    assert not actions & {"DeleteTable", "DeleteIndex", "Reflection", "ListTables"}
    with server.client("olga") as client:
        assert ["", "production", "staging"] == [each.endpoint for each in client.who_am_i().endpoints]
    with server.client("nobody") as client:
        assert [] == list(client.who_am_i().endpoints)


def test_check_access(server: Guarded) -> None:
    """A caller is told whether an action is permitted, and by which policy not."""
    with server.client("ana") as client:
        assert client.check_access("CreateTable", "music-x").permitted
        assert not client.check_access("CreateTable", "films").permitted
        assert not client.check_access("DeleteTable", "music-x").permitted
        assert not client.check_access("ListTables").permitted
    with server.client("olga") as client:
        denied = client.check_access("DisableDeletionProtection", "films")
        assert (False, ["protected"], ["Ask #dynamodb."]) == (
            denied.permitted,
            list(denied.policies),
            list(denied.advice),
        )
        assert client.check_access("Reflection").permitted
        assert client.check_access("ListTables").permitted


def test_unknown_endpoints(server: Guarded) -> None:
    """An endpoint that is not configured looks like one at which nothing is permitted."""
    for endpoint in ("production", "secret"):
        with server.client("nobody", endpoint) as client:
            assert not client.check_access("DescribeTable", "music-x").permitted


@pytest.mark.parametrize(
    ("action", "table"),
    [("DropTable", "music-x"), ("CreateTable", None), ("CreateTable", "a/b"), ("ListTables", "music-x")],
)
def test_questions_that_make_no_sense(server: Guarded, action: str, table: str | None) -> None:
    """A question about no action, or about the wrong kind of thing, is an error and no denial."""
    with server.client("olga") as client, pytest.raises(errors.InvalidArgument):
        client.check_access(action, table)


def test_without_policies(embedded_server: ServerProcess) -> None:
    """Without policies everything is permitted."""
    with Client(embedded_server.address) as client:
        answer = client.who_am_i()
        assert ("User::none/anonymous", "none", False) == (
            answer.principal,
            answer.proof,
            answer.has_policies,
        )
        assert client.check_access("DeleteTable", "music-x").permitted
