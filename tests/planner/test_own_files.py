"""What the service writes of any table that an engine holds is, planned against that table, no change."""

import contextlib
import json
import uuid

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tableadmin import Client
from tableadmin.awsshape import from_aws, to_aws
from tableadmin.errors import OperationFailed
from tableadmin.formats import FORMATS, Format, read, write
from tableadmin.v1 import OperationState, TableSpec
from tests.planner.model.table import Data
from tests.planner.specs import specs

_AT_ONCE = 8
# The name by which files of a format are recognised.
_NAMES: dict[Format, str] = {"terraform": "f.tf"}


@settings(
    deadline=None,
    max_examples=2,  # the first is the simplest, always
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(specs(replaced=True), min_size=_AT_ONCE, max_size=_AT_ONCE))
def test_own_files(client: Client, drawn: list[Data]) -> None:
    """The plan of an export in any format, and of describe-table's output, is empty for any table."""
    names = _made(client, drawn)
    exported = list(client.export(table_names=names).specs)
    described = [to_aws(client.describe_table(table_name=name)) for name in names]
    files = {_NAMES.get(each, each): write(exported, each).text for each in FORMATS}
    files |= {f"{n}.json": json.dumps(each, default=str) for n, each in enumerate(described)}
    for name, text in files.items():
        for plan in client.plan(read(text, name=name, parameters={"AWS::Region": "us-west-2"})).plans:
            changed = [change.path for change in plan.changes if not change.skipped]
            assert [] == changed, (name, plan, text)
            if name.endswith(".json"):
                assert {"Tags", "TimeToLiveSpecification"} <= {each.path for each in plan.unmanaged}


def _made(client: Client, drawn: list[Data]) -> list[str]:
    """The names of tables as DRAWN, as far as the engine holds such tables."""
    wanted = [from_aws({**each, "TableName": f"own-{uuid.uuid4().hex[:12]}"}, TableSpec) for each in drawn]
    operations = client.apply(wanted)
    with contextlib.suppress(OperationFailed):
        operations.result(120)
    names = [
        each.table_name
        for each in operations.latest
        if each.state == OperationState.OPERATION_STATE_SUCCEEDED
    ]
    assert names
    return names
