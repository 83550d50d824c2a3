"""Every page: what axe finds, both colour schemes, narrow windows, and use without a mouse."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tableadmin import Client
from tableadmin.formats import read
from tableadmin.v1 import TimeToLiveSpecification
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.console_process import ConsoleProcess, running_console
from tests.browser.harness.shown import enter, open_at, plan
from tests.browser.harness.specs import indexed, plain
from tests.browser.harness.visit import Visit, visiting
from tests.server_process import ServerProcess

_NARROW = 360
_LONG = (
    "a-name-as-long-as-people-make-them-when-they-put-team-service-stage-and-region-into-the-names-of-tables"
)


@dataclass(frozen=True)
class _Entered:
    """A console, the cookies of its browser, a table with an index, and the ID of its operation."""

    console: ConsoleProcess
    session: StorageState
    table: str
    operation: str


@pytest.fixture(scope="module")
def entered(
    browser: Browser,
    program: Chromium,
    embedded_server: ServerProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[_Entered]:
    """A console of a server with two tables, one with the longest of names."""
    name = f"Pages-{_LONG}"
    specs = read(f"{plain('Pages-short')}---\n{indexed(name)}", name="spec.yaml")
    with Client(embedded_server.address) as client:
        list(client.apply(specs))
        (operation,) = client.list_operations(table_name=name)
        with running_console(embedded_server.address, tmp_path_factory.mktemp("pages")) as console:
            with visiting(browser, program.axe) as visit:
                session = enter(visit, console)
            yield _Entered(console, session, name, operation.operation_id)
        for spec in specs:
            client.delete_table(table_name=spec.table_name)


def _tables(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, "tables")
    expect(visit.page.get_by_role("link", name=entered.table)).to_be_visible()


def _table(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, f"tables/{entered.table}")
    expect(visit.page.get_by_role("region", name="Spec").first).to_contain_text("GenreAndPriceIndex")


def _operations(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, "operations")
    expect(visit.page.get_by_role("link", name=entered.table)).to_be_visible()


def _operation(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, f"operations/{entered.operation}")
    expect(visit.page.get_by_role("region", name="AWS calls").first).to_be_visible()


def _approvals(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, "approvals")
    expect(visit.page.get_by_text("Nothing waits for approval.")).to_be_visible()


def _plan(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, "plan")
    plan(visit.page, plain(entered.table))
    expect(visit.page.get_by_label(f"Type {entered.table} to confirm")).to_be_visible()


def _problems(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, "plan")
    visit.page.get_by_label("Table spec").fill("TableName: x\nBillingMode: PAY_PER_REQEST\n")
    expect(visit.page.get_by_text("problem")).to_be_visible()


def _missing(visit: Visit, entered: _Entered) -> None:
    open_at(visit, entered.console, "nowhere")
    expect(visit.page.get_by_text("The page has no such address.")).to_be_visible()


_PAGES = (_tables, _table, _operations, _operation, _approvals, _plan, _problems, _missing)


@pytest.mark.parametrize("opened", _PAGES)
def test_accessible(
    browser: Browser, program: Chromium, entered: _Entered, opened: Callable[[Visit, _Entered], None]
) -> None:
    """Axe finds nothing serious, light and dark, wide and narrow, and no page is wider than its window."""
    with visiting(browser, program.axe, entered.session) as visit:
        opened(visit, entered)
        for width in (1280, _NARROW):
            visit.page.set_viewport_size({"width": width, "height": 800})
            assert visit.overflow() <= 0
            for scheme in ("light", "dark"):
                visit.page.emulate_media(color_scheme=scheme)
                assert [] == visit.findings(), f"{scheme}, {width} px"


def test_dark(browser: Browser, program: Chromium, entered: _Entered) -> None:
    """The page is dark where the user has chosen dark, and light elsewhere."""
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((each) => each < 60)"
    with visiting(browser, program.axe, entered.session) as visit:
        _tables(visit, entered)
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=scheme)
            assert (scheme == "dark") == visit.page.evaluate(ground)


def test_keyboard(browser: Browser, program: Chromium, entered: _Entered) -> None:
    """Without a mouse: a filter, a row, the table, its plan, and back."""
    with visiting(browser, program.axe, entered.session) as visit:
        page = visit.page
        _tables(visit, entered)
        page.keyboard.press("/")
        page.keyboard.type("pages-")
        expect(page.get_by_label("Filter")).to_have_value("pages-")
        expect(page.locator(".tally")).to_contain_text("2")
        names = page.locator("tbody th a")
        expect(names).to_have_text([entered.table, "Pages-short"])
        _tab_to(visit, entered.table)
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("link", name="Pages-short")).to_be_focused()
        page.keyboard.press("Home")
        expect(page.get_by_role("link", name=entered.table)).to_be_focused()
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Pages-short")).to_be_visible()
        _tab_to(visit, "Edit and plan")
        page.keyboard.press("Enter")
        editor = page.get_by_label("Table spec")
        expect(editor).to_have_value(re.compile("TableName: Pages-short"))
        _tab_to(visit, "spec")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("All tables already match their specs.")).to_be_visible()
        page.go_back()
        page.go_back()
        expect(page.get_by_label("Filter")).to_have_value("pages-")


def _tab_to(visit: Visit, wanted: str) -> None:
    """Press Tab until the element with the text or the id WANTED has the focus."""
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        if wanted in visit.page.evaluate("[document.activeElement.textContent, document.activeElement.id]"):
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


def test_names_keep_their_case(
    browser: Browser, program: Chromium, entered: _Entered, embedded_server: ServerProcess
) -> None:
    """The attribute of a time to live stands beside its status as it is written."""
    with Client(embedded_server.address) as client:
        client.update_time_to_live(
            table_name="Pages-short",
            time_to_live_specification=TimeToLiveSpecification(attribute_name="expiresAt", enabled=True),
        )
    with visiting(browser, program.axe, entered.session) as visit:
        open_at(visit, entered.console, "tables/Pages-short")
        expect(visit.page.get_by_text("enabled expiresAt")).to_be_visible()


def test_a_row_has_a_cell_for_each_heading(browser: Browser, program: Chromium, entered: _Entered) -> None:
    """The list of operations has all cells of a row, also the empty ones, below their headings."""
    with visiting(browser, program.axe, entered.session) as visit:
        _operations(visit, entered)
        lefts = "(row) => [...row.children].map((cell) => Math.round(cell.getBoundingClientRect().left))"
        heading = visit.page.locator("thead tr").evaluate(lefts)
        row = visit.page.get_by_role("row").filter(has_text=entered.table)
        assert heading == row.first.evaluate(lefts)


def test_a_filter_of_no_column(browser: Browser, program: Chromium, entered: _Entered) -> None:
    """A filter that names no column names those that there are; `name` is the column of the names."""
    with visiting(browser, program.axe, entered.session) as visit:
        _tables(visit, entered)
        filters = visit.page.get_by_label("Filter")
        filters.fill("foo=bar")
        said = visit.page.get_by_text("There is no column 'foo'; it is one of table, status, billing")
        expect(said).to_be_visible()
        expect(visit.page.get_by_text(" of ")).to_have_count(1)
        filters.fill(f"name={entered.table}")
        expect(visit.page.get_by_role("link", name=entered.table)).to_be_visible()
        expect(said).to_have_count(0)


def test_a_spec_survives_a_reload(browser: Browser, program: Chromium, entered: _Entered) -> None:
    """What was typed on the page of plans is there after a reload."""
    with visiting(browser, program.axe, entered.session) as visit:
        open_at(visit, entered.console, "plan")
        visit.page.get_by_label("Table spec").fill("TableName: Kept\n")
        visit.page.reload()
        expect(visit.page.get_by_label("Table spec")).to_have_value("TableName: Kept\n")


def test_the_names_have_the_spare_width(browser: Browser, program: Chromium, entered: _Entered) -> None:
    """In a wide window, what the other columns do not need belongs to the names; a cut name has a title."""
    with visiting(browser, program.axe, entered.session) as visit:
        visit.page.set_viewport_size({"width": 1280, "height": 800})
        _tables(visit, entered)
        row = visit.page.get_by_role("rowheader", name=entered.table)
        expect(row).to_have_attribute("title", entered.table)
        box = row.bounding_box()
        assert box is not None
        assert box["width"] > 350
