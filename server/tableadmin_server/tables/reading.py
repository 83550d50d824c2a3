"""Reads the tables of an endpoint and their parts."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.support import Support
from tableadmin_server.failure import Failure
from tableadmin_server.tables.parts import ROWS, Part, Row
from tableadmin_server.tables.snapshot import Snapshot, are_others

UNSUPPORTED: Literal["unsupported"] = "unsupported"
# The result of reading a part: the part, UNSUPPORTED by the endpoint, a Failure if it is unreadable, or None
# while the table is being created or deleted.
PartAnswer: TypeAlias = AwsValue | Literal["unsupported"] | Failure | None
# Calls an operation of an endpoint with its parameters, and returns the answer. Raises Failure.
Ask: TypeAlias = Callable[[str, AwsDict], Awaitable[AwsDict]]

# The codes of an endpoint that lacks the operation, by whether the table is ACTIVE. For an ACTIVE table a
# refused request means the same.
_UNSUPPORTED_CODES = {
    False: frozenset({Code.UNIMPLEMENTED}),
    True: frozenset({Code.UNIMPLEMENTED, Code.INVALID_ARGUMENT}),
}
# The table is being created or deleted: the part is read again later.
_TEMPORARY_CODES = frozenset({Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.INVALID_ARGUMENT})
# The part is unreadable for long.
_DENIED_CODES = frozenset({Code.PERMISSION_DENIED})

# Seconds before a throttled read is repeated. boto3 has retried it before.
_DELAYS = (0.25, 0.5, 1.0)


class TableReader:
    """Reads tables with ASK. SUPPORT knows the operations of the endpoint.

    Every method raises Failure, or another exception for a malformed answer.
    """

    def __init__(self, ask: Ask, support: Support) -> None:
        self.ask = ask
        self._support = support

    async def table_names(self, on_page: Callable[[Sequence[str]], object] = len) -> tuple[str, ...]:
        """Return the names of all tables. ON_PAGE is called with the names of each page when it is read."""
        names: list[str] = []
        params: AwsDict = {}
        while True:
            page = await self.ask("ListTables", params)
            found = cast("list[str]", page["TableNames"])
            names += found
            on_page(found)
            if "LastEvaluatedTableName" not in page:
                return tuple(names)
            params = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}

    async def description(self, name: str) -> AwsDict | None:
        """Return the description of the table NAME, None if the table does not exist."""
        try:
            answer = await self.ask("DescribeTable", {"TableName": name})
        except Failure as failure:
            if failure.code != Code.NOT_FOUND:
                raise
            return None
        return cast("AwsDict", answer["Table"])

    async def part(self, name: str, part: Part, description: AwsDict) -> PartAnswer:
        """Read PART of the table NAME, which has DESCRIPTION."""
        row = ROWS[part]
        if self._support.has(row.operation) is False:
            return UNSUPPORTED
        try:
            return await self._read(row, name, description)
        except Failure as failure:
            if failure.code in _UNSUPPORTED_CODES[description.get("TableStatus") == "ACTIVE"]:
                return UNSUPPORTED
            if failure.code in _TEMPORARY_CODES or (row.optional and failure.code in _DENIED_CODES):
                return None
            if failure.code in _DENIED_CODES:
                return failure
            raise

    async def snapshot(self, name: str, parts: Collection[Part], needed: Collection[Part]) -> Snapshot:
        """Read the table NAME with PARTS. If it does not exist, find the unsupported parts of NEEDED."""
        description = await self.description(name)
        if description is None:
            return Snapshot(
                name, unsupported=frozenset([part for part in needed if not await self._has(part, name)])
            )
        return await self._with_parts(Snapshot(name, description), parts)

    async def again(self, before: Snapshot, parts: Collection[Part]) -> Snapshot | None:
        """Read the description and PARTS of the table of BEFORE again. Other parts are as in BEFORE.

        AWS allows few reads of parts a second. Returns None if the table was created, deleted or replaced.
        """
        description = await self.description(before.name)
        if description is None or before.description is None:
            return before if description is before.description else None
        if are_others(before.description, description):
            return None
        return await self._with_parts(replace(before, description=description), parts)

    async def _with_parts(self, snapshot: Snapshot, parts: Collection[Part]) -> Snapshot:
        """SNAPSHOT with PARTS read again."""
        description = cast("AwsDict", snapshot.description)
        wanted = [part for part in ROWS if part in parts and _concerns(ROWS[part], description)]
        answers = await asyncio.gather(*(self.part(snapshot.name, part, description) for part in wanted))
        return with_answers(snapshot, dict(zip(wanted, answers, strict=True)))

    async def _read(self, row: Row, name: str, description: AwsDict) -> AwsValue:
        if not row.each:
            return await self._value(row, _named(row, name, description))
        indexes = cast("list[AwsDict]", description.get(row.each) or [])
        active = [each["IndexName"] for each in indexes if each.get("IndexStatus", "ACTIVE") == "ACTIVE"]
        reads = [self._value(row, {**_named(row, name, description), "IndexName": each}) for each in active]
        return list(await asyncio.gather(*reads))

    async def _value(self, row: Row, params: AwsDict) -> AwsValue:
        try:
            answer = await self.ask(row.operation, params)
        except Failure as failure:
            if row.absent is None or failure.reason not in row.absent:
                raise
            return row.absent[failure.reason]
        if not row.token:
            return answer.get(row.member) if row.member else answer
        elements = cast("list[AwsValue]", answer.get(row.member) or [])
        while answer.get(row.token):
            answer = await self.ask(row.operation, {**params, row.token: answer[row.token]})
            elements += cast("list[AwsValue]", answer.get(row.member) or [])
        return elements

    async def _has(self, part: Part, name: str) -> bool:
        """Whether the endpoint has PART. If this is unknown, PART of the table NAME is read.

        The table does not exist. Any error but UNIMPLEMENTED shows that the endpoint has the operation, such
        as a missing table or an invalid ARN. AWS has every operation and is never asked.
        """
        row = ROWS[part]
        if self._support.has(row.operation) is None:
            try:
                await self.ask(row.operation, {row.named_by: name})
            except Failure as failure:
                if failure.code not in {*_TEMPORARY_CODES, *_DENIED_CODES, Code.UNIMPLEMENTED}:
                    raise
        return self._support.has(row.operation) is not False


def background_reader(endpoint: Endpoint) -> TableReader:
    """Return a reader of tables of ENDPOINT for plans and operations, by background calls."""

    async def ask(operation: str, params: AwsDict) -> AwsDict:
        # Only the throttled read is repeated, instead of all reads of the table.
        for delay in _DELAYS:
            try:
                return (await endpoint.background.call(operation, params)).data
            except Failure as failure:
                if failure.code != Code.RESOURCE_EXHAUSTED or not failure.metadata.get("aws_error_code"):
                    raise
                await asyncio.sleep(delay)
        return (await endpoint.background.call(operation, params)).data

    return TableReader(ask, endpoint.support)


def with_answers(snapshot: Snapshot, answers: Mapping[Part, PartAnswer]) -> Snapshot:
    """Return SNAPSHOT with the parts in ANSWERS replaced."""
    kept = {part: value for part, value in snapshot.parts.items() if part not in answers}
    parts = {**kept, **dict(_values(answers))}
    return replace(
        snapshot,
        parts={part: parts[part] for part in ROWS if part in parts},
        unsupported=(snapshot.unsupported - answers.keys())
        | {part for part, answer in answers.items() if answer == UNSUPPORTED},
        unreadable={
            **{part: why for part, why in snapshot.unreadable.items() if part not in answers},
            **{part: answer for part, answer in answers.items() if isinstance(answer, Failure)},
        },
    )


def _values(answers: Mapping[Part, PartAnswer]) -> Iterator[tuple[Part, AwsValue]]:
    for part, answer in answers.items():
        if answer is not None and answer != UNSUPPORTED and not isinstance(answer, Failure):
            yield part, answer


def _named(row: Row, name: str, description: AwsDict) -> AwsDict:
    return {row.named_by: name if row.named_by == "TableName" else description["TableArn"]}


def _concerns(row: Row, description: AwsDict) -> bool:
    billing = cast("AwsDict", description.get("BillingModeSummary") or {})
    return not row.provisioned_only or billing.get("BillingMode", "PROVISIONED") == "PROVISIONED"
