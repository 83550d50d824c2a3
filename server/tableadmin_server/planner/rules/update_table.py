"""Which changes one UpdateTable call may hold: AWS's rules, as data.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from enum import StrEnum, auto


class UpdateKind(StrEnum):
    """What an UpdateTable call changes."""

    TO_PROVISIONED = auto()
    TO_ON_DEMAND = auto()
    THROUGHPUT = auto()
    INDEX_THROUGHPUT = auto()
    CEILINGS = auto()
    INDEX_CEILINGS = auto()
    WARM_THROUGHPUT = auto()
    INDEX_WARM_THROUGHPUT = auto()
    STREAM = auto()
    TABLE_CLASS = auto()
    ENCRYPTION = auto()
    DELETION_PROTECTION = auto()
    INDEX_CREATION = auto()
    INDEX_DELETION = auto()
    VECTOR_INDEX_CREATION = auto()
    VECTOR_INDEX_DELETION = auto()
    REPLICA = auto()


# Kinds that no change of another kind needs, and that need none.
INDEPENDENT = frozenset(
    {
        UpdateKind.CEILINGS,
        UpdateKind.INDEX_CEILINGS,
        UpdateKind.WARM_THROUGHPUT,
        UpdateKind.INDEX_WARM_THROUGHPUT,
        UpdateKind.TABLE_CLASS,
        UpdateKind.ENCRYPTION,
        UpdateKind.DELETION_PROTECTION,
    }
)

# One call may hold the kinds of a row, or some of them, each once. What is in no row has a call of its own.
# The planner combines all that a row allows: to forbid a combination, delete or shorten its row.
TOGETHER: tuple[frozenset[UpdateKind], ...] = (
    frozenset({UpdateKind.THROUGHPUT, UpdateKind.INDEX_THROUGHPUT}),
    frozenset({UpdateKind.INDEX_CREATION, UpdateKind.INDEX_THROUGHPUT}),
    frozenset({UpdateKind.TO_ON_DEMAND, UpdateKind.CEILINGS}),
    frozenset({UpdateKind.TO_ON_DEMAND, UpdateKind.STREAM}),
    frozenset({UpdateKind.TO_ON_DEMAND, UpdateKind.INDEX_CREATION}),
)


def companions(kinds: frozenset[UpdateKind]) -> frozenset[UpdateKind]:
    """The kinds that may join a call that holds KINDS."""
    return frozenset(kind for row in TOGETHER if kinds <= row for kind in row - kinds)
