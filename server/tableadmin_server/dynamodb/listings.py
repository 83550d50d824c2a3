"""Listings without one table: pages that hold as much as was asked for, and cursors that do not name it."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from tableadmin.awsshape import AwsDict, member_name
from tableadmin.contract.listings import listing
from tableadmin.contract.references import table_field
from tableadmin.v1 import table_admin_pb2

_SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]

# Also in the ARNs of a table's indexes, streams, backups, exports and imports.
_TABLE = re.compile(r":table/([^/:]+)")


def table_of(name_or_arn: str) -> str:
    """The name of the table in an ARN of any region and account; what has none is a name itself."""
    found = _TABLE.search(name_or_arn)
    return found[1] if found else name_or_arn


# The members of an answer to a listing.
Page: TypeAlias = dict[str, Any]


class _Listing(NamedTuple):
    """The members that page through a listing.

    `items` and `token_out` are the answer's, `token_in`, `page_size` and `only` the request's. `about` is the
    member of an item that says which table it is of, where the item is no name. `only` asks for what is
    of one table.
    """

    items: str
    about: str
    token_in: str
    token_out: str
    page_size: str | None
    only: str | None


def _listings() -> Iterator[tuple[str, _Listing]]:
    """The listings whose items are of tables, by the operation: not those of tags."""
    for method in _SERVICE.methods:
        found = listing(method)
        if found is None or found.table is None:
            continue
        asked, answered = method.input_type.fields_by_name, method.output_type.fields_by_name
        only = table_field(method.input_type)
        item = answered[found.items].message_type
        yield (
            method.name,
            _Listing(
                items=member_name(answered[found.items]),
                about=member_name(item.fields_by_name[found.table]) if item else "",
                token_in=member_name(asked[found.token_in]),
                token_out=member_name(answered[found.token_out]),
                page_size=member_name(asked[found.page_size]) if found.page_size else None,
                only=member_name(asked[only]) if only else None,
            ),
        )


LISTINGS: Mapping[str, _Listing] = dict(_listings())


def shows_tables(operation: str, params: AwsDict) -> bool:
    """Whether OPERATION with PARAMS lists what is of any table."""
    listing = LISTINGS.get(operation)
    return listing is not None and listing.only not in params


async def leave_out(
    table: str,
    operation: str,
    params: AwsDict,
    page: Page,
    following: Callable[[AwsDict], Awaitable[Page]],
) -> None:
    """Take what is of TABLE out of PAGE, which answered OPERATION with PARAMS; what follows takes its place.

    FOLLOWING answers the same operation with other parameters. A page takes it only where something of the
    table was taken out and more pages follow.
    """
    listing = LISTINGS[operation]
    if listing.items not in page:
        return
    wanted = len(page[listing.items])
    kept = page[listing.items] = _others(table, listing, page)
    asked = None
    while len(kept) < wanted and (token := page.get(listing.token_out)) and token != asked:
        asked = token
        size = {} if listing.page_size is None else {listing.page_size: wanted - len(kept)}
        more = await following({**params, listing.token_in: token, **size})
        kept += _others(table, listing, more)
        page[listing.token_out] = more.get(listing.token_out)
    if not page.get(listing.token_out):
        page.pop(listing.token_out, None)


def _others(table: str, listing: _Listing, page: Page) -> list[Any]:
    return [item for item in page.get(listing.items, ()) if table != _about(listing, item)]


def _about(listing: _Listing, item: Any) -> str:  # noqa: ANN401  # a name, or a dict that has one
    return table_of(str(item.get(listing.about, "") if isinstance(item, dict) else item))
