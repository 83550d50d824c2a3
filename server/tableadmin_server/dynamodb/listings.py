"""Listings without one table: pages that hold as much as was asked for, and cursors that do not name it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from tableadmin.awsshape import AwsDict

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
    page_size: str
    only: str | None


# ListTagsOfResource is missing: it lists nothing of tables beside the one that it is asked for.
LISTINGS: Mapping[str, _Listing] = {
    "ListBackups": _Listing(
        "BackupSummaries",
        "TableName",
        "ExclusiveStartBackupArn",
        "LastEvaluatedBackupArn",
        "Limit",
        "TableName",
    ),
    "ListBulkOperations": _Listing(
        "BulkOperationsSummaryList", "BulkOperationArn", "NextToken", "NextToken", "MaxResults", None
    ),
    "ListContributorInsights": _Listing(
        "ContributorInsightsSummaries", "TableName", "NextToken", "NextToken", "MaxResults", "TableName"
    ),
    "ListExports": _Listing(
        "ExportSummaries", "ExportArn", "NextToken", "NextToken", "MaxResults", "TableArn"
    ),
    "ListGlobalTables": _Listing(
        "GlobalTables",
        "GlobalTableName",
        "ExclusiveStartGlobalTableName",
        "LastEvaluatedGlobalTableName",
        "Limit",
        None,
    ),
    "ListImports": _Listing(
        "ImportSummaryList", "TableArn", "NextToken", "NextToken", "PageSize", "TableArn"
    ),
    "ListTables": _Listing(
        "TableNames", "", "ExclusiveStartTableName", "LastEvaluatedTableName", "Limit", None
    ),
}


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
        more = await following({**params, listing.token_in: token, listing.page_size: wanted - len(kept)})
        kept += _others(table, listing, more)
        page[listing.token_out] = more.get(listing.token_out)
    if not page.get(listing.token_out):
        page.pop(listing.token_out, None)


def _others(table: str, listing: _Listing, page: Page) -> list[Any]:
    return [item for item in page.get(listing.items, ()) if table != _about(listing, item)]


def _about(listing: _Listing, item: Any) -> str:  # noqa: ANN401  # a name, or a dict that has one
    return table_of(str(item.get(listing.about, "") if isinstance(item, dict) else item))
