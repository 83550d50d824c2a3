"""The options of commands that show costs."""

from decimal import Decimal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tableadmin.cli.app.exit_codes import InputError
from tableadmin.cli.requests.cost_options import CostOptions, cost_options


def options(*words: str) -> CostOptions:
    """What a command gets for WORDS; raises click's errors."""
    found: list[CostOptions] = []

    @click.command()
    @cost_options
    def command(costs: CostOptions) -> None:
        found.append(costs)

    result = CliRunner().invoke(command, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return found[0]


def test_costs_are_shown_when_they_are_asked_for() -> None:
    """--cost asks for costs, and so does each of the other options."""
    assert not options().enabled
    assert options("--cost").enabled
    assert options("--reads", "1").enabled
    assert options("--prices", "prices.json").enabled


@pytest.mark.parametrize(
    ("text", "resource", "units"),
    [
        ("20M", "", Decimal(20_000_000)),
        ("1.5k", "", Decimal(1500)),
        ("2/s", "", Decimal(2 * 3600 * 730)),
        ("Music=7", "Music", Decimal(7)),
        ("Music/ByYear=1K/s", "Music/ByYear", Decimal(1000 * 3600 * 730)),
    ],
)
def test_rates(text: str, resource: str, units: Decimal) -> None:
    """A rate is a number a month or a second, of each table, of one table or of one index."""
    assert options("--writes", text).usage().writes.by_resource == {resource: units}


@pytest.mark.parametrize(("text", "size"), [("20GB", 20 * 2**30), ("1.5K", 1536), ("7", 7), ("1TB", 2**40)])
def test_sizes(text: str, size: int) -> None:
    """A size is in bytes, with the units that AWS charges: 1 GB is 2 to the 30."""
    assert options("--storage", text).usage().storage.by_resource == {"": Decimal(size)}


@pytest.mark.parametrize("text", ["", "x", "-1", "1/m", "=5", "Music=", "1e9", "20MB", "Music=1M=2"])
def test_what_is_not_a_rate_is_refused(text: str) -> None:
    """The error says how a rate is written."""
    with pytest.raises(
        click.BadParameter, match="a number per month such as 20M, or per second such as 50/s"
    ):
        options("--reads", text)


@pytest.mark.parametrize(
    ("option", "text"),
    [("--reads", "99999999999999999999999999M"), ("--writes", "9999999999999/s"), ("--storage", "9" * 30)],
)
def test_what_is_too_large_is_refused(option: str, text: str) -> None:
    """The error says what the largest number is."""
    with pytest.raises(click.BadParameter, match="at most 1,000,000,000,000,000,000 units a month, or bytes"):
        options(option, text)


def test_files_of_prices_are_merged(tmp_path: Path) -> None:
    """Each file adds regions; without a file the prices are those of the package."""
    for region in ("eu-west-1", "eu-west-2"):
        text = f'{{"source": "{region}", "date": "2026-01-01", "regions": {{"{region}": {{}}}}}}'
        (tmp_path / region).write_text(text)
    files = [str(tmp_path / region) for region in ("eu-west-1", "eu-west-2")]
    found = options("--prices", files[0], "--prices", files[1]).price_source().of([])
    assert list(found.regions) == ["eu-west-1", "eu-west-2"]
    assert list(options("--cost").price_source().of([]).regions) == ["us-east-1"]
    with pytest.raises(InputError, match="No such file"):
        options("--prices", str(tmp_path / "missing")).price_source()
