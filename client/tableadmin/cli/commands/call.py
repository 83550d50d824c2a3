"""`tablectl call`: call any RPC with AWS-shaped JSON."""

from __future__ import annotations

from difflib import get_close_matches

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.exit_codes import InputError
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, aws, pass_session
from tableadmin.cli.output.output_formats import print_response
from tableadmin.cli.requests import json_input


@click.command(cls=Command, example="""tablectl call DescribeTable '{"TableName": "Music"}'""")
@click.argument("rpc", shell_complete=shell_completion.rpcs)
@click.argument("request", metavar="[JSON|-|@FILE]", default="{}", shell_complete=shell_completion.files)
@options.yes
@pass_session
def call(session: Session, rpc: str, request: str, *, yes: bool) -> None:
    """Call any RPC with a JSON request in the format of the AWS API.

    The request is JSON text, - for standard input, or @FILE for a file.

    If a request deletes data or settings, tablectl asks for confirmation.

    Write RPC as in the AWS API (DescribeTable) or in the AWS CLI (describe-table).
    """
    name = _method(rpc)
    members = json_input.read(request)
    response = session.change(getattr(session.rpcs, name), members, yes=yes)
    if session.in_blocks:
        print_response(aws(response), "json")
    else:
        session.show_document(aws(response))


def _method(rpc: str) -> str:
    """Return the client's method name for RPC. Raises InputError, with similar names, for an unknown RPC."""
    from tableadmin.channel import SERVICE  # noqa: PLC0415 - protobuf

    names = {method.name.lower(): method.name for method in SERVICE.methods}
    plain = rpc.replace("-", "").replace("_", "").lower()
    if plain not in names:
        found = get_close_matches(plain, names, n=1)
        hint = f", did you mean {names[found[0]]}?" if found else ""
        raise InputError(f"there is no RPC {rpc!r}{hint}")
    return _snake(names[plain])


def _snake(rpc: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in rpc).lstrip("_")
