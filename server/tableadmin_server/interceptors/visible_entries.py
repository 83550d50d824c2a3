"""Pages of listings that show the entries of visible tables alone, and whose cursors name no other table."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.contract.listings import Listing
from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.resources import table_in

# Answers a request for a page.
Answer: TypeAlias = Callable[[Message], Awaitable[Message]]
# Which of the entries of a page are visible.
Visible: TypeAlias = Callable[[Sequence["Entry"]], Awaitable[Sequence[bool]]]

# Pages without a visible entry that are read for one answer.
_MAX_PAGES = 200


@dataclass(frozen=True)
class Entry:
    """An entry of a page: the TABLE that it is of, or "", and who asked for an operation."""

    table: str
    requested_by: str = ""


async def visible_page(request: Message, listing: Listing, answer: Answer, visible: Visible) -> Message:
    """The page that ANSWER gives to REQUEST, without the entries that are not VISIBLE.

    Where the cursor of the page names an entry, pages are read until one has a visible entry: the cursor then
    names that one. Raises Failure (RESOURCE_EXHAUSTED) where too many pages have none.
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
        if listing.page_size is not None:  # the caller's is applied to what is visible
            asked.ClearField(listing.page_size)
    raise Failure(
        Code.RESOURCE_EXHAUSTED,
        "the listing has too many entries that the caller may not see; ask for the tables by name",
        reason="TOO_MANY_HIDDEN_ENTRIES",
    )


def _page(
    page: Message, listing: Listing, kept: Sequence[Any], request: Message, *, all_shown: bool
) -> Message:
    """PAGE with the entries KEPT; a cursor that named another entry names the last of them."""
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
