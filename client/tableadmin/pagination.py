"""How AWS pages through lists: which field asks for the next page, which announces it, which holds the items.

A page without a token is the last one; one without items need not be.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

import grpc
from google.protobuf.message import Message

from tableadmin.errors import Internal

Request = TypeVar("Request", bound=Message)


class Pagination(NamedTuple):
    """The fields that page through an RPC.

    `token_in` and `page_size` are the request's, `token_out` and `items` the response's. `page_size` is None
    where AWS alone decides how much a page holds.
    """

    token_in: str
    token_out: str
    items: str
    page_size: str | None


def _next_token(items: str, page_size: str | None) -> Pagination:
    return Pagination("next_token", "next_token", items, page_size)


PAGINATION: Mapping[str, Pagination] = {
    "ListBackups": Pagination(
        "exclusive_start_backup_arn", "last_evaluated_backup_arn", "backup_summaries", "limit"
    ),
    "ListBulkOperations": _next_token("bulk_operations_summary_list", "max_results"),
    "ListContributorInsights": _next_token("contributor_insights_summaries", "max_results"),
    "ListExports": _next_token("export_summaries", "max_results"),
    "ListGlobalTables": Pagination(
        "exclusive_start_global_table_name", "last_evaluated_global_table_name", "global_tables", "limit"
    ),
    "ListImports": _next_token("import_summary_list", "page_size"),
    "ListTables": Pagination(
        "exclusive_start_table_name", "last_evaluated_table_name", "table_names", "limit"
    ),
    "ListTagsOfResource": _next_token("tags", None),
}


def next_request(rpc: str, request: Request, response: Message) -> Request | None:
    """The request for the page after RESPONSE, which answered REQUEST; None after the last page.

    Raises Internal when the page asked for is the one to ask for next, which would never end.
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
