"""The options of commands that show costs: which prices, and how many requests there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import click

from tableadmin.cli.app import settings
from tableadmin.cli.requests.price_source import PriceSource

if TYPE_CHECKING:
    from tableadmin.cost import Rates, Usage

P = ParamSpec("P")
R = TypeVar("R")

_SECONDS_AN_HOUR = 3600
_HOURS_A_MONTH = 730
_SHORTEST_WINDOW, _LONGEST_WINDOW = timedelta(hours=1), timedelta(days=90)
_THOUSANDS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
_BYTES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_RATE = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[KMG]?)(?P<per_second>/S)?", re.IGNORECASE)
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[KMGT]?)B?", re.IGNORECASE)
_LARGEST = 10**18
_RATE_FORM = "[TABLE[/INDEX]=]RATE"
_SIZE_FORM = "[TABLE[/INDEX]=]SIZE"


class _Amount(NamedTuple):
    """A number of units a month or of bytes, for RESOURCE; "" is each table."""

    resource: str
    value: Decimal


class _AmountType(click.ParamType[_Amount]):
    """`[TABLE[/INDEX]=]AMOUNT`, where AMOUNT is what PATTERN matches."""

    def __init__(self, name: str, pattern: re.Pattern[str], factors: dict[str, int], example: str) -> None:
        self.name = name
        self._pattern = pattern
        self._factors = factors
        self._example = example

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> _Amount:
        """VALUE as a number for a resource."""
        text = str(value)
        resource, given, amount = text.partition("=") if "=" in text else ("", "", text)
        found = self._pattern.fullmatch(amount.strip())
        if found is None or (given and not resource.strip()):
            self.fail(f"{value!r} is not {self._example}", param, ctx)
        parts = found.groupdict()
        number = Decimal(parts["number"]) * self._factors[parts["unit"].upper()]
        if parts.get("per_second"):
            number *= _SECONDS_AN_HOUR * _HOURS_A_MONTH
        if number > _LARGEST:
            self.fail(f"{value!r} is too large: at most {_LARGEST:,} units a month, or bytes", param, ctx)
        return _Amount(resource.strip(), number)


class _Window(click.ParamType[timedelta]):
    """A duration that CloudWatch can be asked for."""

    name = "window"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """VALUE as a timedelta."""
        try:
            window = timedelta(seconds=settings.duration(str(value)))
        except (ValueError, OverflowError):
            window = timedelta()
        if not _SHORTEST_WINDOW <= window <= _LONGEST_WINDOW:
            self.fail(f"{value!r} is not a duration from 1h to 90d, such as 7d", param, ctx)
        return window


_RATES = _AmountType("rate", _RATE, _THOUSANDS, "a number per month such as 20M, or per second such as 50/s")
_SIZES = _AmountType("size", _SIZE, _BYTES, "a size such as 500MB or 20GB")


@dataclass(frozen=True)
class CostOptions:
    """What was asked for about costs. ENABLED says whether costs are shown at all.

    RATES_WINDOW is the time before now of which CloudWatch tells the requests; None if it is not asked.
    """

    enabled: bool
    files: Sequence[str]
    reads: Sequence[_Amount]
    writes: Sequence[_Amount]
    stream_reads: Sequence[_Amount]
    storage: Sequence[_Amount]
    rates_window: timedelta | None = None

    def price_source(self) -> PriceSource:
        """Where prices are from. Raises InputError for a wrong file."""
        return PriceSource(self.files)

    def unknown(self, known: Collection[str]) -> list[str]:
        """Return a line for each option with a table or index that is not in KNOWN (TABLE, TABLE/INDEX)."""
        options = {
            "--reads": self.reads,
            "--writes": self.writes,
            "--stream-reads": self.stream_reads,
            "--storage": self.storage,
        }
        return [
            f"{option}: {_not_found(each.resource, known)}"
            for option, amounts in options.items()
            for each in amounts
            if each.resource and each.resource not in known
        ]

    def usage(self) -> Usage:
        """The numbers of requests, and the sizes of what does not exist yet."""
        from tableadmin.cost import Usage  # noqa: PLC0415 - protobuf

        return Usage(
            reads=_rates(self.reads),
            writes=_rates(self.writes),
            stream_reads=_rates(self.stream_reads),
            storage=_rates(self.storage),
        )


def _not_found(resource: str, known: Collection[str]) -> str:
    """Return that RESOURCE was not found, and the most similar name in KNOWN."""
    kind = "index" if "/" in resource else "table"
    near = get_close_matches(resource, [each for each in known if ("/" in each) == ("/" in resource)], n=1)
    return f"no {kind} {resource!r} was found{f', did you mean {near[0]!r}?' if near else ''}"


def _rates(amounts: Sequence[_Amount]) -> Rates:
    from tableadmin.cost import Rates  # noqa: PLC0415 - protobuf

    return Rates({each.resource: each.value for each in amounts})


_OPTIONS = (
    click.option(
        "--cost",
        is_flag=True,
        help="Show the monthly cost of each table in US dollars, by list prices. The options below imply "
        "--cost.",
    ),
    click.option(
        "--prices",
        metavar="aws|FILE",
        multiple=True,
        type=click.Path(dir_okay=False),
        help="Use these prices: 'aws' for the current price list of AWS, which tablectl downloads, or a file "
        "with the price list of AmazonDynamoDB as JSON. Can be repeated for several regions. By default "
        "tablectl has prices of us-east-1.",
    ),
    click.option(
        "--reads",
        metavar=_RATE_FORM,
        multiple=True,
        type=_RATES,
        help="Read request units of on-demand tables: a number per month such as 20M, or per second "
        "such as 50/s. Without TABLE=, the rate applies to each table. Can be repeated.",
    ),
    click.option(
        "--writes",
        metavar=_RATE_FORM,
        multiple=True,
        type=_RATES,
        help="Write request units of on-demand tables, and of tables with a Kinesis data stream.",
    ),
    click.option(
        "--rates-from-cloudwatch",
        "rates_window",
        metavar="WINDOW",
        type=_Window(),
        help="Take the request units of existing tables from CloudWatch: their average over the last WINDOW, "
        "such as 7d. --reads and --writes override the average.",
    ),
    click.option(
        "--stream-reads",
        metavar=_RATE_FORM,
        multiple=True,
        type=_RATES,
        help="GetRecords calls of readers of DynamoDB Streams. Calls by Lambda are free.",
    ),
    click.option(
        "--storage",
        metavar=_SIZE_FORM,
        multiple=True,
        type=_SIZES,
        help="Size of tables and indexes that do not exist yet, such as 20GB.",
    ),
)


def cost_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options of costs to COMMAND, which gets them as `costs`, a CostOptions."""

    @wraps(command)
    def with_costs(*args: P.args, **kwargs: P.kwargs) -> R:
        names = ("reads", "writes", "stream_reads", "storage")
        amounts: dict[str, Any] = {name: kwargs.pop(name) for name in names}
        files: Any = kwargs.pop("prices")
        window: Any = kwargs.pop("rates_window")
        enabled = bool(kwargs.pop("cost") or files or window or any(amounts.values()))
        kwargs["costs"] = CostOptions(enabled=enabled, files=files, rates_window=window, **amounts)
        return command(*args, **kwargs)

    found: Callable[P, R] = with_costs
    for option in reversed(_OPTIONS):
        found = option(found)
    return found
