"""Plans as Markdown for pull requests, with a collapsible section for each table. No I/O."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tableadmin.cli.output.terminal_text import wrap_line
from tableadmin.cli.views.formatting import word
from tableadmin.cli.views.plans import plan_text

if TYPE_CHECKING:
    from tableadmin.cli.views.plans.costs import Costs
    from tableadmin.v1 import TablePlan

# GitHub's maximum length of a comment.
LIMIT = 65_536
# The space for the counts of omitted tables and lines.
_RESERVE = 400
# The minimum length of details that are shown.
_LEAST = 200
_FENCE = "~~~~"


def markdown(plans: Sequence[TablePlan], limit: int = LIMIT, costs: Costs | None = None) -> str:
    """Return PLANS in at most LIMIT bytes. Details are left out first, then tables; both are counted.

    The head has the sum of COSTS, and each section the cost of its table.
    """
    shown = [plan for plan in plans if plan_text.has_content(plan) or plan.refusal]
    head = f"### tablectl plan: {plan_text.summary(plans)}\n"
    still = len(plans) - len(shown)
    if still:
        head += f"\n{still} {'table has' if still == 1 else 'tables have'} no changes.\n"
    if costs is not None:
        from tableadmin.cli.views.plans.costs import total_lines  # noqa: PLC0415 - protobuf

        head += "".join(f"\n{each.text}\n" for each in total_lines(costs))
    return head + sections(shown, limit - _size(head), "tablectl plan", costs)


def sections(plans: Sequence[TablePlan], room: int, command: str, costs: Costs | None = None) -> str:
    """Return sections of PLANS in at most ROOM bytes, with COSTS. COMMAND shows the omitted tables."""
    room -= _RESERVE
    shown: list[str] = []
    for number, plan in enumerate(plans):
        section = _section(plan, room // (len(plans) - number), costs)
        if _size(section) > room:
            left = len(plans) - number
            shown.append(f"\n{left} more {'table' if left == 1 else 'tables'} not shown: run `{command}`.\n")
            break
        room -= _size(section)
        shown.append(section)
    return "".join(shown)


def _section(plan: TablePlan, room: int, costs: Costs | None) -> str:
    """Return PLAN with as many of its lines as fit in ROOM bytes."""
    classes = Counter(plan_text.class_name(change) for change in plan.changes if not change.skipped)
    counts = ", ".join(f"{count} {name}" for name, count in classes.items())
    action = word(plan, "action").lower()
    what = html.escape(f"{plan.table_name}: {action if action != 'none' else 'nothing to do'}")
    summary = f"<b>{what}</b>" + (f" ({html.escape(counts)})" if counts else "")
    begin = f"\n<details><summary>{summary}</summary>\n\n{_FENCE}diff\n"
    end = f"{_FENCE}\n</details>\n"
    lines = [text[2:] for line in plan_text.body(plan, costs) for text in wrap_line(line, None)]
    return begin + _fitting(lines, max(room, _LEAST) - _size(begin + end)) + end


def _fitting(lines: Sequence[str], room: int) -> str:
    text = ""
    for number, line in enumerate(lines):
        if _size(text) + _size(line) + 1 > room - _LEAST // 2 and number < len(lines):
            return text + f"... {len(lines) - number} more lines: run tablectl plan\n"
        # A fence in a value would end the block.
        text += line.replace(_FENCE, "~ ~ ~ ~") + "\n"
    return text


def _size(text: str) -> int:
    return len(text.encode())
