"""The progress and the result of copies of items as text. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tableadmin.cli.output.blocks import Block, Fields, Rows
from tableadmin.cli.views.formatting import size, word

if TYPE_CHECKING:
    from tableadmin.v1 import CopyItemsResponse

_PENDING = {
    "CHECKING": "checking items",
    "WRITING": "writing items",
    "COMPARING": "comparing the tables",
}


def phase_text(response: CopyItemsResponse) -> str:
    """Return what the service does; "" when the copy has finished."""
    return _PENDING.get(word(response, "phase"), "")


def progress_text(response: CopyItemsResponse) -> str:
    """Return what the service does, with the numbers so far; "" when the copy has finished."""
    what = phase_text(response)
    if not what:
        return ""
    counts = [f"{response.source_items + response.target_items:,} read"]
    if response.written_items:
        counts.append(f"{response.written_items:,} written")
    if response.throttled_calls:
        counts.append(f"{response.throttled_calls:,} calls throttled")
    return f"{what} ({', '.join(counts)})"


def result_blocks(response: CopyItemsResponse, source: str, target: str, *, writes: bool) -> list[Block]:
    """Return the numbers of RESPONSE, the last one of a copy from SOURCE to TARGET, and the problems.

    WRITES is false for a check, which writes nothing.
    """
    compared = response.comparison
    amount = f"{response.source_items:,} items, {size(response.source_bytes)}"
    consumed = f"{response.read_units:,.15g} read units, {response.write_units:,.15g} write units"
    if response.throttled_calls:
        consumed += f", {response.throttled_calls:,} calls throttled"
    written = [("Written", f"{response.written_items:,}"), ("Skipped", f"{response.skipped_items:,}")]
    fields = [
        ("Target", target),
        ("Source", f"{source} ({amount})"),
        *(written if writes else ()),
        ("Equal in both", f"{compared.equal_items:,}"),
        (f"Missing in {target}", f"{compared.missing_items:,}"),
        ("Different", f"{compared.different_items:,}"),
        (f"Only in {target}", f"{compared.extra_items:,}"),
        ("Consumed", consumed),
    ]
    found: list[Block] = [Fields(fields)]
    if response.problems:
        rows = [(f"{each.items:,}", each.description) for each in response.problems]
        found.append(Rows(("Items", "Problem"), rows, named_by=1))
    return found


def has_findings(response: CopyItemsResponse) -> bool:
    """Whether RESPONSE has a comparison or problems to show."""
    return response.HasField("comparison") or bool(response.problems)


def refusal(response: CopyItemsResponse, source: str, target: str) -> str:
    """Return why a copy from SOURCE to TARGET would fail; "" if it would not.

    RESPONSE is the last one of a check.
    """
    if response.problems:
        return f"items of {source} cannot be copied: correct the listed problems first"
    if response.comparison.different_items or response.comparison.extra_items:
        return f"{target} has items that differ from those of {source}: copy to an empty table"
    return ""
