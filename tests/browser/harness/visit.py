"""A page of the console in the browser, and what the browser holds against it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, StorageState, expect

# Milliseconds until a test gives up. Only guards against hanging.
_GIVE_UP = 60_000
expect.set_options(timeout=_GIVE_UP)

_SERIOUS = ("serious", "critical")


class _Node(TypedDict):
    target: list[str]
    failureSummary: str


class _Violation(TypedDict):
    id: str
    impact: str
    help: str
    nodes: list[_Node]


@dataclass
class Visit:
    """A page, and the FAULTS: errors in the browser's console, violations of the policy for content."""

    page: Page
    axe: Path
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", self._failed)
        self.page.set_default_timeout(_GIVE_UP)

    def findings(self) -> list[str]:
        """What axe finds serious or critical in the page as it is now, a line for each element."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(self.axe.read_text(encoding="utf-8"))
        violations: list[_Violation] = self.page.evaluate("axe.run().then((found) => found.violations)")
        return [
            f"{each['id']} ({each['impact']}): {', '.join(node['target'])}: {node['failureSummary']}"
            for each in violations
            if each["impact"] in _SERIOUS
            for node in each["nodes"]
        ]

    def overflow(self) -> int:
        """By how many CSS pixels the page is wider than the window."""
        pixels: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return pixels

    def _said(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        # The page shows why a request was refused; the browser adds a line to its console.
        is_refusal = (
            message.text.startswith("Failed to load resource: the server responded") and "/api/" in url
        )
        if message.type in {"error", "warning"} and not is_refusal:
            self.faults.append(f"{message.type}: {message.text} ({url})")

    def _failed(self, error: Error) -> None:
        self.faults.append(f"uncaught: {error}")


@contextmanager
def visiting(
    browser: Browser,
    axe: Path,
    session: StorageState | None = None,
    *,
    width: int = 1280,
    height: int = 800,
) -> Iterator[Visit]:
    """An empty page in a window of WIDTH and HEIGHT, with the cookies of SESSION. Fails if it had faults."""
    with browser.new_context(
        viewport={"width": width, "height": height},
        storage_state=session,
        reduced_motion="reduce",
        timezone_id="UTC",
        locale="en-GB",
        accept_downloads=False,
    ) as context:
        visit = Visit(context.new_page(), axe)
        yield visit
        assert [] == visit.faults
