"""`--rates-from-cloudwatch`: costs of on-demand tables by what they consumed, which moto's CloudWatch tells.

In two days, 172,800 units are 1 a second, and 2,628,000 a month of 730 hours. By the prices of the package,
so many reads cost $0.33, and half as many writes $0.82.
"""

import json
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import yaml

from tests.cli.running import Run, runner
from tests.cli.test_cost_page import PAGE, matches
from tests.cli.test_cost_page import blocks as cost_blocks
from tests.docs.pages import blocks as page_blocks
from tests.engines import Engine
from tests.moto_cloudwatch import MotoCloudWatch, moto_cloudwatch
from tests.server.conftest import in_front_of
from tests.server.harness.scripted_endpoint import Answer, Seen, serving
from tests.server_process import ServerProcess

READS, WRITES = "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"
REGION = ("--region", "us-east-1")
OPERATIONS = ("--operations-table", "tableadmin-operations")
ASKED = ("--rates-from-cloudwatch", "2d")


class OldTables:
    """Has an ENGINE answer, but makes its tables older by AGE."""

    def __init__(self, engine: Engine) -> None:
        self._url = engine.url
        self.age = timedelta(days=30)

    def __call__(self, seen: Seen) -> Answer:
        """The answer of the engine to SEEN."""
        headers = {name: seen.headers[name] for name in ("Authorization", "Content-Type", "X-Amz-Target")}
        try:
            with urlopen(Request(self._url, seen.body, headers), timeout=60) as response:
                status, body = response.status, response.read()
        except HTTPError as error:
            with error:
                status, body = error.code, error.read()
        data = json.loads(body or b"{}")
        table = data.get("Table", {})
        if "CreationDateTime" in table:
            table["CreationDateTime"] -= self.age.total_seconds()
        return Answer(status, json.dumps(data).encode())


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoCloudWatch]:
    """CloudWatch."""
    with moto_cloudwatch("us-east-1") as started:
        yield started


@pytest.fixture(scope="module")
def old_tables(start_engine: Callable[[str], Engine]) -> OldTables:
    """The embedded engine, whose tables are old."""
    return OldTables(start_engine("ministack"))


@pytest.fixture(scope="module")
def metered(old_tables: OldTables, moto: MotoCloudWatch) -> Iterator[ServerProcess]:
    """A server in front of both."""
    with (
        serving(old_tables) as endpoint,
        in_front_of(endpoint, *REGION, *OPERATIONS, "--cloudwatch-endpoint-url", moto.url) as process,
    ):
        yield process


@pytest.fixture
def metered_tablectl(environment: dict[str, str], metered: ServerProcess) -> Run:
    """Run tablectl against that server."""
    return runner({**environment, "TABLEADMIN_SERVER": metered.address})


@pytest.fixture
def consumed(metered_tablectl: Run, moto: MotoCloudWatch, table_name: str) -> Iterator[str]:
    """An on-demand table with an index, which consumed one read and half a write a second."""
    made = metered_tablectl(
        *("table", "create", table_name, "--hash-key", "Artist:S", "--range-key", "Year:S", "--on-demand"),
        *("--gsi", "name=ByYear,hash=Year:S", "--wait"),
    )
    assert made.returncode == 0, made.stderr
    hours_ago = datetime.now(UTC) - timedelta(hours=5)
    moto.put(READS, hours_ago, 172_800, table_name)
    moto.put(WRITES, hours_ago, 86_400, table_name)
    moto.put(WRITES, hours_ago, 86_400, table_name, "ByYear")
    yield table_name
    metered_tablectl("table", "delete", table_name, "--yes")


@pytest.fixture
def file(metered_tablectl: Run, consumed: str, tmp_path: Path) -> str:
    """The spec of that table."""
    path = tmp_path / "table.yaml"
    path.write_text(metered_tablectl("export", consumed).stdout)
    return str(path)


def after(ran: Any) -> dict[tuple[str, str], tuple[float | None, str]]:  # noqa: ANN401  # of subprocess
    """The high bound and the note of each line after the plan, by name and index."""
    assert ran.returncode == 0, ran.stderr
    (plan,) = json.loads(ran.stdout)["Plans"]
    return {
        (each["Name"], each.get("IndexName", "")): (
            each["After"]["Amount"]["High"],
            each["After"].get("Note", ""),
        )
        for each in plan["Cost"]["Lines"]
        if "After" in each
    }


def test_the_cost_of_what_was_consumed(metered_tablectl: Run, file: str, moto: MotoCloudWatch) -> None:
    """Each line has the average of the window for a month; what CloudWatch has no data of is unknown."""
    del moto
    lines = after(metered_tablectl("plan", "-f", file, *ASKED, "-o", "json"))
    since = (datetime.now(UTC) - timedelta(days=2, minutes=5)).date()
    note = f"as in CloudWatch since {since}"
    assert (0.3285, note) == lines["on-demand reads", ""]
    assert (0.82125, note) == lines["on-demand writes", ""]
    assert (0.82125, note) == lines["on-demand writes", "ByYear"]
    assert (None, "CloudWatch has no data; give --reads") == lines["on-demand reads", "ByYear"]


def test_the_page_of_costs(metered_tablectl: Run, moto: MotoCloudWatch, tmp_path: Path) -> None:
    """The console block of docs/guides/cost.md, with a read and half a write a second of table and index."""
    (tmp_path / "invoices.yaml").write_text(cost_blocks("yaml")[0])
    made = metered_tablectl("apply", "-f", str(tmp_path / "invoices.yaml"), "--yes")
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "invoices.yaml").read_text()
    lines = [each for each in text.splitlines() if "ProvisionedThroughput" not in each]
    (tmp_path / "invoices.yaml").write_text("\n".join([*lines, "BillingMode: PAY_PER_REQUEST", ""]))
    days_ago = datetime.now(UTC) - timedelta(days=3)
    for index in ("", "ByMonth"):
        moto.put(READS, days_ago, 7 * 86_400, "Invoices", index)
        moto.put(WRITES, days_ago, 7 * 43_200, "Invoices", index)
    (block,) = [each.text for each in page_blocks(PAGE) if each.section == "Requests that CloudWatch counted"]
    command, *expected = block.removeprefix("$ ").splitlines()
    words = [str(tmp_path / each) if each == "invoices.yaml" else each for each in shlex.split(command)[1:]]
    ran = metered_tablectl(*words)
    metered_tablectl("table", "delete", "Invoices", "--yes")
    assert matches(ran.stdout.splitlines(), expected), ran


def test_what_is_given_goes_before(metered_tablectl: Run, file: str, consumed: str) -> None:
    """A rate by hand replaces that of CloudWatch, of each table or of one index."""
    given = ("--writes", "2M", "--reads", f"{consumed}/ByYear=1M")
    lines = after(metered_tablectl("plan", "-f", file, *ASKED, *given, "-o", "json"))
    assert 0.3285 == lines["on-demand reads", ""][0]
    assert (1.25, "") == lines["on-demand writes", ""]
    assert (0.125, "") == lines["on-demand reads", "ByYear"]
    assert 0.82125 == lines["on-demand writes", "ByYear"][0]


def test_before_a_table_becomes_provisioned(metered_tablectl: Run, file: str) -> None:
    """The plan compares what the requests cost now with the capacity."""
    units = {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}
    spec = yaml.safe_load(Path(file).read_text())
    indexes = [{**each, **units} for each in spec["GlobalSecondaryIndexes"]]
    changed = {**spec, **units, "BillingMode": "PROVISIONED", "GlobalSecondaryIndexes": indexes}
    Path(file).write_text(json.dumps(changed))
    ran = metered_tablectl("plan", "-f", file, *ASKED)
    assert "- on-demand reads: 2,628,000 RRU, $0.33 (as in CloudWatch since " in ran.stdout
    assert "+ provisioned reads: 5 RCU, $0.47\n" in ran.stdout


def test_a_table_and_an_index_that_do_not_exist_yet(metered_tablectl: Run, file: str, consumed: str) -> None:
    """Nobody has counted their requests: the cost is unknown."""
    text = Path(file).read_text().replace("IndexName: ByYear", "IndexName: ByDecade")
    Path(file).write_text(text)
    lines = after(metered_tablectl("plan", "-f", file, *ASKED, "-o", "json"))
    assert (None, "the index does not exist yet; give --reads") == lines["on-demand reads", "ByDecade"]
    Path(file).write_text(text.replace(consumed, f"{consumed}-next"))
    lines = after(metered_tablectl("plan", "-f", file, *ASKED, "-o", "json"))
    assert (None, "the table does not exist yet; give --reads") == lines["on-demand reads", ""]


def test_drift(metered_tablectl: Run, consumed: str, tmp_path: Path) -> None:
    """The cost of tables without a spec has what they consumed, too."""
    (tmp_path / "other.yaml").write_text(
        f"TableName: {consumed}-other\nBillingMode: PAY_PER_REQUEST\n"
        "AttributeDefinitions: [{AttributeName: A, AttributeType: S}]\n"
        "KeySchema: [{AttributeName: A, KeyType: HASH}]\n"
    )
    asked = ("drift", "-f", str(tmp_path / "other.yaml"), "--prefix", consumed, *ASKED)
    ran = metered_tablectl(*asked)
    assert ran.returncode == 0, ran.stderr
    assert "\nMonthly cost of 1 table unmanaged: at least $1.97\n" in ran.stdout


def test_a_new_table(
    metered_tablectl: Run, file: str, old_tables: OldTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is newer than a period of the window has no rates."""
    monkeypatch.setattr(old_tables, "age", timedelta())
    lines = after(metered_tablectl("plan", "-f", file, *ASKED, "-o", "json"))
    assert (None, "the table is too new; give --reads") == lines["on-demand reads", ""]


def test_an_endpoint_without_cloudwatch(tablectl: Run, table_name: str, tmp_path: Path) -> None:
    """The plan is shown with unknown costs, and a note says why."""
    tablectl("table", "create", table_name, "--hash-key", "A:S", "--on-demand", "--wait")
    path = tmp_path / "table.yaml"
    path.write_text(tablectl("export", table_name).stdout)
    plan = tablectl("plan", "-f", str(path), *ASKED)
    answer = json.loads(tablectl("plan", "-f", str(path), *ASKED, "-o", "json").stdout)
    tablectl("table", "delete", table_name, "--yes")
    assert plan.returncode == 0
    assert plan.stderr == (
        "note: no rates from CloudWatch: the endpoint 'embedded' has no CloudWatch; if another address has "
        "it, set cloudwatch_endpoint_url\n"
    )
    assert "= on-demand reads: unknown (CloudWatch cannot be read; give --reads)\n" in plan.stdout
    assert [plan.stderr.removeprefix("note: ").rstrip()] == answer["Notes"]


@pytest.mark.parametrize("window", ["0", "soon", "30m", "91d", ""])
def test_a_window_that_is_refused(offline: Run, window: str, tmp_path: Path) -> None:
    """The error says which windows there are."""
    (tmp_path / "table.yaml").write_text("TableName: Music\n")
    ran = offline("plan", "-f", str(tmp_path / "table.yaml"), "--rates-from-cloudwatch", window)
    assert (64, "") == (ran.returncode, ran.stdout)
    assert f"{window!r} is not a duration from 1h to 90d, such as 7d" in ran.stderr
