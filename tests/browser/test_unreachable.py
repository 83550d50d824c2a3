"""The page of an endpoint that cannot be reached, beside one that can."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect

from tableadmin import Client
from tableadmin.formats import read
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.console_process import running_console
from tests.browser.harness.shown import enter
from tests.browser.harness.specs import plain
from tests.browser.harness.visit import visiting
from tests.engines import Engine
from tests.server.conftest import write_config
from tests.server_process import running_server

# Other tests have tables in other regions of the engine.
_REGION = "eu-west-3"
_ON_DEMAND = """TableName: {name}
BillingMode: PAY_PER_REQUEST
KeySchema:
- {{AttributeName: Artist, KeyType: HASH}}
AttributeDefinitions:
- {{AttributeName: Artist, AttributeType: S}}
"""


def test_an_unreachable_endpoint(
    browser: Browser,
    program: Chromium,
    start_engine: Callable[[str], Engine],
    table_name: str,
    tmp_path: Path,
) -> None:
    """The page names the endpoint that is away, counts no tables, and keeps a spec for each endpoint."""
    near = {"endpoint_url": start_engine("ministack").url, "region": _REGION}
    nowhere = {"endpoint_url": "http://127.0.0.1:9", "region": _REGION, "max_attempts": 1}
    config = write_config(tmp_path / "c.toml", {"near": near, "nowhere": nowhere}, default_endpoint="near")
    with (
        running_server("--config", str(config)) as server,
        running_console(server.address, tmp_path) as console,
        visiting(browser, program.axe) as visit,
    ):
        page = visit.page
        enter(visit, console)
        page.goto(f"{page.url.partition('#')[0]}#/plan")
        page.get_by_label("Table spec").fill(plain(table_name))
        page.get_by_label("Endpoint").select_option("nowhere")
        expect(page.get_by_label("Table spec")).to_have_value("")
        page.get_by_role("link", name="Tables", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("The endpoint nowhere cannot be reached")
        expect(page.get_by_text("The tables could not be listed yet.")).to_be_visible()
        expect(page.get_by_role("main").get_by_role("status")).to_have_text("")
        page.get_by_label("Endpoint").select_option("near")
        expect(page.get_by_role("status", name="Connection")).to_have_text("Live")
        expect(page.get_by_role("alert")).to_have_count(0)
        with Client(server.address) as client:
            list(client.apply(read(_ON_DEMAND.format(name=table_name), name="spec.yaml")))
            expect(page.get_by_role("link", name=table_name)).to_be_visible()
            # A column without any text leaves room to the names.
            expect(page.get_by_role("columnheader", name="Capacity")).to_have_css("width", "100px")
            client.delete_table(table_name=table_name)
        page.get_by_role("link", name="Plan", exact=True).click()
        expect(page.get_by_label("Table spec")).to_have_value(plain(table_name))
        server.terminate()
        expect(page.get_by_role("alert")).to_contain_text("cannot reach")
        page.get_by_role("button", name="Plan", exact=True).click()
        expect(page.get_by_text("Waiting for the service: cannot reach")).to_be_visible()
