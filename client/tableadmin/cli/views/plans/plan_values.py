"""The values of a plan, which the contract has as JSON text, as values and as people write them. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue

_PLAIN_TEXT = re.compile(r"[\w./:@+-]+(?: [\w./:@+-]+)*")


def value(text: str) -> AwsValue:
    """The value that TEXT is in JSON; TEXT itself where it is no JSON."""
    try:
        return cast("AwsValue", json.loads(text))
    except ValueError:
        return text


def document(found: object) -> object:
    """FOUND, or the document that it is the text of, such as a policy."""
    if not isinstance(found, str):
        return found
    try:
        read = json.loads(found)
    except ValueError:
        return found
    return read if isinstance(read, dict) else found


def with_values(plan: AwsDict) -> AwsDict:
    """PLAN, an AWS-shaped TablePlan, with values in place of their JSON texts, None for no value."""
    changes = [
        {
            name: (document(value(str(each))) if each else None) if name in ("Before", "After") else each
            for name, each in change.items()
        }
        for change in cast("list[AwsDict]", plan.get("Changes") or [])
    ]
    return cast("AwsDict", {name: changes if name == "Changes" else each for name, each in plan.items()})


def compact(text: str) -> str:
    """JSON as people write it: without the quotes that it can do without."""
    try:
        return compact_value(json.loads(text))
    except ValueError:
        return text


def compact_value(found: object) -> str:
    """A value of JSON on one line."""
    if isinstance(found, dict):
        return "{" + ", ".join(f"{name}: {compact_value(each)}" for name, each in found.items()) + "}"
    if isinstance(found, list):
        return "[" + ", ".join(map(compact_value, found)) + "]"
    if isinstance(found, str):
        return _text(found)
    return json.dumps(found)


def _text(text: str) -> str:
    """TEXT, in quotes where it might be taken for something else; a document such as a policy as that."""
    try:
        read = json.loads(text)
    except ValueError:
        return text if _PLAIN_TEXT.fullmatch(text) else json.dumps(text, ensure_ascii=False)
    return compact_value(read) if isinstance(read, dict) else json.dumps(text)
