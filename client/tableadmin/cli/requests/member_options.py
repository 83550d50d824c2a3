"""Options that set members of AWS requests. A command gets a fragment of a request for each option."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.options import F, combine_options
from tableadmin.cli.requests import json_input, merging, option_members

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict

STREAM_VIEWS = ("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
TABLE_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


def member_option(*flags: str, make: Callable[[Any], AwsDict], **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 - handed on to click
    """Return an option whose values MAKE converts to fragments."""
    return click.option(*flags, callback=_fragment(make), **attributes)


def argument(name: str, *, make: Callable[[Any], AwsDict], **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 - handed on to click
    """Return an argument whose value MAKE converts to a fragment."""
    return click.argument(name, callback=_fragment(make), **attributes)


def _fragment(make: Callable[[Any], AwsDict]) -> Callable[[click.Context, click.Parameter, Any], AwsDict]:
    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> AwsDict:  # noqa: ANN401 - the type of the parameter
        values = value if param.multiple else (value,)
        try:
            return merging.merge(*(make(each) for each in values if each is not None))
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from error

    return callback


def merge_fragments(*parts: AwsDict) -> AwsDict:
    """Merge the fragments of several options. Raises UsageError if they contradict each other."""
    try:
        return merging.merge(*parts)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


def _document(ctx: click.Context, param: click.Parameter, value: str | None) -> AwsDict:
    del param
    return {} if value is None or ctx.resilient_parsing else json_input.read(value)


cli_input_json = click.option(
    "--cli-input-json",
    "base",
    metavar="FILE|-|JSON",
    shell_complete=shell_completion.files,
    callback=_document,
    help="The request in the JSON format of the AWS CLI; other options override its members.",
)

provisioned = combine_options(
    member_option(
        "--read", metavar="UNITS", make=option_members.capacity("Read"), help="Read capacity units."
    ),
    member_option(
        "--write", metavar="UNITS", make=option_members.capacity("Write"), help="Write capacity units."
    ),
)

ceilings = combine_options(
    member_option(
        "--max-read",
        metavar="UNITS",
        make=option_members.on_demand_limit("Read"),
        help="Maximum on-demand read request units; -1 removes the limit.",
    ),
    member_option(
        "--max-write",
        metavar="UNITS",
        make=option_members.on_demand_limit("Write"),
        help="Maximum on-demand write request units; -1 removes the limit.",
    ),
)

throughput = combine_options(
    provisioned,
    ceilings,
    member_option(
        "--warm-read",
        metavar="UNITS",
        make=option_members.warm_throughput("Read"),
        help="Warm throughput: read units per second.",
    ),
    member_option(
        "--warm-write",
        metavar="UNITS",
        make=option_members.warm_throughput("Write"),
        help="Warm throughput: write units per second.",
    ),
)

billing = member_option(
    "--on-demand/--provisioned",
    default=None,
    make=lambda on_demand: {"BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED"},
    help="Billing mode: pay per request, or provisioned capacity set by --read and --write.",
)

hash_key = member_option(
    "--hash-key",
    metavar="NAME:TYPE",
    make=option_members.hash_key,
    multiple=True,
    help="Hash (partition) key; TYPE is S, N or B.",
)
range_key = member_option(
    "--range-key",
    metavar="NAME:TYPE",
    make=option_members.range_key,
    multiple=True,
    help="Range (sort) key.",
)

encryption = member_option(
    "--sse",
    metavar="kms|aws-owned|KEY",
    make=option_members.encryption,
    help="Encryption at rest: the AWS managed KMS key (kms), the AWS owned key, or your own KMS key.",
)

global_indexes = member_option(
    "--gsi",
    metavar="INDEX",
    make=option_members.global_index,
    multiple=True,
    help="Global secondary index: 'name=...,hash=KEY,range=KEY'. Can be repeated.",
)

protection_and_class = combine_options(
    member_option(
        "--deletion-protection/--no-deletion-protection",
        default=None,
        make=option_members.flag("DeletionProtectionEnabled"),
        help="Whether the table is protected from deletion.",
    ),
    member_option(
        "--table-class",
        type=click.Choice(TABLE_CLASSES),
        make=option_members.member("TableClass"),
        help="Table class.",
    ),
    encryption,
)
