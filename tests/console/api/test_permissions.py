"""A principal who may do little, at a service with two endpoints."""

from collections.abc import Callable, Iterator

import pytest

from tableadmin.console.console import Console
from tests.console.browsing import Browser
from tests.engines import Engine
from tests.server.security.authorization.guarded import Guarded, guarded
from tests.server.security.authorization.test_guarded_operations import table


@pytest.fixture(scope="module")
def two_endpoints(
    start_engine: Callable[[str], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """A server with policies and the endpoints `production` and `staging`, with a table at one of them."""
    with guarded(tmp_path_factory.mktemp("guarded"), start_engine("ministack")) as running:
        with running.client("olga", "staging") as olga:
            olga.apply([table("console-staging")]).result(60)
        yield running


def test_each_endpoint_by_itself(two_endpoints: Guarded) -> None:
    """The page shows the endpoint that it asks for: its tables, its operations and its plans."""
    with two_endpoints.client("olga", "production") as olga:
        console = Console(olga)
        with console.running():
            browser = Browser(console.url)
            browser.enter()
            found = browser.get("/api/session").json
            assert {"production", "staging"} == {each["name"] for each in found["endpoints"]}
            assert 200 == browser.get("/api/tables/console-staging?endpoint=staging").status
            assert "production" == found["endpoint"]
            planned = browser.get("/api/tables/console-staging/export?endpoint=staging").json["text"]
            plan = browser.post("/api/plan?endpoint=staging", {"text": planned}).json
            assert "NONE" == plan["plans"][0]["action"]
            other = browser.post("/api/apply", {"plan": plan["plan"]})
            assert (409, "NO_SUCH_PLAN") == (other.status, other.reason)


def test_parts_that_the_principal_may_not_read(two_endpoints: Guarded) -> None:
    """What the principal may not read is named with the reason, and the rest is shown."""
    with two_endpoints.client("near", "staging") as near:
        console = Console(near)
        with console.running():
            browser = Browser(console.url)
            browser.enter()
            found = browser.get("/api/tables/console-staging").json
    assert "Settings" in [each["title"] for each in found["sections"]]
    assert any("can't read tags of table console-staging: " in each for each in found["unreadable"])
    assert [] == [name for name, each in found["offers"].items() if each["permitted"]]
    assert "no policy permits ApplyPlan" in found["offers"]["ApplyPlan"]["why"]
