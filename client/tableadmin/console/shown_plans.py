"""The plans that pages show: what is applied is what was shown, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.v1 import TablePlan, TableSpec

# A page that shows an older plan has to plan again.
_KEPT = 64
# The classes of changes that delete something for good.
_DESTROYING = ("DESTRUCTIVE", "REPLACEMENT")


@dataclass(frozen=True)
class ShownPlan:
    """Specs and their plans, in the same order, at one endpoint."""

    endpoint: str | None
    specs: Sequence[TableSpec]
    plans: Sequence[TablePlan]

    @property
    def destroying(self) -> dict[str, set[str]]:
        """The classes of changes that delete something, by the name of the table; other tables are absent."""
        found = {plan.table_name: destroying_classes(plan) for plan in self.plans}
        return {name: classes for name, classes in found.items() if classes}


class ShownPlans:
    """The newest plans, each by an ID that nobody can guess."""

    def __init__(self) -> None:
        self._plans: dict[str, ShownPlan] = {}
        self._lock = Lock()

    def add(self, plan: ShownPlan) -> str:
        """The ID under which PLAN can be applied. The ID is an idempotency token of ApplyPlan too."""
        key = str(uuid.uuid4())
        with self._lock:
            self._plans[key] = plan
            while len(self._plans) > _KEPT:
                del self._plans[next(iter(self._plans))]
        return key

    def get(self, key: str) -> ShownPlan | None:
        """The plan of that ID; None if there is none any more."""
        with self._lock:
            return self._plans.get(key)


def destroying_classes(plan: TablePlan) -> set[str]:
    """The classes of the changes of PLAN that delete something for good."""
    return {word(each, "change_class") for each in plan.changes if not each.skipped} & set(_DESTROYING)
