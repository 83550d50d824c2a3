"""Combine all pages of a list into one response."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.app.session import Session
    from tableadmin.client import PagedRpc
    from tableadmin.methods import Request, Response

# A page size that every paged RPC accepts.
_MOST = 25

_TABLE = re.compile(r"arn:[^/]*:(?:table|stream)/([^/]+)")

M = TypeVar("M", bound="Message")
Item = TypeVar("Item")


def list_all(
    session: Session,
    rpc: PagedRpc[..., Request, Response, Item],
    members: AwsDict,
    most: int | None,
    prefix: str | None = None,
) -> Response:
    """Call RPC with the AWS MEMBERS, and return all pages as one response.

    If MOST is not None, the response has at most MOST items and the token of the next page. With PREFIX, the
    response has only items whose name, or the name of whose table, begins with PREFIX.
    """
    from tableadmin.awsshape import from_aws  # noqa: PLC0415 - protobuf
    from tableadmin.pagination import PAGINATION, next_request  # noqa: PLC0415 - grpc

    paging, whole = PAGINATION[rpc.rpc], rpc.response_type()
    request: Request | None = from_aws(members, rpc.request_type)
    while request is not None:
        items = getattr(whole, paging.items)
        if most is not None and paging.page_size and not prefix:
            setattr(request, paging.page_size, min(most - len(items), _MOST))
        page = session.client.invoke(rpc, request, session.client.options)
        if prefix:
            found, name = getattr(page, paging.items), item_name(rpc.rpc)
            kept = [each for each in found if _name(each, name).startswith(prefix)]
            del found[:]
            found.extend(kept)
        whole.ClearField(paging.token_out)
        whole.MergeFrom(page)
        if most is not None and len(items) >= most:
            del items[most:]
            break
        request = next_request(rpc.rpc, request, page)
    if getattr(whole, paging.items):
        # An empty page does not make the combined list empty.
        whole.ClearField("empty_members")
    return whole


def limit_items(message: M, lists: Mapping[str, str], most: int | None, prefix: str | None) -> M:
    """Limit MESSAGE to MOST items in each of LISTS, whose names begin with PREFIX if it is given.

    LISTS maps fields of MESSAGE to the field that names an item. Paths use dots for nested messages.
    """
    for path, field in lists.items():
        holder: Message = message
        *above, last = path.split(".")
        for each in above:
            holder = getattr(holder, each)
        items = getattr(holder, last)
        kept = [each for each in items if _name(each, field).startswith(prefix or "")][:most]
        most = None if most is None else most - len(kept)
        del items[:]
        items.extend(kept)
    return message


def item_name(rpc: str) -> str:
    """Return the field that names an item of RPC, "" if an item is a name.

    The field is the item's name, such as `backup_name` of a BackupSummary, otherwise the name of its table,
    otherwise its first field.
    """
    from tableadmin.channel import SERVICE  # noqa: PLC0415 - protobuf
    from tableadmin.pagination import PAGINATION  # noqa: PLC0415 - grpc

    paging = PAGINATION[rpc]
    item = SERVICE.methods_by_name[rpc].output_type.fields_by_name[paging.items].message_type
    if item is None:
        return ""
    words = re.findall("[A-Z][a-z]*", item.name.removesuffix("Summary"))
    own = f"{'_'.join(words).lower()}_name"
    return own if own in item.fields_by_name else paging.table or item.fields[0].name


def _name(item: object, field: str) -> str:
    text = str(getattr(item, field) if field else item)
    found = _TABLE.match(text)
    return found[1] if found else text
