"""What of a table Terraform does not decide: the members that stay as they are on the live table."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from tableadmin.formats.error import SpecError, merge_errors
from tableadmin.formats.found import DECLARED
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.terraform.resources import Cause, Resource, Steps, is_configured, unknown_leaves
from tableadmin.formats.terraform.table import ATTRIBUTES, ON_DEMAND
from tableadmin.formats.text.tree import Record, Tree

# What a spec takes.
_LONGEST_REASON = 200
_IGNORED = "lifecycle.ignore_changes"
_KEPT = "not in the configuration, and Terraform keeps what is set"
# Blocks that the provider computes where nobody wrote them: Terraform leaves alone what is on the table.
_COMPUTED_BLOCKS = ("point_in_time_recovery", "server_side_encryption", "ttl")
_ONLY_CONFIGURED = "only the tags of the configuration are known"
# Members of blocks that a spec may leave unmanaged by themselves; {} is the name of the block's element.
_INNER: Mapping[tuple[str, str], str] = {
    ("server_side_encryption", "kms_key_arn"): "SSESpecification.KMSMasterKeyId",
    ("point_in_time_recovery", "recovery_period_in_days"): (
        "PointInTimeRecoverySpecification.RecoveryPeriodInDays"
    ),
    ("replica", "kms_key_arn"): "Replicas[{}].KMSMasterKeyId",
    ("global_secondary_index", "read_capacity"): (
        "GlobalSecondaryIndexes[{}].ProvisionedThroughput.ReadCapacityUnits"
    ),
    ("global_secondary_index", "write_capacity"): (
        "GlobalSecondaryIndexes[{}].ProvisionedThroughput.WriteCapacityUnits"
    ),
    ("global_secondary_index", "on_demand_throughput"): "GlobalSecondaryIndexes[{}].OnDemandThroughput",
    ("global_secondary_index", "warm_throughput"): "GlobalSecondaryIndexes[{}].WarmThroughput",
    ("replica", "arn"): "",
    ("replica", "stream_arn"): "",
    ("replica", "stream_label"): "",
    ("replica", "consistency_mode"): "",
    ("replica", "point_in_time_recovery"): "",
    ("replica", "deletion_protection_enabled"): "",
    ("replica", "propagate_tags"): "",
}
# The attribute that names an element.
_NAMES = {"global_secondary_index": "name", "replica": "region_name"}


class Unmanaged:
    """The members that a table's spec does not manage, each with the reason."""

    def __init__(self) -> None:
        self._found: dict[str, Record] = {}

    def add(self, path: str, reason: str, **bounds: Tree) -> None:
        """Leave the member at PATH alone, because of REASON; BOUNDS are those of auto scaling."""
        line = " ".join(reason.split())
        shown: Record = {"Path": path, "Reason": line[:_LONGEST_REASON], **bounds}
        if bounds or path not in self._found:
            self._found[path] = shown

    def only_others(self, path: str) -> None:
        """Of a list at PATH that is left alone, leave alone only the elements that the spec does not have."""
        if path in self._found:
            shown = self._found.pop(path)
            self._found[f"{path}[*]"] = {**shown, "Path": f"{path}[*]"}

    def members(self) -> list[Tree]:
        """The members, as a spec has them; what is below another one is left out."""
        return [
            shown
            for path, shown in self._found.items()
            if not any(path.startswith((f"{other}.", f"{other}[")) for other in self._found)
        ]


def unmanaged_members(table: Resource, inputs: Inputs) -> Unmanaged:
    """What TABLE leaves alone: what Terraform ignores, and what nobody configured and is not known.

    Raises SpecError for what is configured, not known, and neither given nor declared unmanaged.
    """
    found = Unmanaged()
    for attribute in ATTRIBUTES if "all" in table.ignored else table.ignored:
        if ATTRIBUTES.get(attribute):
            found.add(ATTRIBUTES[attribute], _IGNORED)
    for attribute in _not_configured(table):
        found.add(ATTRIBUTES[attribute], _KEPT)
    errors: list[SpecError] = []
    for attribute in ATTRIBUTES:
        for steps, cause in unknown_leaves(table.unknown.get(attribute)):
            if _matters(table, attribute):
                errors += _judge(table, (attribute, *steps), cause, inputs, found)
    if errors:
        raise merge_errors(errors)
    return found


def _not_configured(table: Resource) -> list[str]:
    """The blocks that Terraform leaves alone because the configuration does not have them."""
    if table.source == "state" or (table.source == "plan" and table.expressions is None):
        return []
    return [
        block
        for block in _COMPUTED_BLOCKS
        if not table.values.get(block)
        and not any(unknown_leaves(table.unknown.get(block)))
        and not is_configured(table.expressions, [block])
    ]


def _matters(table: Resource, attribute: str) -> bool:
    """Whether a spec has a place for ATTRIBUTE: none for capacity on demand, or the view of no stream."""
    if attribute in ("read_capacity", "write_capacity"):
        return table.values.get("billing_mode") != ON_DEMAND
    if attribute == "stream_view_type":
        return bool(table.values.get("stream_enabled"))
    if attribute == "warm_throughput":
        return table.expressions is None or is_configured(table.expressions, [attribute])
    return attribute != "region"


def _judge(
    table: Resource, steps: Steps, cause: Cause, inputs: Inputs, found: Unmanaged
) -> Iterator[SpecError]:
    """Add to FOUND what TABLE has at STEPS and is not known, or yield why that is refused."""
    names = [step for step in steps if isinstance(step, str)]
    member = _member(table, steps)
    if member is None:
        return
    if steps[0] == "tags_all":
        found.add("Tags[*]" if "tags" not in table.unknown else "Tags", _ONLY_CONFIGURED)
        return
    expressions = table.expressions
    if member and expressions is not None and not is_configured(expressions, names):
        found.add(member, cause.reason)
    elif member and inputs.leaves_alone(member):
        found.add(member, DECLARED)
    else:
        yield refusal(f"{table.address}.{path_text(steps)}", cause, member)


def refusal(path: str, cause: Cause, member: str) -> SpecError:
    """The error that the value at PATH is not known; it says what to give, or to leave MEMBER alone."""
    needs = cause.needs or (f"--param '{cause.reference or path}=VALUE'",)
    unmanaged_instead = [f"--unmanaged {shlex.quote(member)}"] if member else []
    *first, last = [" and ".join(needs), *unmanaged_instead, *cause.instead]
    choice = f"{', '.join(first)} or {last}" if first else last
    return SpecError(f"{cause.reason}; give {choice}", path=path, needs=needs)


def _member(table: Resource, steps: Steps) -> str | None:
    """The path of the spec's member at STEPS; None where a spec has nothing of it, empty for a key's part."""
    name, *rest = steps
    inner = next((step for step in rest if isinstance(step, str)), "")
    path = _INNER.get((str(name), inner))
    if path is None:
        return ATTRIBUTES[str(name)]
    element = _element(table, str(name), rest)
    return path.format(element) if path else None


def _element(table: Resource, name: str, rest: Sequence[str | int]) -> Tree:
    elements = table.values.get(name)
    index = rest[0] if rest else 0
    if not isinstance(elements, list) or not isinstance(index, int) or index >= len(elements):
        return None
    element = elements[index]
    return element.get(_NAMES.get(name, "")) if isinstance(element, dict) else None


def path_text(steps: Steps) -> str:
    """STEPS as Terraform writes them: `replica[0].kms_key_arn`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def with_given(resource: Resource, inputs: Inputs) -> Resource:
    """RESOURCE with the values that the caller gives for what is not known."""
    given = dict(_given(resource, inputs))
    return resource.completed(given) if given else resource


def _given(resource: Resource, inputs: Inputs) -> Iterator[tuple[Steps, str]]:
    for steps, cause in unknown_leaves(resource.unknown):
        for name in filter(None, (cause.reference, _own_name(resource, steps))):
            value = inputs.parameter(name)
            if value is not None:
                yield steps, value
                break


def _own_name(resource: Resource, steps: Steps) -> str:
    return f"{resource.address}.{path_text(steps)}"
