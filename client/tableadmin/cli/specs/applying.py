"""Apply plans: check for obstacles, ask for confirmation, and follow the operations."""

from __future__ import annotations

import getpass
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.confirmation import confirm
from tableadmin.cli.app.exit_codes import CommandFailed, Interrupted
from tableadmin.cli.app.session import Session, aws
from tableadmin.cli.output import terminal_text
from tableadmin.cli.specs import planning
from tableadmin.cli.views.formatting import word
from tableadmin.cli.views.operations import operation_progress
from tableadmin.cli.views.plans import plan_text
from tableadmin.cli.views.plans.plan_values import with_values

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.specs.spec_files import LoadedSpec
    from tableadmin.client import Client
    from tableadmin.v1 import TablePlan

R = TypeVar("R")


@dataclass(frozen=True)
class ApplyOptions:
    """The options of a command that applies plans."""

    yes: bool
    detach: bool
    allow_destructive: bool
    allow_replacement: bool
    request_id: str | None
    not_before: datetime | None = None

    @classmethod
    def none(cls) -> ApplyOptions:
        """Return the options' defaults."""
        return cls(yes=False, detach=False, allow_destructive=False, allow_replacement=False, request_id=None)

    @property
    def allowed(self) -> frozenset[str]:
        """The classes of changes with permanent loss that are allowed."""
        flags = {"DESTRUCTIVE": self.allow_destructive, "REPLACEMENT": self.allow_replacement}
        return frozenset(each for each, allowed in flags.items() if allowed)


# The flags that allow classes of changes, the worst class first: a replacement deletes all items.
_FLAGS = {"REPLACEMENT": "--allow-replacement", "DESTRUCTIVE": "--allow-destructive"}

_options = options.combine_options(
    options.yes,
    click.option(
        "--detach",
        is_flag=True,
        help="Return without waiting, and print the command that shows the progress.",
    ),
    click.option(
        "--request-id",
        metavar="ID",
        help="Idempotency token. If a request with this ID exists, tablectl starts nothing and shows the "
        "operations of that request.",
    ),
    click.option(
        "--not-before",
        type=options.TimeParam(ahead=True),
        metavar="TIME",
        help="Start the changes at this time or soon after it, such as 2h or 2026-11-26T18:00:00Z.",
    ),
)
permissions = options.combine_options(
    click.option(
        "--allow-destructive",
        is_flag=True,
        help="Allow changes that delete data, such as indexes and replicas.",
    ),
    click.option(
        "--allow-replacement",
        is_flag=True,
        help="Allow tables to be deleted, with all items, and created again.",
    ),
)


def apply_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a command that applies plans. COMMAND gets them as `apply_options`."""

    @wraps(command)
    def with_wishes(
        *args: object,
        yes: bool,
        detach: bool,
        request_id: str | None,
        not_before: datetime | None,
        allow_destructive: bool = False,
        allow_replacement: bool = False,
        **others: object,
    ) -> R:
        options = ApplyOptions(yes, detach, allow_destructive, allow_replacement, request_id, not_before)
        return command(*args, apply_options=options, **others)

    return _options(with_wishes)


def show_earlier_request(
    session: Session, client: Client, loaded: Sequence[LoadedSpec], apply_options: ApplyOptions
) -> bool:
    """Show the operations of an earlier request as `apply` does. Return False if there is none.

    Raises CommandFailed if the earlier request had other specs than LOADED.
    """
    if not apply_options.request_id:
        return False
    listed = client.list_operations(request_id=apply_options.request_id)
    found = [client.get_operation(each.operation_id) for each in listed]
    if not found:
        return False
    specs = {each.spec.table_name: each.spec for each in loaded}
    if any(operation.spec != specs.get(operation.table_name) for operation in found):
        raise CommandFailed(
            f"nothing changed: {apply_options.request_id} is the ID of a request with other specs"
        )
    click.echo(f"{apply_options.request_id} was requested before", err=True)
    found.sort(key=lambda each: [*specs].index(each.table_name))
    ids = [operation.operation_id for operation in found]
    if apply_options.detach:
        operation_progress.detach(session, found, client.options.endpoint)
    else:
        operation_progress.follow(session, client.operations(ids), client.options.endpoint)
    return True


def show_plans(session: Session, plans: Sequence[TablePlan], notes: Sequence[str] = ()) -> None:
    """Show PLANS as `tablectl plan` does. JSON output is one line with the NOTES."""
    if session.in_blocks:
        terminal_text.write(plan_text.review(plans))
    else:
        shown: AwsDict = {
            "time": datetime.now(UTC),
            "type": "PLAN",
            "plans": [with_values(aws(plan)) for plan in plans],
        }
        session.show_item(planning.add_notes(shown, "notes", notes))


def apply(
    session: Session,
    client: Client,
    loaded: Sequence[LoadedSpec],
    plans: Sequence[TablePlan],
    apply_options: ApplyOptions,
) -> None:
    """Apply PLANS, which were already shown, for the specs LOADED at the endpoint of CLIENT.

    Raises CommandFailed if a plan is refused or not allowed or an operation fails, InputError if the user
    does not confirm.
    """
    against = list(obstacles(plans, apply_options.allowed))
    if against:
        raise CommandFailed(f"nothing changed: {'; '.join(against)}")
    to_do = [pair for pair in zip(loaded, plans, strict=True) if word(pair[1], "action") != "NONE"]
    if not to_do:
        click.echo("all tables already match their specs", err=True)
        return
    confirm("Apply these changes?", f"This changes {planning.count(len(to_do))}", yes=apply_options.yes)
    request_id = apply_options.request_id or str(uuid.uuid4())
    with _sending(session, client, request_id):
        operations = client.apply(
            [each.spec for each, _ in to_do],
            fingerprints={plan.table_name: plan.fingerprint for _, plan in to_do},
            allow_destructive=apply_options.allow_destructive,
            allow_replacement=apply_options.allow_replacement,
            request_id=request_id,
            requested_by=requester(),
            not_before=apply_options.not_before,
        )
    if apply_options.detach:
        operation_progress.detach(session, operations.latest, client.options.endpoint)
    else:
        operation_progress.follow(session, operations, client.options.endpoint)


def obstacles(plans: Sequence[TablePlan], allowed: frozenset[str]) -> Iterator[str]:
    """Return a line for each reason why PLANS can't be applied with the ALLOWED classes of changes."""
    for plan in plans:
        if plan.refusal:
            yield f"{plan.table_name}: {plan.refusal}"
            continue
        costs = {each.path: word(each, "change_class") for each in plan.changes if not each.skipped}
        worst = next((each for each in _FLAGS if each in costs.values()), None)
        if worst and worst not in allowed:
            paths = ", ".join(path for path, cost in costs.items() if cost == worst)
            yield f"{plan.table_name} needs {_FLAGS[worst]} ({paths})"


def requester() -> str:
    """Return the user and the host that run tablectl: `alice@laptop`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # no user has this number
        name = "unknown"
    return f"{name}@{socket.gethostname()}"


@contextmanager
def _sending(session: Session, client: Client, request_id: str) -> Iterator[None]:
    """If there was no response, print how to find the operations of the request."""
    from tableadmin.errors import Cancelled, DeadlineExceeded, Unavailable  # noqa: PLC0415 - grpc

    listing = session.command_line(
        "operation", "list", "--request-id", request_id, endpoint=client.options.endpoint
    )
    doubt = f"the changes may or may not have started; to check, run '{listing}'"
    try:
        yield
    except (Cancelled, DeadlineExceeded, Unavailable) as error:
        raise CommandFailed(f"{error}; {doubt}") from error
    except KeyboardInterrupt:
        raise Interrupted(doubt) from None
