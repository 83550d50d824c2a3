"""The spec of one table as that of another: pure functions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tableadmin.v1 import TableSpec

# Matches the end of a table name.
_END = r"(?![\w.-])"

# Settings that specs do not contain, or that belong to the original table only.
_REST = "auto scaling, system tags (aws:), backups, stream records and alarms"
NOT_CLONED, NO_ITEMS = f"not cloned: {_REST}", f"not cloned: items, {_REST}"


def spec_of_clone(spec: TableSpec, name: str, arn: str, notes: list[str], *, elsewhere: bool) -> TableSpec:
    """Return SPEC of the table ARN for the table NAME. ELSEWHERE: the clone is at another endpoint.

    NOTES gets a line for each setting that is left out, or that both tables will share.
    """
    from tableadmin.v1 import TableSpec  # noqa: PLC0415 - protobuf

    clone = TableSpec()
    clone.CopyFrom(spec)
    clone.table_name = name
    if spec.resource_policy:
        _rename_policy(clone, spec.table_name, arn, notes, elsewhere=elsewhere)
    if spec.HasField("kinesis_stream_specification"):
        stream = spec.kinesis_stream_specification.stream_arn
        notes.append(f"table {name}: its changes also go to {stream}")
    if elsewhere and spec.sse_specification.kms_master_key_id:
        key = spec.sse_specification.kms_master_key_id
        notes.append(f"table {name}: the key {key} must also exist at the other endpoint")
    return clone


def _rename_policy(clone: TableSpec, name: str, arn: str, notes: list[str], *, elsewhere: bool) -> None:
    """Replace the table NAME in the policy by the clone. A policy that still contains NAME is left out."""
    policy = json.dumps(json.loads(clone.resource_policy), ensure_ascii=False)  # without escapes such as `\/`
    if not elsewhere:
        policy = re.sub(re.escape(arn) + _END, f"{arn.removesuffix(name)}{clone.table_name}", policy)
    if re.search(f"table/{re.escape(name)}{_END}", policy) and (elsewhere or clone.table_name != name):
        clone.ClearField("resource_policy")
        reason = f"it contains the ARN of table {name}"
        notes.append(f"table {clone.table_name}: the resource policy is not cloned: {reason}")
    else:
        clone.resource_policy = policy
