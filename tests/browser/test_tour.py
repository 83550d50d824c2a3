"""The tour of README, clicked through."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.harness.chromium import Chromium
from tests.browser.harness.console_process import running_console
from tests.browser.harness.shown import apply, enter, expect_state, plan
from tests.browser.harness.specs import indexed, plain
from tests.browser.harness.visit import visiting
from tests.server_process import ServerProcess


def test_tour(
    browser: Browser, program: Chromium, embedded_server: ServerProcess, table_name: str, tmp_path: Path
) -> None:
    """A table is created by a spec, changed, given an index, looked at, found in the list, and deleted."""
    with (
        running_console(embedded_server.address, tmp_path) as console,
        visiting(browser, program.axe) as visit,
    ):
        page = visit.page
        enter(visit, console)
        page.get_by_role("navigation").get_by_role("link", name="Plan").click()
        plan(page, plain(table_name))
        expect(page.get_by_role("region", name=f"Plan for {table_name}")).to_contain_text("create")
        apply(page)
        expect_state(page, "succeeded")

        page.get_by_role("heading", name="Operation on").get_by_role("link", name=table_name).click()
        expect(page.locator(".head .badge")).to_have_text("active")
        page.get_by_role("link", name="Edit and plan").click()
        expect(page.get_by_label("Table spec")).to_have_value(re.compile("ReadCapacityUnits: 5"))
        plan(page, indexed(table_name))
        apply(page)
        expect_state(page, "succeeded")

        page.get_by_role("heading", name="Operation on").get_by_role("link", name=table_name).click()
        expect(page.get_by_role("region", name="Settings")).to_contain_text("10")
        expect(page.get_by_role("region", name="Indexes").first).to_contain_text("GenreAndPriceIndex")

        page.get_by_role("navigation").get_by_role("link", name="Tables").click()
        page.get_by_label("Filter").fill(table_name)
        row = page.get_by_role("row").filter(has_text=table_name)
        expect(row).to_contain_text("active")
        expect(page.locator(".tally")).to_have_text(re.compile("^1 "))
        row.get_by_role("link", name=table_name).click()

        page.get_by_role("button", name="Delete table").click()
        confirm = page.get_by_role("button", name=f"Delete {table_name}")
        expect(confirm).to_be_disabled()
        page.get_by_label(f"Type {table_name} to confirm").fill(table_name)
        confirm.click()
        expect(page.locator(".head .badge")).to_have_text("deleted")
