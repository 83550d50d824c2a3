"""The progress and the result of copies of items as text."""

import pytest

from tableadmin.cli.output.blocks import Fields, Rows
from tableadmin.cli.views.item_copies import phase_text, progress_text, refusal, result_blocks
from tableadmin.v1 import CopyItemsResponse, CopyPhase, ItemProblem, ItemProblemType, TableComparison


@pytest.mark.parametrize(
    ("phase", "text", "counted"),
    [
        ("CHECKING", "checking items", "checking items (1,700 read)"),
        ("WRITING", "writing items", "writing items (1,700 read, 1,200 written, 2 calls throttled)"),
        ("COMPARING", "comparing the tables", "comparing the tables (1,700 read, 1,200 written)"),
        ("FINISHED", "", ""),
        ("UNSPECIFIED", "", ""),
    ],
)
def test_progress(phase: str, text: str, counted: str) -> None:
    """The text is the phase, on a terminal with what was read, written and throttled so far."""
    response = CopyItemsResponse(
        phase=CopyPhase.Value(f"COPY_PHASE_{phase}"),
        source_items=1500,
        target_items=200,
        written_items=0 if phase == "CHECKING" else 1200,
        throttled_calls=2 if phase == "WRITING" else 0,
    )
    assert (text, counted) == (phase_text(response), progress_text(response))


def test_problems() -> None:
    """The result has the number of items and the service's words for each problem."""
    problem = ItemProblem(description="without the key attribute Year", items=1200)
    response = CopyItemsResponse(problems=[problem])
    _, rows = result_blocks(response, "Music", "MusicByTitle", writes=True)
    assert rows == Rows(("Items", "Problem"), [("1,200", "without the key attribute Year")], named_by=1)


def test_a_check_has_no_numbers_of_writes() -> None:
    """The result of a check has no line about written items, and names the target first."""
    (fields,) = result_blocks(CopyItemsResponse(source_items=3), "Music", "MusicByTitle", writes=False)
    assert isinstance(fields, Fields)
    assert fields.rows[:2] == [("Target", "MusicByTitle"), ("Source", "Music (3 items, 0 B)")]
    assert "Written" not in dict(fields.rows)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ({"missing_items": 3}, ""),
        (
            {"missing_items": 3, "extra_items": 1},
            "New has items that differ from those of Old: copy to an empty table",
        ),
        ({"different_items": 1}, "New has items that differ from those of Old: copy to an empty table"),
    ],
)
def test_refusal_by_the_target(found: dict[str, int], text: str) -> None:
    """A check says why the copy would fail; items that the target lacks are no reason."""
    assert refusal(CopyItemsResponse(comparison=TableComparison(**found)), "Old", "New") == text


def test_refusal_by_the_source() -> None:
    """A check says that the listed problems prevent the copy, whatever the target has."""
    problem = ItemProblem(type=ItemProblemType.ITEM_PROBLEM_TYPE_DUPLICATE_KEY, items=2)
    response = CopyItemsResponse(problems=[problem], comparison=TableComparison(extra_items=1))
    assert (
        refusal(response, "Old", "New") == "items of Old cannot be copied: correct the listed problems first"
    )
