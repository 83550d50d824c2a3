"""All pages of a list as one response."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from google.protobuf.message import Message

M = TypeVar("M", bound="Message")


def all_pages(fetch: Callable[[str | None], M], items: str, token: str, most: int | None) -> M:
    """What FETCH answers, page after page, from none and then from the TOKEN of the page before.

    ITEMS and TOKEN are fields of the response. At MOST as many items are kept, if that is not None.
    """
    whole = fetch(None)
    while getattr(whole, token) and (most is None or len(getattr(whole, items)) < most):
        page = fetch(getattr(whole, token))
        whole.ClearField(token)
        whole.MergeFrom(page)
    kept = getattr(whole, items)
    if most is not None:
        del kept[most:]
    if kept:
        # A page may have been empty; the whole is not.
        whole.ClearField("empty_members")
    return whole
