"""Limits pages of listings to entries of visible tables. Cursors name no other table."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.contract.listings import Listing
from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.resources import table_in

# Returns the page for a request.
Answer: TypeAlias = Callable[[Message], Awaitable[Message]]
# Returns for each entry of a page whether it is visible.
Visible: TypeAlias = Callable[[Sequence["Entry"]], Awaitable[Sequence[bool]]]

# The largest number of pages without a visible entry that are read for one answer.
_MAX_PAGES = 200


@dataclass(frozen=True)
class Entry:
    """An entry of a page: its TABLE, "" for none, and the requester if it is an operation."""

    table: str
    requested_by: str = ""


async def visible_page(request: Message, listing: Listing, answer: Answer, visible: Visible) -> Message:
    """Return the page of ANSWER for REQUEST, with the VISIBLE entries only.

    If the cursor of a page names its last entry, pages are read until one has a visible entry, which the
    cursor then names. Raises Failure (RESOURCE_EXHAUSTED) if too many pages have no visible entry.
    """
    asked = type(request)()
    asked.CopyFrom(request)
    for _ in range(_MAX_PAGES):
        page = await answer(asked)
        entries = getattr(page, listing.items)
        shown = await visible([_entry(listing, each) for each in entries])
        kept = [each for each, is_shown in zip(entries, shown, strict=True) if is_shown]
        cursor = getattr(page, listing.token_out) if listing.names_last_item else ""
        if not cursor or kept:
            return _page(page, listing, kept, request, all_shown=bool(shown and shown[-1]))
        setattr(asked, listing.token_in, cursor)
        if listing.page_size is not None:  # the caller's page size applies to the visible entries
            asked.ClearField(listing.page_size)
    raise Failure(
        Code.RESOURCE_EXHAUSTED,
        "the listing has too many entries that the caller may not see; ask for the tables by name",
        reason="TOO_MANY_HIDDEN_ENTRIES",
    )


def _page(
    page: Message, listing: Listing, kept: Sequence[Any], request: Message, *, all_shown: bool
) -> Message:
    """PAGE with the entries KEPT. A cursor that names an entry then names the last of them."""
    limit = _limit(request, listing)
    fitting = list(kept if limit is None or not listing.names_last_item else kept[:limit])
    cut = len(fitting) < len(kept)
    page.ClearField(listing.items)
    getattr(page, listing.items).extend(fitting)
    if listing.names_last_item and fitting and (cut or (getattr(page, listing.token_out) and not all_shown)):
        last = fitting[-1]
        setattr(page, listing.token_out, getattr(last, listing.token_field) if listing.token_field else last)
    return page


def _limit(request: Message, listing: Listing) -> int | None:
    if listing.page_size is None or not request.HasField(listing.page_size):
        return None
    return int(getattr(request, listing.page_size))


def _entry(listing: Listing, entry: Any) -> Entry:  # noqa: ANN401  # a name, or a message that has one
    if not listing.table:
        return Entry(str(entry))
    return Entry(table_in(getattr(entry, listing.table)) or "", getattr(entry, "requested_by", ""))
