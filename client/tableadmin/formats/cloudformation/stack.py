"""What a deployed stack says of its resources: `aws cloudformation list-stack-resources` and its like."""

from collections.abc import Iterator

from tableadmin.formats.error import SpecError
from tableadmin.formats.text.tree import Record, Tree, record, records

_LISTS = ("StackResourceSummaries", "StackResources")
_ONE = "StackResourceDetail"


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT lists the resources of a stack."""
    return isinstance(document, dict) and any(member in document for member in (*_LISTS, _ONE))


def parse_deployed_stack(document: Tree) -> dict[str, str]:
    """The physical IDs in DOCUMENT by logical ID, and the pseudo parameters that the stack's ARN contains.

    The physical ID of a table is its name. Raises SpecError for a document that lists no resources.
    """
    if not recognises(document):
        command = "aws cloudformation list-stack-resources --stack-name STACK"
        raise SpecError(f"has no resources of a stack; give what `{command}` prints")
    found: dict[str, str] = {}
    for resource in _resources(record(document, "")):
        logical, physical = resource.get("LogicalResourceId"), resource.get("PhysicalResourceId")
        if isinstance(logical, str) and isinstance(physical, str) and _is_there(resource):
            found[logical] = physical
        found |= _of_stack(resource.get("StackId"))
    return found


def _resources(document: Record) -> Iterator[Record]:
    for member in _LISTS:
        yield from records(document.get(member), member)
    if _ONE in document:
        yield record(document[_ONE], _ONE)


def _is_there(resource: Record) -> bool:
    return not str(resource.get("ResourceStatus", "")).startswith("DELETE_")


def _of_stack(arn: Tree) -> dict[str, str]:
    """The pseudo parameters that the ARN of a stack contains."""
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    if len(parts) < 6:  # noqa: PLR2004  # arn:partition:cloudformation:region:account:stack/name/id
        return {}
    return {
        "AWS::Partition": parts[1],
        "AWS::Region": parts[3],
        "AWS::AccountId": parts[4],
        "AWS::StackName": parts[5].split("/")[1] if "/" in parts[5] else parts[5],
        "AWS::StackId": str(arn),
    }
