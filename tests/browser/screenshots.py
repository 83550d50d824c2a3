"""`python -m tests.browser.screenshots`: the pictures of docs/guides/console.md, from a real console.

The data are always the same. Times and operation IDs in the page are replaced, so a picture changes only
when the page does.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tableadmin.formats import read
from tests.browser.harness.chromium import chromium, launched
from tests.browser.harness.console_process import ConsoleProcess
from tests.browser.harness.guarded import GuardedServer, guarded_server
from tests.browser.harness.shown import enter, open_at, plan
from tests.browser.harness.specs import indexed, plain
from tests.browser.harness.visit import Visit, visiting
from tests.engines import Engine, ministack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "console"
_WIDTH, _HEIGHT, _TALL = 1200, 700, 800
# On demand, beside the provisioned ones that operations make.
_TABLES = (
    "accounts",
    "audit-events",
    "carts",
    "catalog-prices",
    "inventory",
    "invoices",
    "music-events",
    "music-playlists",
    "orders",
    "payments",
    "reviews",
    "sessions",
    "shipments",
    "users",
)
_EXPIRING = {"carts", "sessions"}
_BACKED_UP = {"accounts", "audit-events", "invoices", "orders", "payments", "users"}
# Times and IDs of operations differ from run to run.
_FIXED = """() => {
  const differing = [
    [/[A-Z][a-z]{2} \\d{1,2}, \\d{2}:\\d{2}:\\d{2}/g, "Nov 27, 09:30:00"],
    [/\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?/g, "2026-11-27 09:30:00"],
    [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "01977f3c-5b1e-7c44-9d0a-3f6f2c1b8a55"],
    [/\\d{8}t\\d{9}-[0-9a-f]{12}/g, "20261127t093000000-2d93017507c2"],
    [/^.+-\\d+-[0-9a-f]{6}$/g, "tables-1-f1d06a"],
    [/127\\.0\\.0\\.1:\\d+/g, "127.0.0.1:50000"],
    [/\\d+(\\.\\d+)? ?m?s\\b/g, "0.2 s"],
  ];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const [found, fixed] of differing) node.data = node.data.replace(found, fixed);
  }
}"""


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = chromium()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        engine = running.enter_context(ministack())
        server = running.enter_context(guarded_server(Path(folder), engine))
        operation = _fill(engine, server)
        console = running.enter_context(server.console("bert"))
        browser = running.enter_context(launched(program))
        visit = running.enter_context(visiting(browser, program.axe, width=_WIDTH, height=_HEIGHT))
        enter(visit, console)
        _take(visit, console, operation)


def _fill(engine: Engine, server: GuardedServer) -> str:
    """Make the tables, and an operation that waits for approval; the ID of one that has succeeded."""
    client = engine.boto3()
    for name in _TABLES:
        _create(client, name)
    with server.client("bert") as bert:
        list(bert.apply(read(indexed("music-albums"), name="spec.yaml"), requested_by="bert"))
        (done,) = bert.list_operations(table_name="music-albums")
    with server.client("ana") as ana:
        ana.apply(
            read(plain("music-albums", 10), name="spec.yaml"), allow_destructive=True, requested_by="ana"
        )
    return done.operation_id


def _create(client: "DynamoDBClient", name: str) -> None:
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    if name in _EXPIRING:
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
        )
    if name in _BACKED_UP:
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def _take(visit: Visit, console: ConsoleProcess, operation: str) -> None:
    page = visit.page
    expect(page.locator(".tally")).to_have_text(f"{len(_TABLES) + 1} tables")
    expect(page.locator(".pending")).to_have_count(0)
    expect(page.get_by_role("link", name="Approvals")).to_contain_text("1")
    _shot(page, "tables")
    page.emulate_media(color_scheme="dark")
    _shot(page, "tables-dark")
    page.emulate_media(color_scheme="light")
    open_at(visit, console, "tables/music-albums")
    expect(page.get_by_role("region", name="Spec").first).to_contain_text("GenreAndPriceIndex")
    expect(page.get_by_role("region", name="Last operations").first).to_be_visible()
    _shot(page, "table")
    open_at(visit, console, "approvals")
    expect(page.get_by_role("button", name="Approve the operation on music-albums")).to_be_visible()
    _shot(page, "approvals")
    open_at(visit, console, f"operations/{operation}")
    expect(page.get_by_role("region", name="AWS calls").first).to_be_visible()
    _shot(page, "operation")
    open_at(visit, console, "plan")
    plan(page, plain("music-albums", 20))
    expect(page.get_by_label("Type music-albums to confirm")).to_be_visible()
    page.set_viewport_size({"width": _WIDTH, "height": _TALL})
    page.evaluate("scrollTo(0, 0)")
    _shot(page, "plan")


def _shot(page: Page, name: str) -> None:
    page.evaluate(_FIXED)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")


if __name__ == "__main__":
    main()
