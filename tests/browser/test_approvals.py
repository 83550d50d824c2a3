"""Policies in the page: what needs approval, who approves, and what is not offered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tableadmin.formats import read
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.console_process import ConsoleProcess
from tests.browser.harness.guarded import GuardedServer, guarded_server
from tests.browser.harness.shown import apply, enter, expect_state, open_at, plan
from tests.browser.harness.specs import indexed, plain
from tests.browser.harness.visit import visiting
from tests.engines import Engine


@pytest.fixture(scope="module")
def server(
    start_engine: Callable[[str], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedServer]:
    """A server with the policies of docs/operate/security.md."""
    with guarded_server(tmp_path_factory.mktemp("guarded"), start_engine("ministack")) as running:
        yield running


@dataclass(frozen=True)
class _Entered:
    """The console of a principal, and the cookies of its browser."""

    console: ConsoleProcess
    session: StorageState


@pytest.fixture(scope="module")
def ana(browser: Browser, program: Chromium, server: GuardedServer) -> Iterator[_Entered]:
    """The console of Ana, who may change the tables of her team."""
    with server.console("ana") as console:
        with visiting(browser, program.axe) as visit:
            session = enter(visit, console)
        yield _Entered(console, session)


def test_approval(
    browser: Browser, program: Chromium, server: GuardedServer, ana: _Entered, table_name: str
) -> None:
    """Ana removes an index and waits. Bert sees her plan and approves it. Ana can't approve it herself."""
    name = f"music-{table_name}"
    with server.client("bert") as client:
        list(client.apply(read(indexed(name), name="spec.yaml")))
    with (
        server.console("bert") as of_bert,
        visiting(browser, program.axe, ana.session) as asking,
        visiting(browser, program.axe) as approving,
    ):
        open_at(asking, ana.console, "plan")
        plan(asking.page, plain(name, 10))
        expect(asking.page.get_by_text("The operation waits for approval by ")).to_contain_text(
            "corp/platform"
        )
        button = asking.page.get_by_role("button", name="Apply", exact=True)
        expect(button).to_be_disabled()
        asking.page.get_by_label(f"Type {name} to confirm").fill(name)
        apply(asking.page)
        expect_state(asking.page, "awaiting approval")
        expect(asking.page.get_by_role("button", name="Approve")).to_have_count(0)

        enter(approving, of_bert)
        link = approving.page.get_by_role("link", name="Approvals")
        expect(link).to_contain_text("1")
        link.click()
        card = approving.page.get_by_role("article", name=f"Approval for {name}")
        expect(card).to_contain_text("Asked by User::corp/ana")
        expect(card).to_contain_text("GenreAndPriceIndex")
        card.get_by_label("Comment").fill("as agreed")
        card.get_by_role("button", name=f"Approve the operation on {name}").click()
        expect(card).to_have_count(0)
        expect(approving.page.get_by_text("Nothing waits for approval.")).to_be_visible()

        expect_state(asking.page, "succeeded")
        expect(asking.page.get_by_role("region", name="Decisions").first).to_contain_text("as agreed")
    with server.client("bert") as client:
        assert not client.describe_table(table_name=name).table.global_secondary_indexes


def test_what_a_policy_forbids(
    browser: Browser, program: Chromium, server: GuardedServer, ana: _Entered, table_name: str
) -> None:
    """The plan of a table that a policy protects has no Apply; the page names the policy, with its advice."""
    name = f"music-frozen-{table_name}"
    server.engine.boto3().create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with visiting(browser, program.axe, ana.session) as visit:
        open_at(visit, ana.console, f"tables/{name}")
        forbidden = "the policy frozen forbids ApplyPlan. Ask the archive team."
        expect(visit.page.get_by_text(f"Not offered: {forbidden}")).to_have_count(1)
        expect(visit.page.get_by_role("button", name="Delete table")).to_have_count(0)
        open_at(visit, ana.console, "plan")
        plan(visit.page, plain(name))
        expect(visit.page.get_by_text(f"Not offered: {forbidden}")).to_have_count(1)
        expect(visit.page.get_by_role("button", name="Apply")).to_have_count(0)


def test_what_no_policy_permits(browser: Browser, program: Chromium, ana: _Entered) -> None:
    """The page of a table that Ana may not see says so, and does not call the table deleted."""
    with visiting(browser, program.axe, ana.session) as visit:
        open_at(visit, ana.console, "tables/films")
        expect(visit.page.get_by_role("alert").filter(has_text="POLICY_DENIED")).to_contain_text("films")
        expect(visit.page.locator(".head .badge")).to_have_count(0)


def test_who_only_reads(browser: Browser, program: Chromium, server: GuardedServer, table_name: str) -> None:
    """Rita, who only reads, sees tables and operations, and is told that no policy permits to apply."""
    name = f"music-{table_name}"
    with server.client("bert") as client:
        list(client.apply(read(plain(name), name="spec.yaml")))
    with server.console("rita") as console, visiting(browser, program.axe) as visit:
        enter(visit, console)
        open_at(visit, console, f"tables/{name}")
        expect(visit.page.get_by_text("Not offered: no policy permits ApplyPlan")).to_have_count(1)
        expect(visit.page.get_by_role("region", name="Last operations").first).to_contain_text("succeeded")
