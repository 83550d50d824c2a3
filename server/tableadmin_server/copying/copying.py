"""Copies the items of a table: checks, writes and compares."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple

from tableadmin.v1 import CopyItemsResponse, CopyPhase, ItemProblem, ItemProblemType
from tableadmin_server.concurrency import as_ready
from tableadmin_server.copying import findings
from tableadmin_server.copying.contents import Contents, comparison
from tableadmin_server.copying.findings import CopySpec
from tableadmin_server.copying.item_calls import ItemCalls
from tableadmin_server.copying.items import Item, digest, size_of
from tableadmin_server.copying.target_keys import Problem, TargetKeys
from tableadmin_server.dynamodb.endpoint import Endpoint

# Writes at the same time. More would take threads of the endpoint from callers.
_AT_A_TIME = 4
_MOST_PROBLEMS = 100
_DUPLICATE = Problem(ItemProblemType.ITEM_PROBLEM_TYPE_DUPLICATE_KEY)


class Copy:
    """A copy at ENDPOINT by SPEC. `progress` has what was done so far."""

    def __init__(self, endpoint: Endpoint, spec: CopySpec) -> None:
        self.progress = CopyItemsResponse(
            written_items=0, skipped_items=0, read_units=0, write_units=0, throttled_calls=0
        )
        self._endpoint = endpoint
        self._spec = spec
        self._calls = ItemCalls(endpoint, spec.units_per_second, self.progress)
        self._begin(CopyPhase.COPY_PHASE_CHECKING)

    async def run(self) -> None:
        """Copy the items. Raises Failure, also if the tables differ at the end."""
        spec = self._spec
        source, target = [await self._describe(name) for name in (spec.source, spec.target)]
        findings.check_described_size(spec, source.get("ItemCount") or 0, source.get("TableSizeBytes") or 0)
        keys = TargetKeys.of(target)
        existing = await self._compare(keys)
        if spec.validate_only:
            self.progress.phase = CopyPhase.COPY_PHASE_FINISHED
            return
        findings.check_items(spec, self.progress)
        await self._write(keys, existing)
        self._begin(CopyPhase.COPY_PHASE_COMPARING)
        await self._compare(keys)
        self.progress.phase = CopyPhase.COPY_PHASE_FINISHED
        findings.check_result(spec, self.progress)

    async def _describe(self, name: str) -> dict[str, Any]:
        answer = await self._endpoint.background.call("DescribeTable", {"TableName": name})
        table: Any = answer.data["Table"]
        findings.check_active(name, table["TableStatus"])
        return dict(table)

    async def _compare(self, keys: TargetKeys) -> Contents:
        """Read both tables, note problems and differences, and return the contents of the target."""
        source, problems = await self._read_contents(self._spec.source, keys)
        target, _ = await self._read_contents(self._spec.target, keys)
        if source.items_with_shared_keys:
            problems[_DUPLICATE] = source.items_with_shared_keys
        self.progress.problems.extend(
            _message(problem, items) for problem, items in problems.most_common(_MOST_PROBLEMS)
        )
        self.progress.comparison.CopyFrom(comparison(source.digests, target.digests))
        return target

    async def _read_contents(self, table: str, keys: TargetKeys) -> tuple[Contents, Counter[Problem]]:
        contents, problems = Contents(), Counter[Problem]()
        async with aclosing(self._calls.pages(table)) as pages:
            async for items in pages:
                for each in await self._check_page(table, items, keys):
                    problems.update(each.problems)
                    if not each.problems:
                        contents.add(each.key, each.digest)
        return contents, problems

    async def _write(self, keys: TargetKeys, existing: Contents) -> None:
        """Write the items of the source that are not among EXISTING."""
        self._begin(CopyPhase.COPY_PHASE_WRITING)
        put = partial(self._put, keys.key[0].name)
        async with aclosing(self._calls.pages(self._spec.source)) as pages:
            async for items in pages:
                read = await self._check_page(self._spec.source, items, keys)
                # The comparison finds an item that has got a problem since the check.
                sound = [each for each in read if not each.problems]
                new = [each.item for each in sound if each.key not in existing.digests]
                self.progress.skipped_items += len(sound) - len(new)
                async with aclosing(as_ready(new, put, _AT_A_TIME)) as written:
                    async for is_new in written:
                        self.progress.written_items += is_new
                        self.progress.skipped_items += not is_new

    async def _put(self, attribute: str, item: Item) -> bool:
        return await self._calls.put_new(self._spec.target, item, attribute)

    def _begin(self, phase: CopyPhase.ValueType) -> None:
        """Begin PHASE: nothing is read yet. The findings are those of the newest comparison."""
        progress = self.progress
        progress.phase = phase
        progress.source_items = progress.source_bytes = progress.target_items = self._target_bytes = 0
        progress.ClearField("problems")
        progress.ClearField("comparison")

    async def _check_page(self, table: str, items: Sequence[Item], keys: TargetKeys) -> Sequence["_Read"]:
        """Check and count ITEMS of TABLE. Raises Failure if TABLE is too large."""
        # The digests of a page take up to some 100 ms.
        read = await asyncio.to_thread(_read, items, keys)
        size = sum(each.size for each in read)
        progress = self.progress
        if table == self._spec.source:
            progress.source_items += len(read)
            progress.source_bytes += size
            findings.check_size(self._spec, table, progress.source_items, progress.source_bytes)
        else:
            progress.target_items += len(read)
            self._target_bytes += size
            findings.check_size(self._spec, table, progress.target_items, self._target_bytes)
        return read


class _Read(NamedTuple):
    """An item that was read: its size in bytes, its problems, and, without problems, its digests."""

    item: Item
    size: int
    problems: Sequence[Problem]
    key: bytes = b""
    digest: bytes = b""


def _read(items: Sequence[Item], keys: TargetKeys) -> Sequence[_Read]:
    return [_read_item(each, keys) for each in items]


def _read_item(item: Item, keys: TargetKeys) -> _Read:
    size = size_of(item)
    problems = keys.problems(item, size)
    if problems:
        return _Read(item, size, problems)
    return _Read(item, size, (), digest(keys.key_of(item)), digest(item))


def _message(problem: Problem, items: int) -> ItemProblem:
    message = ItemProblem(
        type=problem.type,
        attribute_name=problem.attribute or None,
        index_name=problem.index or None,
        expected_type=problem.expected or None,
        found_type=problem.found or None,
        items=items,
    )
    message.description = findings.describe(message)
    return message
