"""Pages of the RPCs of AWS that list.

A page without a token is the last page. A page without items may have a next page.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

import grpc
from google.protobuf.message import Message

from tableadmin.channel import SERVICE
from tableadmin.contract.listings import Listing, listing
from tableadmin.errors import Internal

Request = TypeVar("Request", bound=Message)


# The paging fields of each paged RPC.
PAGINATION: Mapping[str, Listing] = {
    method.name: paging for method in SERVICE.methods if (paging := listing(method)) is not None
}


def next_request(rpc: str, request: Request, response: Message) -> Request | None:
    """Return the request for the page after RESPONSE, the response to REQUEST; None after the last page.

    Raises Internal if the next page is the same page, which would never end.
    """
    fields = PAGINATION[rpc]
    token = cast("str", getattr(response, fields.token_out))
    if not token:
        return None
    if token == getattr(request, fields.token_in):
        raise Internal(f"{rpc}: the page after {token!r} names itself as the next", grpc.StatusCode.INTERNAL)
    following = type(request)()
    following.CopyFrom(request)
    setattr(following, fields.token_in, token)
    return following


def page_items(rpc: str, response: Message) -> Sequence[object]:
    """The items of one page."""
    return cast("Sequence[object]", getattr(response, PAGINATION[rpc].items))
