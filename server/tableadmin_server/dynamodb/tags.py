"""The tags of a table, which AWS lists in pages."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

from tableadmin.awsshape import AwsDict

# Asks an endpoint for an operation with its parameters: what it answers.
Ask: TypeAlias = Callable[[str, AwsDict], Awaitable[AwsDict]]


async def tags_of(arn: str, ask: Ask) -> list[AwsDict]:
    """All tags of the table with that ARN; raises what ASK raises."""
    tags: list[AwsDict] = []
    params: AwsDict = {"ResourceArn": arn}
    while True:
        page = await ask("ListTagsOfResource", params)
        tags += cast("list[AwsDict]", page.get("Tags") or [])
        if not page.get("NextToken"):
            return tags
        params = {**params, "NextToken": page["NextToken"]}
