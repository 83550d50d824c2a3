"""What is read of an endpoint for watches and waits, within its budget of calls."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Literal, Protocol, TypeAlias, cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import TablePart
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.failure import Failure
from tableadmin_server.watching.observation import Observation, Part

_UNSUPPORTED: Literal["unsupported"] = "unsupported"
_Part: TypeAlias = AwsDict | list[AwsDict] | Literal["unsupported"] | None

# The endpoint does not have the operation; of a table that is ACTIVE a refusal means the same.
_NOT_HERE = {
    False: frozenset({Code.UNIMPLEMENTED}),
    True: frozenset({Code.UNIMPLEMENTED, Code.INVALID_ARGUMENT}),
}
# The table is on its way in or out: the part is looked at again.
_NOT_YET = frozenset({Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.INVALID_ARGUMENT})


class Source(Protocol):
    """An endpoint, as far as it is needed here."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""

    async def background_call(self, operation: str, params: AwsDict) -> Answer:
        """What it answers, within its budget; raises Failure."""


class Reading:
    """The reads of one endpoint; each raises Failure, or something else for an answer that makes no sense."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def answer(self, operation: str, params: AwsDict) -> AwsDict:
        """What the endpoint answers to OPERATION."""
        return (await self._source.background_call(operation, params)).data

    async def table_names(self) -> tuple[str, ...]:
        """The names of all tables."""
        names: list[str] = []
        params: AwsDict = {}
        while True:
            page = await self.answer("ListTables", params)
            names += cast("list[str]", page["TableNames"])
            if "LastEvaluatedTableName" not in page:
                return tuple(names)
            params = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}

    async def description(self, name: str) -> AwsDict | None:
        """What DescribeTable shows of the table NAME, None where there is none."""
        try:
            answer = await self.answer("DescribeTable", {"TableName": name})
        except Failure as failure:
            if failure.code != Code.NOT_FOUND:
                raise
            return None
        return cast("AwsDict", answer["Table"])

    async def with_parts(self, name: str, description: AwsDict, parts: Iterable[Part]) -> Observation:
        """The table NAME with its DESCRIPTION and PARTS, those left out that it does not have, or not yet."""
        wanted = [part for part in parts if part in _PARTS]
        answers = await asyncio.gather(*(self._part(part, name, description) for part in wanted))
        unsupported = frozenset(
            part for part, answer in zip(wanted, answers, strict=True) if answer == _UNSUPPORTED
        )
        seen = {part: answer for part, answer in zip(wanted, answers, strict=True) if part not in unsupported}
        return Observation(
            name,
            description,
            time_to_live=cast("AwsDict | None", seen.get(TablePart.TABLE_PART_TIME_TO_LIVE)),
            continuous_backups=cast("AwsDict | None", seen.get(TablePart.TABLE_PART_CONTINUOUS_BACKUPS)),
            tags=cast("list[AwsDict] | None", seen.get(TablePart.TABLE_PART_TAGS)),
            unsupported=unsupported,
        )

    async def _part(self, part: Part, name: str, description: AwsDict) -> _Part:
        try:
            return await _PARTS[part](self, name, description)
        except Failure as failure:
            if failure.code in _NOT_HERE[description.get("TableStatus") == "ACTIVE"]:
                return _UNSUPPORTED
            if failure.code in _NOT_YET:
                return None
            raise

    async def time_to_live(self, name: str, _: AwsDict) -> AwsDict:
        """What DescribeTimeToLive shows of the table NAME."""
        answer = await self.answer("DescribeTimeToLive", {"TableName": name})
        return cast("AwsDict", answer["TimeToLiveDescription"])

    async def continuous_backups(self, name: str, _: AwsDict) -> AwsDict:
        """What DescribeContinuousBackups shows of the table NAME."""
        answer = await self.answer("DescribeContinuousBackups", {"TableName": name})
        return cast("AwsDict", answer["ContinuousBackupsDescription"])

    async def tags(self, _: str, description: AwsDict) -> list[AwsDict]:
        """The tags of the table that DESCRIPTION describes."""
        tags: list[AwsDict] = []
        params: AwsDict = {"ResourceArn": description["TableArn"]}
        while True:
            page = await self.answer("ListTagsOfResource", params)
            tags += cast("list[AwsDict]", page.get("Tags", []))
            if "NextToken" not in page:
                return tags
            params = {**params, "NextToken": page["NextToken"]}


_PARTS: Mapping[Part, Callable[[Reading, str, AwsDict], Awaitable[_Part]]] = {
    TablePart.TABLE_PART_TIME_TO_LIVE: Reading.time_to_live,
    TablePart.TABLE_PART_CONTINUOUS_BACKUPS: Reading.continuous_backups,
    TablePart.TABLE_PART_TAGS: Reading.tags,
}
