"""Auto scaling that plugins of the Serverless Framework set up, from `custom.capacities`.

https://www.npmjs.com/package/serverless-dynamodb-autoscaling
"""

from collections.abc import Iterator

from tableadmin.formats.cloudformation.properties import AUTO_SCALING, units_path
from tableadmin.formats.text.tree import Record, Tree, record, records
from tableadmin.v1 import BillingMode, TableSpec

_PATH = "custom.capacities"
_UNITS = (("read", "ReadCapacityUnits"), ("write", "WriteCapacityUnits"))


def leave_scaled_capacity(spec: TableSpec, logical_id: str, capacities: Tree) -> None:
    """Let SPEC, of the resource LOGICAL_ID, leave alone what CAPACITIES says that auto scaling moves.

    Raises SpecError.
    """
    if spec.billing_mode == BillingMode.BILLING_MODE_PAY_PER_REQUEST:
        return
    for number, each in enumerate(records(capacities, _PATH)):
        if logical_id in _names(each.get("table")):
            for path, least, most in _scaled(each, f"{_PATH}[{number}]"):
                spec.unmanaged.add(path=path, reason=AUTO_SCALING, minimum=least, maximum=most)


def _scaled(capacity: Record, path: str) -> Iterator[tuple[str, int | None, int | None]]:
    """The paths of the members that CAPACITY scales, with their bounds."""
    indexes = [] if str(capacity.get("indexOnly")) == "true" else [""]
    for index in (*indexes, *_names(capacity.get("index"))):
        for name, units in _UNITS:
            bounds = record(capacity.get(name), f"{path}.{name}")
            if bounds:
                yield units_path(index, units), _number(bounds.get("minimum")), _number(bounds.get("maximum"))


def _names(tree: Tree) -> list[str]:
    """The names that TREE is, one or a list of them; a table may be an object that refers to the resource."""
    if isinstance(tree, list):
        return [name for each in tree for name in _names(each)]
    if isinstance(tree, dict):
        return _names(tree.get("Ref"))
    return [str(tree)] if tree else []


def _number(tree: Tree) -> int | None:
    return int(str(tree)) if str(tree).isdecimal() else None
