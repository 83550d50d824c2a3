"""`data "aws_iam_policy_document"`: a policy in blocks -> the same policy in JSON."""

import json
from collections.abc import Iterator, Mapping

from tableadmin.formats.terraform.configuration.functions import json_text
from tableadmin.formats.terraform.configuration.values import (
    Unevaluable,
    Value,
    require_known,
    require_object,
    sequence,
    text,
    wholly_known,
)

KIND = "aws_iam_policy_document"
_SCALARS = {"sid": "Sid", "effect": "Effect"}
_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
_ANYBODY = ("*", ["*"])


def document(values: Mapping[str, Value]) -> str:
    """The policy that VALUES, the attributes and blocks of the data source, say. Raises Unevaluable."""
    own = [_statement(require_object(block)) for block in _each(values, "statement")]
    below = [each for one in _each(values, "source_policy_documents") for each in _statements(one)]
    above = [each for one in _each(values, "override_policy_documents") for each in _statements(one)]
    policy: dict[str, Value] = {"Version": require_known(values.get("version")) or "2012-10-17"}
    if require_known(values.get("policy_id")):
        policy["Id"] = values["policy_id"]
    return json_text({**policy, "Statement": [*_overridden([*below, *own], above)]})


def _each(values: Mapping[str, Value], name: str) -> list[Value]:
    found = require_known(values.get(name))
    return sequence(found) if found is not None else []


def _statements(policy: Value) -> list[Mapping[str, Value]]:
    """The statements of POLICY, a text of JSON."""
    try:
        found = json.loads(text(policy) or "{}").get("Statement", [])
    except (ValueError, AttributeError):
        raise Unevaluable("a policy document is not JSON") from None
    return found if isinstance(found, list) else [found]


def _overridden(statements: list[Mapping[str, Value]], above: list[Mapping[str, Value]]) -> Iterator[Value]:
    """STATEMENTS, those of ABOVE in the place of those with the same Sid, and the others of ABOVE."""
    by_sid = {str(each["Sid"]): each for each in above if each.get("Sid")}
    for each in statements:
        yield by_sid.pop(str(each.get("Sid") or ""), each)
    yield from (each for each in above if not each.get("Sid") or str(each["Sid"]) in by_sid)


def _statement(block: Mapping[str, Value]) -> Mapping[str, Value]:
    found: dict[str, Value] = {"Effect": "Allow"}
    for name, member in _SCALARS.items():
        if require_known(block.get(name)):
            found[member] = block[name]
    for name, member in _LISTS.items():
        if items := _each(block, name):
            found[member] = _shortest([_variables(item) for item in items])
    for name, member in _PRINCIPALS.items():
        if blocks := _each(block, name):
            found[member] = _who([require_object(each) for each in blocks])
    if conditions := _conditions([require_object(each) for each in _each(block, "condition")]):
        found["Condition"] = conditions
    return found


def _who(blocks: list[Mapping[str, Value]]) -> Value:
    found: dict[str, list[Value]] = {}
    for block in blocks:
        kind, names = text(block.get("type")), sequence(wholly_known(block.get("identifiers")))
        if (kind, names) == _ANYBODY and len(blocks) == 1:
            return "*"
        found.setdefault(kind, []).extend(names)
    return {kind: _shortest(names) for kind, names in found.items()}


def _conditions(blocks: list[Mapping[str, Value]]) -> dict[str, Value]:
    found: dict[str, dict[str, list[Value]]] = {}
    for block in blocks:
        variables = found.setdefault(text(block.get("test")), {})
        values = [_variables(value) for value in sequence(block.get("values"))]
        variables.setdefault(text(block.get("variable")), []).extend(values)
    return {
        test: {name: _shortest(values) for name, values in variables.items()}
        for test, variables in found.items()
    }


def _variables(value: Value) -> str:
    """VALUE, in which `&{...}` stands for a variable of IAM, which Terraform would evaluate."""
    return text(value).replace("&{", "${")


def _shortest(items: list[Value]) -> Value:
    return items[0] if len(items) == 1 else items
