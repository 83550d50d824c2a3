"""Convert the values of plans from the contract's JSON text to values and to short text. No I/O."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue

_PLAIN_TEXT = re.compile(r"[\w./:@+-]+(?: [\w./:@+-]+)*")


def value(text: str) -> AwsValue:
    """Parse TEXT as JSON. Returns TEXT itself if it is not JSON."""
    try:
        return cast("AwsValue", json.loads(text))
    except ValueError:
        return text


def document(found: object) -> object:
    """Return the document in FOUND if FOUND is the text of a document such as a policy, otherwise FOUND."""
    if not isinstance(found, str):
        return found
    try:
        read = json.loads(found)
    except ValueError:
        return found
    return read if isinstance(read, dict) else found


def with_values(plan: AwsDict) -> AwsDict:
    """Return PLAN, an AWS-shaped TablePlan, with values in place of JSON texts, None for absent values."""
    changes = [
        {
            name: (document(value(str(each))) if each else None) if name in ("Before", "After") else each
            for name, each in change.items()
        }
        for change in cast("list[AwsDict]", plan.get("Changes") or [])
    ]
    return cast("AwsDict", {name: changes if name == "Changes" else each for name, each in plan.items()})


def compact(text: str) -> str:
    """Format JSON text without unnecessary quotes."""
    try:
        return compact_value(json.loads(text))
    except ValueError:
        return text


def compact_value(found: object) -> str:
    """Format a JSON value on one line."""
    if isinstance(found, dict):
        return "{" + ", ".join(f"{name}: {compact_value(each)}" for name, each in found.items()) + "}"
    if isinstance(found, list):
        return "[" + ", ".join(map(compact_value, found)) + "]"
    if isinstance(found, str):
        return _text(found)
    return json.dumps(found)


def _text(text: str) -> str:
    """Format TEXT, in quotes if it looks like another type. A document such as a policy is parsed."""
    try:
        read = json.loads(text)
    except ValueError:
        return text if _PLAIN_TEXT.fullmatch(text) else json.dumps(text, ensure_ascii=False)
    return compact_value(read) if isinstance(read, dict) else json.dumps(text)
