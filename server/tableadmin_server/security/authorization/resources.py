"""Finds the tables that a request names, by name or ARN. Ambiguous values are refused.

No I/O, except for what `with_account` is given.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.contract.references import Kind, Reference
from tableadmin_server.failure import Failure, FieldViolation

T = TypeVar("T")

# `\Z` and not `$`, which also matches before a line feed.
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}\Z")
_ARN = re.compile(
    r"arn:aws[a-z-]{0,20}:dynamodb:(?P<region>[a-z0-9-]{1,50}):(?P<account>[0-9]{12})"
    r":table/(?P<table>[a-zA-Z0-9_.-]{3,255})"
    r"(?:/(?P<kind>index|stream|backup|export|import|bulk-operation)/[a-zA-Z0-9_.:-]{1,255})?\Z"
)


class EndpointAccount(NamedTuple):
    """The account and region of an ENDPOINT. Without an ID of the account, no ARN is accepted.

    `advice` tells an operator how to make the account known.
    """

    endpoint: str
    region: str
    id: str | None
    advice: str = "set account of the endpoint in the configuration of the server"


class NamedTable(NamedTuple):
    """A table in a request, and the part of the request that is about the table."""

    table: str
    subject: Message


class AccountUnknown(Failure):
    """The Failure of a call with an ARN that may belong to the endpoint, whose account is unknown."""


async def with_account(learn: Callable[[], Awaitable[str | None]], make: Callable[[], T]) -> T:
    """Return the result of MAKE. If MAKE raises AccountUnknown, call LEARN and then MAKE again.

    LEARN finds out the account of the endpoint, and returns None if it can't. Raises what MAKE raises.
    """
    try:
        return make()
    except AccountUnknown:
        if await learn() is None:
            raise
    return make()


def named_tables(request: Message, reference: Reference, account: EndpointAccount) -> Iterator[NamedTable]:
    """Yield the tables that REQUEST names in the field of REFERENCE.

    An absent or empty field names no table. Raises Failure (INVALID_ARGUMENT, RESOURCE_NOT_RECOGNIZED) for a
    value that is neither a table name nor an ARN of a table of ACCOUNT.
    """
    for field, value, subject in _values(request, reference.path.split("."), request, ""):
        if value:
            yield NamedTable(table_of(value, reference, account, field), subject)


def table_of(value: str, reference: Reference, account: EndpointAccount, field: str) -> str:
    """Return the name of the table in VALUE of FIELD. Raises Failure like `named_tables`."""
    if reference.name and _NAME.match(value):
        return value
    arn = _ARN.match(value)
    if arn is None or Kind(arn["kind"] or Kind.TABLE) not in reference.kinds:
        raise unrecognized_resource(field, f"must be {_expected(reference)}")
    if arn["region"] == account.region and account.id is None:
        raise _account_unknown(field, account)
    if arn["region"] != account.region or arn["account"] != account.id:
        raise unrecognized_resource(field, "must be an ARN of the region and the account of the endpoint")
    return arn["table"]


def unrecognized_resource(field: str, problem: str) -> Failure:
    """Return the Failure of a call that is refused because FIELD does not name a table unambiguously."""
    return _unrecognized(Failure, field, problem)


def _account_unknown(field: str, account: EndpointAccount) -> Failure:
    return _unrecognized(
        AccountUnknown,
        field,
        f"cannot be an ARN, because the account of the endpoint {account.endpoint} is not known; "
        f"use the name of the table, or {account.advice}",
    )


def _unrecognized(kind: type[Failure], field: str, problem: str) -> Failure:
    return kind(
        Code.INVALID_ARGUMENT,
        f"{field}: {problem}",
        reason="RESOURCE_NOT_RECOGNIZED",
        field_violations=[FieldViolation(field, problem)],
    )


def _expected(reference: Reference) -> str:
    kinds = " or ".join(sorted(reference.kinds))
    return f"a table name, or the ARN of a {kinds}" if reference.name else f"the ARN of a {kinds}"


def _values(
    message: Message, path: Sequence[str], subject: Message, above: str
) -> Iterator[tuple[str, str, Message]]:
    """The values at PATH, each with its field and with the innermost list element that has the value."""
    name, *below = path
    field = message.DESCRIPTOR.fields_by_name[name]
    value: Any = getattr(message, name)
    if field.is_repeated:
        for number, each in enumerate(value):
            where = f"{above}{name}[{number}]"
            if below:
                yield from _values(each, below, each, f"{where}.")
            else:
                yield where, each, subject
    elif below:
        if message.HasField(name):
            yield from _values(value, below, subject, f"{above}{name}.")
    else:
        yield f"{above}{name}", value, subject


_ANY_ARN = re.compile(r"arn:[^\n]{1,200}:table/([a-zA-Z0-9_.-]{3,255})(?:/[a-zA-Z0-9_.:/-]{1,512})?\Z")


def table_in(value: str) -> str | None:
    """Return the table that VALUE in an answer of an endpoint names, by name or ARN; None for no table."""
    if _NAME.match(value):
        return value
    arn = _ANY_ARN.match(value)
    return arn[1] if arn else None
