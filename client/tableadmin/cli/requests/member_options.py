"""Options that set members of AWS requests: each gives the command the members that its values set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from tableadmin.cli.app.options import F, together
from tableadmin.cli.requests import json_input, merging, option_members

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict

STREAM_VIEWS = ("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
TABLE_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


def setting(*flags: str, make: Callable[[Any], AwsDict], **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 - handed on to click
    """An option that gives the command the fragment which MAKE makes of each of its values."""
    return click.option(*flags, callback=_fragment(make), **attributes)


def argument(name: str, *, make: Callable[[Any], AwsDict], **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 - handed on to click
    """An argument that gives the command the fragment which MAKE makes of its value."""
    return click.argument(name, callback=_fragment(make), **attributes)


def _fragment(make: Callable[[Any], AwsDict]) -> Callable[[click.Context, click.Parameter, Any], AwsDict]:
    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> AwsDict:  # noqa: ANN401 - whatever type it has
        values = value if param.multiple else (value,)
        try:
            return merging.merged(*(make(each) for each in values if each is not None))
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from error

    return callback


def combined(*parts: AwsDict) -> AwsDict:
    """The fragments of several options as one; raises UsageError where they contradict each other."""
    try:
        return merging.merged(*parts)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


def _document(ctx: click.Context, param: click.Parameter, value: str | None) -> AwsDict:
    del param
    return {} if value is None or ctx.resilient_parsing else json_input.read(value)


cli_input_json = click.option(
    "--cli-input-json",
    "base",
    metavar="FILE|-|JSON",
    callback=_document,
    help="The request as the AWS CLI takes it; other options override it.",
)

provisioned = together(
    setting("--read", metavar="UNITS", make=option_members.capacity("Read"), help="Read capacity units."),
    setting("--write", metavar="UNITS", make=option_members.capacity("Write"), help="Write capacity units."),
)

ceilings = together(
    setting(
        "--max-read",
        metavar="UNITS",
        make=option_members.on_demand_limit("Read"),
        help="Ceiling of reads on demand, -1 for none.",
    ),
    setting(
        "--max-write",
        metavar="UNITS",
        make=option_members.on_demand_limit("Write"),
        help="Ceiling of writes on demand, -1 for none.",
    ),
)

throughput = together(
    provisioned,
    ceilings,
    setting(
        "--warm-read",
        metavar="UNITS",
        make=option_members.warm_throughput("Read"),
        help="Warm reads a second.",
    ),
    setting(
        "--warm-write",
        metavar="UNITS",
        make=option_members.warm_throughput("Write"),
        help="Warm writes a second.",
    ),
)

billing = setting(
    "--on-demand/--provisioned",
    default=None,
    make=lambda on_demand: {"BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED"},
    help="Pay for requests, or for capacity set by --read and --write.",
)

hash_key = setting(
    "--hash-key",
    metavar="NAME:TYPE",
    make=option_members.hash_key,
    multiple=True,
    help="Hash (partition) key; TYPE is S, N or B.",
)
range_key = setting(
    "--range-key",
    metavar="NAME:TYPE",
    make=option_members.range_key,
    multiple=True,
    help="Range (sort) key.",
)

encryption = setting(
    "--sse",
    metavar="kms|aws-owned|KEY",
    make=option_members.encryption,
    help="Encryption at rest: AWS's key in KMS, the key that AWS owns, or a KMS key.",
)

global_indexes = setting(
    "--gsi",
    metavar="INDEX",
    make=option_members.global_index,
    multiple=True,
    help="Global secondary index 'name=...,hash=KEY,range=KEY', may be repeated.",
)

protection_and_class = together(
    setting(
        "--deletion-protection/--no-deletion-protection",
        default=None,
        make=option_members.flag("DeletionProtectionEnabled"),
        help="Whether deleting the table is refused.",
    ),
    setting(
        "--table-class",
        type=click.Choice(TABLE_CLASSES),
        make=option_members.member("TableClass"),
        help="How storage and requests are priced.",
    ),
    encryption,
)
