"""Removes one table from listings. Pages keep the requested size, and cursors do not name the table."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from tableadmin.awsshape import AwsDict, member_name
from tableadmin.contract.listings import listing
from tableadmin.contract.references import table_field
from tableadmin.v1 import table_admin_pb2

_SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]

# Matches the ARNs of tables and of their indexes, streams, backups, exports and imports.
_TABLE = re.compile(r":table/([^/:]+)")


def table_of(name_or_arn: str) -> str:
    """Return the name of the table in an ARN; any other text is returned unchanged."""
    found = _TABLE.search(name_or_arn)
    return found[1] if found else name_or_arn


# An answer to a listing.
Page: TypeAlias = dict[str, Any]


class _Listing(NamedTuple):
    """The names of the members of a listing.

    `items` and `token_out` are members of the answer, `token_in`, `page_size` and `only` of the request.
    `about` is the member of an item with the table of the item, "" if the item is a name. `only` selects the
    items of one table.
    """

    items: str
    about: str
    token_in: str
    token_out: str
    page_size: str | None
    only: str | None


def _listings() -> Iterator[tuple[str, _Listing]]:
    """The listings whose items belong to tables, by operation. Tags are not among them."""
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
    """Whether OPERATION with PARAMS lists items of any table."""
    listing = LISTINGS.get(operation)
    return listing is not None and listing.only not in params


async def leave_out(
    table: str,
    operation: str,
    params: AwsDict,
    page: Page,
    following: Callable[[AwsDict], Awaitable[Page]],
) -> None:
    """Remove the items of TABLE from PAGE, an answer to OPERATION with PARAMS, and fill PAGE up.

    FOLLOWING calls the same operation with other parameters. It is called only if items were removed and more
    pages follow.
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
