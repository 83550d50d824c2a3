"""Plans as lines. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tableadmin.cli.output.terminal_text import Line
from tableadmin.cli.views.access_text import refusal_text
from tableadmin.cli.views.formatting import word
from tableadmin.cli.views.operations.operation_text import requirement
from tableadmin.cli.views.plans.plan_values import compact, value
from tableadmin.cli.views.plans.value_blocks import block, is_nested, value_differences

if TYPE_CHECKING:
    from tableadmin.cli.views.plans.costs import Costs
    from tableadmin.v1 import (
        PlannedChange,
        PlannedStep,
        PlanWarning,
        StepDenial,
        TablePlan,
        UnmanagedMember,
    )

# The mark, the label and the click colour of actions, by their names in the contract.
_ACTIONS = {
    "NONE": ("=", "no changes", ""),
    "CREATE": ("+", "create", "green"),
    "UPDATE": ("~", "update", "yellow"),
    "REPLACE": ("-/+", "replace", "red"),
}
_CLASSES = {
    "IN_PLACE": ("in place", ""),
    "DISRUPTIVE": ("disruptive", "yellow"),
    "DESTRUCTIVE": ("destructive", "red"),
    "REPLACEMENT": ("replacement", "red"),
}
# The indentation of nested values.
_BLOCK = 6
_SUMMARY = {"CREATE": "to create", "UPDATE": "to change", "REPLACE": "to replace"}


def review(plans: Sequence[TablePlan], costs: Costs | None = None) -> Iterator[Line]:
    """Return the lines of PLANS for a reviewer, with COSTS if given, and a summary at the end."""
    for plan in plans:
        yield from _changes(plan)
        yield from _details(plan, costs)
        if plan.changes:
            yield Line("")
    if costs is not None:
        from tableadmin.cli.views.plans.costs import total_lines  # noqa: PLC0415 - protobuf

        yield from total_lines(costs)
    yield Line(summary(plans))


def differences(plans: Sequence[TablePlan]) -> Iterator[Line]:
    """Return the changes and the unmanaged settings of PLANS that have any."""
    for number, plan in enumerate(plan for plan in plans if has_content(plan)):
        if number:
            yield Line("")
        yield from _changes(plan)
        yield from (_warning(each) for each in plan.warnings if each.uncertain)


def is_uncertain(plan: TablePlan) -> bool:
    """Whether PLAN can't tell whether the table matches its spec."""
    return any(each.uncertain for each in plan.warnings)


def has_content(plan: TablePlan) -> bool:
    """Whether PLAN has more to show than that the table matches its spec."""
    return bool(plan.changes or plan.unmanaged) or is_uncertain(plan)


def summary(plans: Sequence[TablePlan]) -> str:
    """`2 to create, 1 to change, 0 to replace`."""
    actions = Counter(word(plan, "action") for plan in plans)
    return ", ".join(f"{actions[action]} {what}" for action, what in _SUMMARY.items())


def _changes(plan: TablePlan) -> Iterator[Line]:
    mark, what, colour = _ACTIONS.get(word(plan, "action"), ("?", word(plan, "action"), ""))
    # A setting that the endpoint does not support differs, but no call can change it.
    what = "nothing to do" if plan.changes and not colour else what
    if is_uncertain(plan) and not colour:
        what, colour = "not all settings can be compared", "yellow"
    yield Line(f"{mark} {plan.table_name} ({what})", colour=colour)
    yield from _members(plan)


def body(plan: TablePlan, costs: Costs | None = None) -> Iterator[Line]:
    """Return the lines of PLAN after its first line, with its part of COSTS."""
    yield from _members(plan)
    yield from _details(plan, costs)


def class_name(change: PlannedChange) -> str:
    """Return the class of CHANGE in words, such as `in place`."""
    return _CLASSES.get(word(change, "change_class"), (word(change, "change_class"), ""))[0]


def _members(plan: TablePlan) -> Iterator[Line]:
    created = word(plan, "action") == "CREATE"
    for change in plan.changes:
        yield from _change(change, created=created)
    if plan.unmanaged:
        what = "not managed, created with AWS's defaults unless given above" if created else "not managed"
        yield Line(f"{what}: {unmanaged_line(plan.unmanaged)}", 2, colour="bright_black")


def unmanaged_line(members: Sequence[UnmanagedMember]) -> str:
    """Return MEMBERS as one line: the paths with their bounds, then their common reason."""
    by_reason: dict[str, list[str]] = {}
    for each in members:
        by_reason.setdefault(each.reason, []).append(f"{each.path}{_bounds(each)}")
    groups = {reason: ", ".join(paths) for reason, paths in by_reason.items()}
    return "; ".join(f"{paths} ({reason})" if reason else paths for reason, paths in groups.items())


def _bounds(member: UnmanagedMember) -> str:
    lowest = f" from {member.minimum}" if member.HasField("minimum") else ""
    return f"{lowest} to {member.maximum}" if member.HasField("maximum") else lowest


def _change(change: PlannedChange, *, created: bool) -> Iterator[Line]:
    what, colour = _CLASSES.get(word(change, "change_class"), (word(change, "change_class"), ""))
    what = f"{what}: {change.effect}" if change.effect else what
    notes = [] if created and what == "in place" else [what]
    if change.skipped:
        notes, colour = [f"skipped: {change.skipped}"], "bright_black"
    mark = _MARKS[bool(change.before), bool(change.after)]
    note = f" [{'; '.join(notes)}]" if notes else ""
    texts = [each for each in (change.before, change.after) if each]
    if not is_nested([value(each) for each in texts]):
        values = " -> ".join(map(compact, texts))
        yield Line(f"{mark} {change.path}: {values}{note}", 2, colour=colour)
        return
    yield Line(f"{mark} {change.path}:{note}", 2, colour=colour)
    both = len(texts) > 1
    lines = value_differences(value(change.before), value(change.after)) if both else block(value(texts[0]))
    yield from (Line(each.text, _BLOCK + 2 * each.depth, colour=colour) for each in lines)


# The marks, by whether a value exists before and after.
_MARKS: Mapping[tuple[bool, bool], str] = {
    (True, True): "~",
    (False, True): "+",
    (True, False): "-",
    (False, False): "~",
}


def _details(plan: TablePlan, costs: Costs | None) -> Iterator[Line]:
    yield from (Line(f"! first wait for: {each}", 2, colour="yellow") for each in plan.waits)
    for number, step in enumerate(plan.steps, 1):
        yield from _step(number, step)
    yield from map(_warning, plan.warnings)
    if plan.refusal:
        yield Line(f"refused: {plan.refusal}", 2, colour="red")
    cost = costs.of(plan.table_name) if costs is not None else None
    if cost is not None:
        from tableadmin.cli.views.plans.costs import lines  # noqa: PLC0415 - protobuf

        yield from lines(cost)


def _warning(warning: PlanWarning) -> Line:
    place = f"{warning.path}: " if warning.path else ""
    return Line(f"! {place}{warning.description}", 2, colour="yellow")


def _step(number: int, step: PlannedStep) -> Iterator[Line]:
    call = (step.WhichOneof("call") or "").title().replace("_", "")
    mark = f"{number}. "
    yield Line(f"{mark}{step.summary} ({call})" if call else f"{mark}{step.summary}", 2, len(mark))
    yield from (Line(f"wait for: {each}", 2 + len(mark)) for each in step.waits)
    if step.HasField("denial"):
        yield Line(denial(step.denial), 2 + len(mark), colour="red")
    for required in step.required_approvals:
        yield Line(f"needs approval by {requirement(required)}", 2 + len(mark), colour="yellow")


def denial(found: StepDenial) -> str:
    """Return why policies do not permit a step."""
    return f"denied: {refusal_text(found.action, found.policies, found.advice)}"
