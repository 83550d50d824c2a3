"""The browser of the tests itself."""

from playwright.sync_api import Browser

from tests.browser.harness.chromium import Chromium
from tests.browser.harness.visit import visiting

_UNREADABLE = "<html lang=en><title>Page</title><main><h1>Page</h1><p style='color: #ccc'>pale</p></main>"


def test_axe_finds_what_nobody_can_read(browser: Browser, program: Chromium) -> None:
    """A text with too little contrast is a finding."""
    with visiting(browser, program.axe) as visit:
        visit.page.set_content(_UNREADABLE)
        (finding,) = visit.findings()
        assert finding.startswith("color-contrast (serious): p:")


def test_errors_are_faults(browser: Browser, program: Chromium) -> None:
    """What a script throws, what it writes as an error, and what the page may not load are faults."""
    with visiting(browser, program.axe) as visit:
        visit.page.set_content("<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">")
        visit.page.evaluate("console.error('wrong')")
        visit.page.evaluate("setTimeout(() => { throw new Error('thrown') })")
        visit.page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:1/'}))")
        visit.page.wait_for_function("true")
        faults = "\n".join(visit.faults)
        visit.faults.clear()
    assert "error: wrong" in faults
    assert "uncaught: Error: thrown" in faults or "uncaught: thrown" in faults
    assert "Content Security Policy" in faults


def test_a_page_wider_than_the_window(browser: Browser, program: Chromium) -> None:
    """What does not fit beside each other is measured."""
    with visiting(browser, program.axe, width=360) as visit:
        visit.page.set_content("<body style='margin: 0'><div style='width: 500px'>wide</div>")
        assert 140 == visit.overflow()
