"""Indexes: which calls delete and create them."""

from tableadmin_server.planner import ChangeClass
from tests.planner.tables import (
    KEYS_ONLY,
    MORE,
    calls,
    index,
    planned,
    summaries,
    table,
)


def test_index_update_rides() -> None:
    """The creation of an index takes throughput updates of other indexes along."""
    before, after = table(index("Kept")), table(index("Kept", throughput=MORE), index("New"))
    assert ["change throughput of indexes, add index New"] == summaries(before, after)


def test_one_index_a_call() -> None:
    """Each index is created or deleted in a call of its own, and waited for."""
    steps = planned(table(index("One"), index("Two")), table(index("Three"), index("Four"))).steps
    assert ["delete index", "delete index", "add index", "add index"] == [
        step.summary.rpartition(" ")[0] for step in steps
    ]
    assert ("index Three ACTIVE",) == steps[2].waits


def test_rebuild() -> None:
    """What an index is made of can't change: it is deleted and created, which is disruptive."""
    made = planned(table(index("One")), table(index("One", KEYS_ONLY)))
    assert ["delete index One, before creating it again", "add index One"] == [
        step.summary for step in made.steps
    ]
    assert [("GlobalSecondaryIndexes[One]", ChangeClass.DISRUPTIVE)] == [
        (change.path, change.change_class) for change in made.changes
    ]


def test_retyped_index_key() -> None:
    """Another type of an attribute, which AWS would ignore, rebuilds all indexes whose key it is."""
    before, after = table(index("One"), index("Two")), table(index("One"), index("Two"), types="SSN")
    assert ["delete index", "delete index", "add index", "add index"] == [
        " ".join(summary.split()[:2]) for summary in summaries(before, after)
    ]


def test_definitions() -> None:
    """The creation of an index defines the attributes of its key alone."""
    (create,) = calls(table(), table(index("One")))
    assert [{"AttributeName": "Genre", "AttributeType": "S"}] == create["AttributeDefinitions"]
