"""A spec is validated, planned and applied in the page; what deletes something is confirmed by name."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tableadmin import Client, formats
from tableadmin.cli.requests.cost_options import CostOptions
from tableadmin.console.console import Console
from tableadmin.console.pricing import Pricing
from tests.console.browsing import Browser, Response
from tests.cost.price_lists import PriceLists
from tests.server.security.authorization.test_guarded_operations import table

WRONG = "TableName: Music\nBillingMode: PAY_PER_REQUEST\nKeySchema: []\n"


@pytest.fixture
def indexed(tables: Client, table_name: str) -> Iterator[str]:
    """A table with an index."""
    tables.apply([table(table_name, "genre")]).result(60)
    yield table_name
    tables.delete_table(table_name=table_name)


def text(name: str, *indexes: str) -> str:
    """The spec of the table as YAML."""
    return formats.write([table(name, *indexes)], "spec").text


def planned(browser: Browser, spec: str) -> Any:  # noqa: ANN401 - of any shape
    """The answer to the page that plans SPEC."""
    return browser.post("/api/plan", {"text": spec}).json


def applied(browser: Browser, plan: str, *confirmed: str) -> Response:
    """The answer to the page that applies a plan."""
    return browser.post("/api/apply", {"plan": plan, "confirmed": list(confirmed)})


@pytest.mark.parametrize(
    ("spec", "line", "said"),
    [
        ("", None, "the spec is empty"),
        ("a: [", 2, "not YAML"),
        ("TableName: Music\nBilingMode: x\nKeySchema: []", 2, "did you mean 'BillingMode'"),
        (WRONG, 3, ""),
        ("{}", None, "is required"),
        ("TableName: A\n---\nTableName: A\n", None, "is specified twice"),
    ],
)
def test_problems(browser: Browser, spec: str, line: int | None, said: str) -> None:
    """What is wrong with a spec is said with its line, and there is no plan."""
    found = browser.post("/api/validate", {"text": spec}).json
    assert found["problems"]
    assert any(said in each["message"] for each in found["problems"])
    if line:
        assert line in [each["line"] for each in found["problems"]]
    assert planned(browser, spec)["plan"] is None


def test_a_plan_is_applied(browser: Browser, tables: Client, table_name: str) -> None:
    """A plan shows what tablectl shows, and what is applied is what was planned; twice is once."""
    found = planned(browser, text(table_name))
    assert ("1 to create, 0 to change, 0 to replace", False) == (
        found["summary"],
        found["plans"][0]["destroys"],
    )
    assert ("CREATE", []) == (found["plans"][0]["action"], found["plans"][0]["classes"])
    assert any("CreateTable" in each["text"] for each in found["plans"][0]["lines"])
    first = applied(browser, found["plan"]).json["operations"]
    assert first[0]["id"] == applied(browser, found["plan"]).json["operations"][0]["id"]
    tables.operations([first[0]["id"]]).result(60)
    assert "NONE" == planned(browser, text(table_name))["plans"][0]["action"]
    tables.delete_table(table_name=table_name)


def test_what_deletes_is_confirmed_by_name(browser: Browser, tables: Client, indexed: str) -> None:
    """Without the name of the table nothing that deletes is applied."""
    found = planned(browser, text(indexed))
    assert found["plans"][0]["destroys"]
    for confirmed in ((), ("",), (indexed.upper(),), (f"{indexed} ",)):
        refused = applied(browser, found["plan"], *confirmed)
        assert (409, "NOT_CONFIRMED") == (refused.status, refused.reason)
    begun = applied(browser, found["plan"], indexed).json["operations"]
    tables.operations([begun[0]["id"]]).result(60)
    assert not tables.describe_table(table_name=indexed).table.global_secondary_indexes


def test_what_a_plan_costs(tables: Client, indexed: str) -> None:
    """With prices, a plan shows the cost of each table, and of all together; without, none."""
    options = CostOptions(enabled=True, files=(), reads=(), writes=(), stream_reads=(), storage=())
    console = Console(tables, pricing=Pricing.of(options))
    with console.running():
        browser = Browser(console.url)
        browser.enter()
        found = planned(browser, text(indexed))
    assert any("Monthly cost" in each["text"] for each in found["plans"][0]["lines"])
    assert any("By list prices of" in each["text"] for each in found["costs"])


def test_a_plan_is_shown_where_its_prices_cannot_be_read(
    tables: Client, indexed: str, price_lists: PriceLists, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has the plan without costs, and says why."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    price_lists.files["us-east-1"] = 503
    options = CostOptions(enabled=True, files=("aws",), reads=(), writes=(), stream_reads=(), storage=())
    console = Console(tables, pricing=Pricing.of(options))
    with console.running():
        browser = Browser(console.url)
        browser.enter()
        found = planned(browser, text(indexed))
    assert [indexed] == [each["table"] for each in found["plans"]]
    assert ["Costs are not shown: cannot read AWS's price list of us-east-1"] == [
        each["text"].partition(": HTTP 503")[0] for each in found["costs"]
    ]


def test_a_plan_is_shown_where_requests_cannot_be_read(tables: Client, indexed: str) -> None:
    """Without CloudWatch the page has the plan with unknown costs, and says why."""
    options = CostOptions(
        enabled=True,
        files=(),
        reads=(),
        writes=(),
        stream_reads=(),
        storage=(),
        rates_window=timedelta(days=7),
    )
    on_demand = text(indexed).replace("BillingMode: PROVISIONED", "BillingMode: PAY_PER_REQUEST")
    console = Console(tables, pricing=Pricing.of(options))
    with console.running():
        browser = Browser(console.url)
        browser.enter()
        found = planned(browser, on_demand)
    assert any(
        "CloudWatch cannot be read; give --reads" in each["text"] for each in found["plans"][0]["lines"]
    )
    assert found["costs"][-1]["text"].startswith(
        "Note: no rates from CloudWatch: the endpoint 'embedded' has no"
    )


def test_no_costs(browser: Browser, indexed: str) -> None:
    """Nobody is told of costs who has not asked for costs."""
    found = planned(browser, text(indexed))
    assert [] == found["costs"]
    assert not any("cost" in each["text"] for each in found["plans"][0]["lines"])


def test_a_table_that_has_moved_on(browser: Browser, tables: Client, indexed: str) -> None:
    """A plan of an older state of the table changes nothing."""
    found = planned(browser, text(indexed, "genre", "year"))
    tables.apply([table(indexed, "genre", "label")]).result(60)
    refused = applied(browser, found["plan"])
    assert 409 == refused.status
    assert indexed in refused.json["error"]["message"]


@pytest.mark.parametrize("plan", ["", "guessed", None, 5, [], {}])
def test_a_plan_that_nobody_was_shown(browser: Browser, plan: object) -> None:
    """What was not planned in the page is not applied."""
    refused = browser.post("/api/apply", {"plan": plan})
    assert (409, "NO_SUCH_PLAN") == (refused.status, refused.reason)


def test_a_text_names_no_file(browser: Browser, tmp_path: Any) -> None:  # noqa: ANN401 - a path
    """A text in the editor can't have the console read files of the user."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"a": "SECRET"}')
    terraform = (
        f'locals {{ x = jsondecode(file("{secret}")) }}\n'
        'resource "aws_dynamodb_table" "t" { name = local.x.a }'
    )
    template = f'Resources:\n  Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: "{secret}"}}}}\n'
    for each in (terraform, template, f"TableName: !include {secret}\n"):
        assert "SECRET" not in browser.post("/api/validate", {"text": each}).body.decode()
