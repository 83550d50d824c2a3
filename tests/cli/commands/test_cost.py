"""`plan --cost` and `drift --cost`, through a real server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import Run
from tests.cli.terminal import Terminal
from tests.cost.price_lists import PriceLists
from tests.cost.test_prices import offer, product


@pytest.fixture
def file(tablectl: Run, table: str, tmp_path: Path) -> Callable[[int], str]:
    """Write the spec of TABLE with other reads to a file; its path."""

    def write(reads: int) -> str:
        path = tmp_path / "table.yaml"
        text = tablectl("export", table).stdout
        path.write_text(text.replace("ReadCapacityUnits: 5", f"ReadCapacityUnits: {reads}"))
        return str(path)

    return write


def test_a_table_without_changes_has_a_cost(tablectl: Run, file: Callable[[int], str]) -> None:
    """One amount, and no parts: nothing changes."""
    ran = tablectl("plan", "-f", file(5), "--cost")
    _, cost, *rest = ran.stdout.splitlines()
    assert cost == "  Monthly cost: $2.85"
    assert rest[0] == "Monthly cost of 1 table: $2.85"


def test_a_table_without_changes_says_what_is_not_known(
    tablectl: Run, table: str, file: Callable[[int], str]
) -> None:
    """A sum that is not known in full names the parts that are not known."""
    tablectl("table", "update", table, "--stream", "NEW_IMAGE", "--wait")
    lines = tablectl("plan", "-f", file(5), "--cost").stdout.splitlines()
    assert lines[1:3] == [
        "  Monthly cost: at least $2.85",
        "    = reads of the stream: unknown (give --stream-reads)",
    ]


def test_without_cost_nothing_is_said_of_it(tablectl: Run, file: Callable[[int], str]) -> None:
    """A plan has neither amounts nor what they depend on, unless asked."""
    path = file(9)
    assert "ost" not in tablectl("plan", "-f", path).stdout
    answer = json.loads(tablectl("plan", "-f", path, "-o", "json").stdout)
    assert list(answer) == ["Plans"]
    assert not {"BilledBefore", "BilledAfter", "Cost"} & answer["Plans"][0].keys()


def test_programs_get_bounds_and_lines(tablectl: Run, file: Callable[[int], str]) -> None:
    """JSON has each amount as its bounds, all lines, and where the prices are from."""
    answer = json.loads(tablectl("plan", "-f", file(105), "--cost", "-o", "json").stdout)
    cost = answer["Plans"][0]["Cost"]
    assert cost["MonthlyIncrease"] == {"Low": 9.49, "High": 9.49}
    reads = next(each for each in cost["Lines"] if each["Name"] == "provisioned reads")
    assert (reads["Before"]["Quantity"]["Low"], reads["After"]["Quantity"]["Low"]) == (5, 105)
    assert answer["Cost"]["MonthlyIncrease"] == cost["MonthlyIncrease"]
    assert (answer["Cost"]["Currency"], answer["Cost"]["PricesDate"]) == ("USD", "2026-05-01")


def test_pull_requests_have_the_cost_at_the_top_and_in_the_section(
    tablectl: Run, file: Callable[[int], str]
) -> None:
    """The sum is above the sections, and each section has the cost of its table."""
    text = tablectl("plan", "-f", file(105), "--cost", "-o", "markdown").stdout
    head, _, section = text.partition("<details>")
    assert "\nMonthly cost of 1 table: $2.85 -> $12.34 (+$9.49)\n" in head
    assert "\nMonthly cost: $2.85 -> $12.34 (+$9.49)\n" in section


def test_prices_of_another_region_leave_the_cost_unknown(
    tablectl: Run, file: Callable[[int], str], tmp_path: Path
) -> None:
    """A part without a price is unknown, and says which prices are missing."""
    prices = tmp_path / "prices.json"
    prices.write_text('{"source": "me", "date": "2026-01-01", "regions": {"eu-west-1": {}}}')
    text = tablectl("plan", "-f", file(9), "--prices", str(prices)).stdout
    assert "  Monthly cost: unknown -> unknown (unknown)\n" in text
    assert "~ provisioned reads: 5 RCU -> 9 RCU, unknown -> unknown (no prices of us-east-1)\n" in text

    note = f"note: {prices} has no prices of us-east-1\n"
    assert note == (ran := tablectl("plan", "-f", file(9), "--prices", str(prices))).stderr
    assert "\nBy prices of me, 2026-01-01; " in ran.stdout
    assert note in tablectl("drift", "-f", file(9), "--prices", str(prices)).stderr


@pytest.mark.parametrize("option", ["--reads", "--writes", "--stream-reads", "--storage"])
def test_a_table_that_no_spec_has(tablectl: Run, table: str, file: Callable[[int], str], option: str) -> None:
    """A plan refuses an amount of an unknown table or index as wrong usage; drift says so in a note."""
    path = file(9)
    near, index = f"{option}: no table '{table}x' was found, did you mean '{table}'?", f"{table}/Nope"
    refused = tablectl("plan", "-f", path, option, f"{table}x=5")
    assert (64, "") == (refused.returncode, refused.stdout)
    assert f"tablectl: {near}" in refused.stderr
    assert (
        f"{option}: no index '{index}' was found" in tablectl("plan", "-f", path, option, f"{index}=5").stderr
    )
    drift = tablectl("drift", "-f", path, "--prefix", table, option, f"{table}x=5")
    assert (0, f"note: {near}\n") == (drift.returncode, drift.stderr)
    assert "" == tablectl("plan", "-f", path, option, f"{table}=5").stderr


def test_a_file_without_prices_is_refused_before_the_service_is_asked(offline: Run, tmp_path: Path) -> None:
    """The error is one line, and names the file."""
    (tmp_path / "prices.json").write_text("[]")
    (tmp_path / "table.yaml").write_text("TableName: Music\n")
    for command in ("plan", "drift"):
        path = str(tmp_path / "prices.json")
        ran = offline(command, "-f", str(tmp_path / "table.yaml"), "--prices", path)
        assert (ran.returncode, ran.stdout) == (64, "")
        assert ran.stderr.startswith(f"tablectl: --prices: {path}: is neither a price list of AWS")


def test_prices_of_aws(
    tablectl: Run, file: Callable[[int], str], tmp_path: Path, price_lists: PriceLists
) -> None:
    """`--prices aws` downloads the price list of the region of the tables, and the cost has its date."""
    caches = {"XDG_CACHE_HOME": str(tmp_path)}
    price_lists.files["us-east-1"] = json.dumps(
        offer(product("A", "ReadCapacityUnit-Hrs", "us-east-1", ("0", "0.001")))
    ).encode()
    path = file(9)
    text = tablectl("plan", "-f", path, "--prices", "aws", **caches).stdout
    assert "~ provisioned reads: 5 RCU -> 9 RCU, $3.65 -> $6.57\n" in text
    assert "\nBy list prices of 2026-09-11; " in text
    drift = tablectl("drift", "-f", path, "--prefix", Path(path).name, "--prices", "aws", **caches).stdout
    assert "(+$2.92)" in drift
    assert price_lists.asked == ["us-east-1"]


def test_prices_of_aws_where_aws_cannot_be_reached(
    tablectl: Run, file: Callable[[int], str], tmp_path: Path, price_lists: PriceLists
) -> None:
    """The command fails with one line that says how to get the price list."""
    price_lists.files["us-east-1"] = 503
    ran = tablectl("plan", "-f", file(9), "--prices", "aws", XDG_CACHE_HOME=str(tmp_path))
    assert (1, "") == (ran.returncode, ran.stdout)
    assert ran.stderr.startswith("tablectl: cannot read AWS's price list of us-east-1: HTTP 503; where the ")
    assert ran.stderr.endswith("then give --prices prices-us-east-1.json\n")


def test_a_region_of_which_aws_has_no_prices(
    tablectl: Run, file: Callable[[int], str], tmp_path: Path, price_lists: PriceLists
) -> None:
    """The cost is unknown, and a note says why."""
    ran = tablectl("plan", "-f", file(9), "--prices", "aws", XDG_CACHE_HOME=str(tmp_path))
    assert price_lists.asked == ["us-east-1"]
    assert (0, "note: AWS's price list has no prices of us-east-1\n") == (ran.returncode, ran.stderr)
    assert "  Monthly cost: unknown -> unknown (unknown)\n" in ran.stdout


def test_drift_has_the_cost_of_each_status(tablectl: Run, table: str, file: Callable[[int], str]) -> None:
    """Drifted, missing and unmanaged tables have a cost each, and a sum by status."""
    path = Path(file(105))
    absent = path.read_text().replace(table, f"{table}-absent")
    path.write_text(f"{path.read_text()}---\n{absent}")
    tablectl("table", "create", f"{table}-other", "--hash-key", "A:S", "--on-demand", "--wait")
    drift = ("drift", "-f", str(path), "--prefix", table, "--cost")
    text, answer = tablectl(*drift).stdout, json.loads(tablectl(*drift, "-o", "json").stdout)
    markdown = tablectl(*drift, "-o", "markdown").stdout
    tablectl("table", "delete", f"{table}-other", "--yes")
    assert [
        "Monthly cost of 1 table drifted: $2.85 -> $12.34 if the specs are applied (+$9.49)",
        "Monthly cost of 1 table missing: at least $12.34 if the specs are applied",
        "Monthly cost of 1 table unmanaged: unknown",
    ] == [line for line in text.splitlines() if line.startswith("Monthly cost of")]
    assert {"DRIFTED", "MISSING", "UNMANAGED"} < answer["Cost"].keys()
    assert all("Cost" in each for each in answer["Tables"])
    assert "| Monthly cost |" in markdown
    assert "\nMonthly cost of 1 table missing: " in markdown


def test_watching_shows_no_costs(tablectl: Run, file: Callable[[int], str]) -> None:
    """--watch and --cost exclude each other."""
    ran = tablectl("drift", "-f", file(5), "--watch", "--cost")
    assert (ran.returncode, ran.stdout) == (64, "")
    assert "--watch shows no costs" in ran.stderr


def test_a_narrow_terminal_folds_the_cost(
    terminal: Callable[..., Terminal], file: Callable[[int], str]
) -> None:
    """No line of the cost is wider than the terminal."""
    shown = terminal("plan", "-f", file(105), "--cost", columns=40)
    assert shown.end() == 0
    lines = shown.screen.splitlines()
    assert any("Monthly cost" in line for line in lines)
    assert max(map(len, lines)) <= 40
