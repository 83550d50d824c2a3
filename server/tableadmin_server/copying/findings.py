"""What ends a copy: tables that are too large, items that cannot be copied, and differences. No I/O."""

from dataclasses import dataclass

from google.rpc.code_pb2 import Code

from tableadmin.v1 import CopyItemsResponse, ItemProblem, ItemProblemType
from tableadmin_server.failure import Failure, PreconditionViolation, Resource

# An error names at most so many kinds of problems. The response has all of them.
_MOST_TEXTS = 3


@dataclass(frozen=True)
class CopySpec:
    """What is copied, and the limits: items and bytes of each table, and units a second."""

    source: str
    target: str
    validate_only: bool
    max_items: int
    max_bytes: int
    units_per_second: float


def check_size(spec: CopySpec, table: str, items: int, size: int) -> None:
    """Raise Failure if TABLE is larger than SPEC allows. ITEMS and SIZE in bytes were counted so far."""
    for count, limit, unit in ((items, spec.max_items, "items"), (size, spec.max_bytes, "bytes")):
        if count > limit:
            raise _too_large(table, f"has more than {limit:,} {unit}", unit)


def check_described_size(spec: CopySpec, items: int, size: int) -> None:
    """Raise Failure if the source is too large by its description, which has ITEMS and SIZE in bytes."""
    for count, limit, unit in ((items, spec.max_items, "items"), (size, spec.max_bytes, "bytes")):
        if count > limit:
            described = f"has {count:,} {unit} by a count that AWS updates about every six hours"
            raise _too_large(spec.source, f"{described}, and the limit is {limit:,}", unit)


def check_active(table: str, status: str) -> None:
    """Raise Failure if the STATUS of TABLE is not ACTIVE."""
    if status != "ACTIVE":
        problem = f"the table is {status}: call again when the table is ACTIVE"
        raise _refused("COPY_TABLE_NOT_ACTIVE", table, problem, retry_delay=5.0)


def check_items(spec: CopySpec, progress: CopyItemsResponse) -> None:
    """Raise Failure if PROGRESS, after the check, has findings that prevent the copy."""
    if progress.problems:
        texts = [f"{_items(each.items)} {each.description}" for each in progress.problems[:_MOST_TEXTS]]
        if (more := len(progress.problems) - _MOST_TEXTS) > 0:
            texts.append(f"and {more} more kind{'s' * (more > 1)} of problems")
        raise _refused("ITEMS_NOT_COPYABLE", spec.source, f"nothing was written: {'; '.join(texts)}")
    found = progress.comparison
    if found.different_items or found.extra_items:
        raise _refused(
            "TARGET_HAS_OTHER_ITEMS",
            spec.target,
            f"nothing was written: {_items(found.extra_items)} not in {spec.source}, and "
            f"{_items(found.different_items)} with a key of {spec.source} and other attributes. "
            "Copy to an empty table",
        )


def check_result(spec: CopySpec, progress: CopyItemsResponse) -> None:
    """Raise Failure if the tables differ by PROGRESS, after the copy."""
    found = progress.comparison
    lacking = found.missing_items + sum(each.items for each in progress.problems)
    if not (lacking or found.different_items or found.extra_items):
        return
    raise Failure(
        Code.ABORTED,
        f"{spec.target}: a table has changed during the copy. {spec.target} lacks {_items(lacking)} of "
        f"{spec.source}, and has {_items(found.different_items)} with other attributes and "
        f"{_items(found.extra_items)} more. Stop the writers, and call again",
        reason="COPY_DIFFERS",
        resource=_resource(spec.target),
    )


def describe(problem: ItemProblem) -> str:
    """Return PROBLEM in words that follow the number of items."""
    index = f" of index {problem.index_name}" if problem.index_name else ""
    return _TEXTS[problem.type].format(
        attribute=f"key attribute {problem.attribute_name}{index}",
        expected=problem.expected_type,
        found=problem.found_type,
    )


_TEXTS = {
    ItemProblemType.ITEM_PROBLEM_TYPE_ATTRIBUTE_MISSING: "without the {attribute}",
    ItemProblemType.ITEM_PROBLEM_TYPE_WRONG_TYPE: ("with the {attribute} of type {found}, not {expected}"),
    ItemProblemType.ITEM_PROBLEM_TYPE_EMPTY_VALUE: "with an empty {attribute}",
    ItemProblemType.ITEM_PROBLEM_TYPE_VALUE_TOO_LONG: "with a {attribute} that is too long",
    ItemProblemType.ITEM_PROBLEM_TYPE_DUPLICATE_KEY: "with the same new key as another item",
    ItemProblemType.ITEM_PROBLEM_TYPE_ITEM_TOO_LARGE: (
        "larger than 400 KB with the entries in local secondary indexes"
    ),
}


def _items(count: int) -> str:
    return f"{count:,} item" if count == 1 else f"{count:,} items"


def _too_large(table: str, problem: str, unit: str) -> Failure:
    return _refused("COPY_TOO_LARGE", table, f"{problem}: raise max_{unit} of the request, or use an export")


def _refused(reason: str, table: str, problem: str, retry_delay: float | None = None) -> Failure:
    return Failure(
        Code.FAILED_PRECONDITION,
        f"{table}: {problem}",
        reason=reason,
        retry_delay=retry_delay,
        resource=_resource(table),
        precondition_violations=[PreconditionViolation(reason, table, problem)],
    )


def _resource(table: str) -> Resource:
    return Resource("dynamodb.amazonaws.com/Table", table)
