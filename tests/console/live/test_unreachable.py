"""The page is told whether the service or the endpoint is away."""

from pathlib import Path

from tableadmin import Client
from tableadmin.console.console import Console
from tests.console.browsing import Browser
from tests.console.live.test_following import Shown
from tests.server.conftest import write_config
from tests.server_process import running_server


def test_an_endpoint_and_then_the_service_are_away(tmp_path: Path) -> None:
    """While the service answers, the endpoint is away; once no server listens, its address is named."""
    nowhere = {"endpoint_url": "http://127.0.0.1:9", "region": "us-west-2", "max_attempts": 1}
    config = write_config(tmp_path / "c.toml", {"nowhere": nowhere})
    with running_server("--config", str(config)) as server, Client(server.address) as client:
        console = Console(client)
        with console.running():
            browser = Browser(console.url)
            browser.enter()
            with browser.events() as events:
                shown = Shown(events)
                service = shown.kinds["status"]
                shown.until(lambda _: service.get("service", {}).get("state") == "live")
                assert "reconnecting" == shown.status["state"]
                assert "the endpoint" in shown.status["reason"]
                assert {} == shown.tables
                server.terminate()
                shown.until(lambda _: f"cannot reach {server.address}" in service["service"]["reason"])
                assert "reconnecting" == service["service"]["state"]
