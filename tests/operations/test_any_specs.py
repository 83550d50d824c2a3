"""Random tables, through the whole service: what the planner says of a model holds for what servers do."""

import uuid

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.operations.harness.world import SUCCEEDED, World, apply_request
from tests.planner.model.table import Data
from tests.planner.specs import specs
from tests.planner.test_properties import assert_is

_AT_ONCE = 20


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[Data, Data]:
    """A spec of a table and another; time to live keeps its attribute, or a rename would take an hour."""
    a, b = draw(specs()), draw(specs())
    one, other = (each.get("TimeToLiveSpecification", {}) for each in (a, b))
    if one and other:
        b["TimeToLiveSpecification"] = one
    return a, b


@settings(
    deadline=None,
    max_examples=2,  # the first is the simplest, always
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(st.lists(_pairs(), min_size=_AT_ONCE, max_size=_AT_ONCE))
def test_a_to_b(pair: World, drawn: list[tuple[Data, Data]]) -> None:
    """Any table becomes any other one without one call that is refused or needless."""
    names = [f"Any-{uuid.uuid4().hex[:12]}" for _ in drawn]
    tables = list(zip(names, drawn, strict=True))
    for wanted in (
        [{**a, "TableName": name} for name, (a, _) in tables],
        [{**b, "TableName": name} for name, (_, b) in tables],
    ):
        operations = pair.begun(apply_request(*wanted, allow="allow_destructive"))
        ended = pair.ended(operations)
        assert [SUCCEEDED] * len(wanted) == [each.state for each in ended], ended
        for spec in wanted:
            assert_is(pair.plane.table(spec["TableName"]), spec)
        assert [] == [step for plan in pair.planned(*wanted) for step in plan.steps]
        # Nothing has to keep its distance from what was before.
        pair.plane.let_pass(3600)
    assert [] == pair.plane.model.refused
