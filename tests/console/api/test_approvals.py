"""Approvals in the page, and what a principal may not do: it is not offered, and the policy is named."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tableadmin.console.console import Console
from tests.console.browsing import Browser
from tests.engines import Engine
from tests.server.security.authorization.approving import ADVICE, approving
from tests.server.security.authorization.guarded import Guarded
from tests.server.security.authorization.test_guarded_operations import table


@pytest.fixture(scope="module")
def guarded(
    start_engine: Callable[[str], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """A server with policies that require approval."""
    with approving(tmp_path_factory.mktemp("approval"), start_engine("ministack")) as running:
        yield running


@pytest.fixture(scope="module")
def browser_of(guarded: Guarded) -> Iterator[Callable[[str], Browser]]:
    """The browser of a principal."""
    with ExitStack() as running:

        def browser(name: str) -> Browser:
            console = Console(running.enter_context(guarded.client(name)))
            running.enter_context(console.running())
            entered = Browser(console.url)
            entered.enter()
            return entered

        yield browser


@pytest.fixture
def waiting(guarded: Guarded, table_name: str) -> Iterator[str]:
    """An operation of ana that deletes an index, and waits for approval."""
    name = f"music-{table_name}"
    with guarded.client("olga") as olga, guarded.client("ana") as ana:
        olga.apply([table(name, "genre")]).result(60)
        operation = ana.apply([table(name)], allow_destructive=True)
        next(each for each in operation if each.HasField("approval_request"))
        yield operation.ids[0]
        olga.cancel_operation(operation.ids[0])


def test_an_approver(browser_of: Callable[[str], Browser], guarded: Guarded, waiting: str) -> None:
    """An approver sees the plan of what waits, without denials of their own, and approves with a comment."""
    bert = browser_of("bert")
    found = bert.get(f"/api/operations/{waiting}").json
    assert ("AWAITING_APPROVAL", "a member of ci/approvers") == (found["state"], found["approvers"])
    plan = "\n".join(each["text"] for each in found["plan"])
    assert "destructive" in plan
    assert "denied" not in plan
    assert found["offers"]["ApproveOperation"]["permitted"]
    done = bert.post(f"/api/operations/{waiting}/approve", {"comment": "as <agreed>"})
    assert 200 == done.status, done.body
    with guarded.client("olga") as olga:
        olga.operations([waiting]).result(60)
        assert ["as <agreed>"] == [each.comment for each in olga.get_operation(waiting).approvals]


def test_a_rejection(browser_of: Callable[[str], Browser], waiting: str) -> None:
    """An approver rejects with a comment, and the operation ends."""
    done = browser_of("bert").post(f"/api/operations/{waiting}/reject", {"comment": "not this week"})
    assert "ABORTED" == done.json["state"]


def test_whoever_may_not_approve(browser_of: Callable[[str], Browser], waiting: str) -> None:
    """Approval is not offered to who may not approve, and a request for it is refused by the service."""
    ana = browser_of("ana")
    offer = ana.get(f"/api/operations/{waiting}").json["offers"]["ApproveOperation"]
    assert (False, "no policy permits ApproveOperation.") == (offer["permitted"], offer["why"])
    refused = ana.post(f"/api/operations/{waiting}/approve", {})
    assert 403 == refused.status


def test_a_plan_that_needs_approval(
    browser_of: Callable[[str], Browser], guarded: Guarded, waiting: str
) -> None:
    """A plan says whose approval it needs."""
    with guarded.client("olga") as olga:
        name = olga.get_operation(waiting).table_name
    text = (
        f"TableName: {name}\nBillingMode: PAY_PER_REQUEST\n"
        "KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
    )
    found = browser_of("ana").post("/api/plan", {"text": text}).json["plans"][0]
    assert ["a member of ci/approvers (policy music-destroy)"] == found["approvals"]
    assert any(ADVICE in each["text"] for each in found["lines"]) or found["approvals"]


def test_a_reader(browser_of: Callable[[str], Browser], waiting: str, guarded: Guarded) -> None:
    """What a reader may not do is not offered, with the reason; a stranger sees nothing."""
    with guarded.client("olga") as olga:
        name = olga.get_operation(waiting).table_name
    offers = browser_of("dora").get(f"/api/tables/{name}").json["offers"]
    assert offers["PlanTables"]["permitted"]
    assert "no policy permits ApplyPlan." == offers["ApplyPlan"]["why"]
    nobody = browser_of("nobody")
    assert 403 == nobody.get(f"/api/tables/{name}").status
    assert not nobody.get("/api/access").json["PlanTables"]["permitted"]
    with nobody.events() as events:
        assert {} == next(events)[1].get("tables", {})
