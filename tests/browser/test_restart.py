"""The page while the server is away."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect

from tableadmin import Client
from tableadmin.formats import read
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.console_process import running_console
from tests.browser.harness.shown import enter, expect_live
from tests.browser.harness.specs import plain
from tests.browser.harness.visit import visiting
from tests.engines import Engine
from tests.engines.engine import REGION
from tests.server_process import running_server


def test_restarted_server(
    browser: Browser,
    program: Chromium,
    start_engine: Callable[[str], Engine],
    table_name: str,
    tmp_path: Path,
) -> None:
    """The page says that the server is away, goes on when it is back, and has what changed meanwhile."""
    flags = ("--endpoint-url", start_engine("ministack").url, "--region", REGION)
    (spec,) = read(plain(table_name), name="spec.yaml")
    with visiting(browser, program.axe) as visit:
        with running_server(*flags) as first, running_console(first.address, tmp_path) as console:
            enter(visit, console)
            first.terminate()
            connection = visit.page.get_by_role("status", name="Connection")
            expect(connection).to_have_text("Reconnecting")
            expect(visit.page.get_by_role("alert")).to_contain_text("reconnects by itself")
            expect(visit.page.get_by_role("alert")).to_contain_text(f"cannot reach {first.address}")
            visit.page.get_by_role("link", name="Plan", exact=True).click()
            visit.page.get_by_label("Table spec").fill(plain(table_name))
            visit.page.get_by_role("button", name="Plan", exact=True).click()
            expect(visit.page.get_by_role("main")).to_contain_text(f"cannot reach {first.address}")
            visit.page.get_by_role("link", name="Tables", exact=True).click()
            with running_server(*flags, listen=first.address) as second:
                expect_live(visit.page)
                expect(visit.page.get_by_role("alert")).to_have_count(0)
                with Client(second.address) as client:
                    list(client.apply([spec]))
                    visit.page.get_by_label("Filter").fill(table_name)
                    expect(visit.page.get_by_role("link", name=table_name)).to_be_visible()
                    client.delete_table(table_name=table_name)
                expect(visit.page.get_by_role("link", name=table_name)).to_have_count(0)
        expect(visit.page.get_by_role("alert")).to_contain_text("The console does not answer")
