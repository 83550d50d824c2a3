"""Pages of a proxy between the servers and the endpoint: none is taken for an answer of DynamoDB."""

import json
from collections import Counter

from tests.operations.harness.plane import nothing, table_of
from tests.operations.harness.specs import before
from tests.operations.harness.world import SUCCEEDED, World
from tests.planner.model.port import Asked, Given
from tests.planner.model.table import Data

STATUSES = (302, 400, 403, 404, 408, 413)
# A look at a table, a look at a part of a table, and changes. One call of each gets a page.
OPERATIONS = {"DescribeTable", "DescribeTimeToLive", "UpdateTimeToLive", "UpdateTable"}


def wanted(name: str) -> Data:
    """The table NAME with time to live and deletion protection."""
    return {
        **before(name),
        "DeletionProtectionEnabled": True,
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "Expires"},
    }


def test_operations_outlast_pages(pair: World, table_name: str) -> None:
    """A page only delays an operation: it ends SUCCEEDED with the table as wanted, each change made once."""
    statuses = {f"{table_name}-{status}": status for status in STATUSES}
    pair.made(*map(before, statuses))
    plans = pair.planned(*map(wanted, statuses))
    operations = pair.applied(*map(wanted, statuses))
    pages: Counter[tuple[str, str]] = Counter()

    def instead(asked: Asked) -> Given | None:
        if asked.operation not in OPERATIONS:
            return None
        call = (asked.operation, table_of(json.loads(asked.body)))
        status = statuses.get(call[1])
        if status is None or pages[call]:
            return None
        pages[call] += 1
        return Given(status, f"<html><body>{status} from a proxy</body></html>".encode())

    pair.plane.instead = instead
    try:
        ended = pair.ended(operations)
    finally:
        pair.plane.instead = nothing
    assert [(SUCCEEDED, [])] * len(STATUSES) == [(each.state, list(each.differences)) for each in ended]
    assert {(operation, name) for operation in OPERATIONS for name in statuses} == set(pages)
    for plan in plans:
        pair.assert_carried_out(plan, wanted(plan.table_name))
