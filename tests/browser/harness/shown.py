"""What a person does in the page: enters, writes specs, waits for operations."""

from playwright.sync_api import Page, StorageState, expect

from tests.browser.harness.console_process import ConsoleProcess
from tests.browser.harness.visit import Visit


def enter(visit: Visit, console: ConsoleProcess) -> StorageState:
    """Open the address that the console printed, and return the cookies of the session."""
    visit.page.goto(console.url)
    expect_live(visit.page)
    return visit.page.context.storage_state()


def open_at(visit: Visit, console: ConsoleProcess, place: str) -> None:
    """Open a place of the console, such as `tables/Music`, with a session."""
    visit.page.goto(f"{console.url.partition('?')[0]}#/{place}")
    expect_live(visit.page)


def expect_live(page: Page) -> None:
    """Wait until the page follows the service."""
    expect(page.get_by_role("status", name="Connection")).to_have_text("Live")


def plan(page: Page, spec: str) -> None:
    """Write SPEC into the page of plans, and plan it."""
    page.get_by_label("Table spec").fill(spec)
    expect(page.get_by_text("The spec is valid.")).to_be_visible()
    page.get_by_role("button", name="Plan", exact=True).click()


def apply(page: Page) -> None:
    """Apply what was planned, and wait for the page of the operation."""
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("heading", name="Operation on")).to_be_visible()


def expect_state(page: Page, state: str) -> None:
    """Wait until the operation or the table that is shown has the state."""
    expect(page.locator(".head .badge")).to_have_text(state)
