"""What is read of an endpoint for watches and waits, within its budget of calls."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import TablePart
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.tags import tags_of
from tableadmin_server.failure import Failure
from tableadmin_server.watching.observation import Part
from tableadmin_server.watching.outages import is_of_the_table
from tableadmin_server.watching.parts import UNSUPPORTED, PartAnswer

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

    async def poll(self, operation: str, params: AwsDict) -> Answer:
        """What it answers, within its budgets; raises Failure."""

    def spacing(self, operation: str) -> float:
        """Seconds from one call of OPERATION to the next at least; 0 where that is not limited."""


class Reading:
    """The reads of one endpoint; each raises Failure, or something else for an answer that makes no sense."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def answer(self, operation: str, params: AwsDict) -> AwsDict:
        """What the endpoint answers to OPERATION."""
        return (await self._source.poll(operation, params)).data

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

    async def part(self, name: str, part: Part, description: AwsDict) -> PartAnswer:
        """PART of the table NAME with DESCRIPTION, or why there is none."""
        try:
            return await PARTS[part][1](self, name, description)
        except Failure as failure:
            if failure.code in _NOT_HERE[description.get("TableStatus") == "ACTIVE"]:
                return UNSUPPORTED
            if failure.code in _NOT_YET:
                return None
            if is_of_the_table(failure):
                return failure
            raise

    def spacing(self, part: Part) -> float:
        """Seconds from one read of PART to the next at least, of all tables together."""
        return self._source.spacing(PARTS[part][0])

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
        return await tags_of(cast("str", description["TableArn"]), self.answer)


# The parts beside the description: the operation that each takes, and how it is read.
PARTS: Mapping[Part, tuple[str, Callable[[Reading, str, AwsDict], Awaitable[PartAnswer]]]] = {
    TablePart.TABLE_PART_TIME_TO_LIVE: ("DescribeTimeToLive", Reading.time_to_live),
    TablePart.TABLE_PART_CONTINUOUS_BACKUPS: ("DescribeContinuousBackups", Reading.continuous_backups),
    TablePart.TABLE_PART_TAGS: ("ListTagsOfResource", Reading.tags),
}
