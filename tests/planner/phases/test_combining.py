"""Which changes share an UpdateTable call, for every pair of kinds."""

from itertools import permutations

import pytest

from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.phases.combining import combine
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules import update_table
from tableadmin_server.planner.rules.update_table import TOGETHER, UpdateKind


def step(kind: UpdateKind, waits: tuple[str, ...] = ()) -> Step:
    """A change of KIND."""
    return Step("UpdateTable", {"TableName": "Music", kind.name: "x"}, kind.name, waits, kind=kind)


@pytest.mark.parametrize("pair", list(permutations(UpdateKind, 2)))
def test_pairs(pair: tuple[UpdateKind, UpdateKind]) -> None:
    """Two changes share a call exactly where a row of the table has both."""
    shared = any(set(pair) <= row for row in TOGETHER)
    assert (1 if shared else 2) == len(combine([step(kind) for kind in pair]))


@pytest.mark.parametrize("kind", UpdateKind)
def test_twice(kind: UpdateKind) -> None:
    """No call holds two changes of one kind."""
    assert 2 == len(combine([step(kind), step(kind)]))


def test_row_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """To forbid a combination takes no more than the removal of its row."""
    changes = [step(UpdateKind.THROUGHPUT), step(UpdateKind.INDEX_THROUGHPUT)]
    rows = tuple(row for row in TOGETHER if UpdateKind.THROUGHPUT not in row)
    monkeypatch.setattr(update_table, "TOGETHER", rows)
    assert changes == combine(changes)


def test_first_companion() -> None:
    """A call takes the first change that may join, and what then still may; the others keep their order."""
    kinds = (UpdateKind.TO_ON_DEMAND, UpdateKind.TABLE_CLASS, UpdateKind.STREAM, UpdateKind.INDEX_CREATION)
    assert ["TO_ON_DEMAND, STREAM", "TABLE_CLASS", "INDEX_CREATION"] == [
        each.summary for each in combine([step(kind) for kind in kinds])
    ]


def test_whole() -> None:
    """A shared call has the members, elements, summaries and waits of all its changes, each wait once."""
    first = Step(
        "UpdateTable",
        {"TableName": "Music", "GlobalSecondaryIndexUpdates": ["a"]},
        "first",
        ("table ACTIVE",),
        kind=UpdateKind.INDEX_THROUGHPUT,
    )
    second = Step(
        "UpdateTable",
        {"TableName": "Music", "GlobalSecondaryIndexUpdates": ["b"], "AttributeDefinitions": ["c"]},
        "second",
        ("table ACTIVE", "index ACTIVE"),
        cooldown=Cooldown.DELETION_PROTECTION,
        kind=UpdateKind.INDEX_CREATION,
    )
    assert [
        Step(
            "UpdateTable",
            {
                "TableName": "Music",
                "GlobalSecondaryIndexUpdates": ["a", "b"],
                "AttributeDefinitions": ["c"],
            },
            "first, second",
            ("table ACTIVE", "index ACTIVE"),
            cooldown=Cooldown.DELETION_PROTECTION,
            kind=UpdateKind.INDEX_THROUGHPUT,
        )
    ] == combine([first, second])
