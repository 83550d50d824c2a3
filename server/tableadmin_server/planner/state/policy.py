"""Resource policies in one form, so that policies with the same meaning compare equal."""

import json
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue

# A limit of this service, against deep recursion. Policies of AWS have about 8 levels.
_MOST_NESTED = 64


def document(policy: str) -> AwsDict:
    """POLICY as parsed JSON; raises ValueError, whose text says what POLICY has to be."""
    try:
        read = json.loads(policy)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError:
        raise ValueError(_NO_OBJECT) from None
    if not isinstance(read, dict):
        raise ValueError(_NO_OBJECT)  # noqa: TRY004  # the type of JSON, not of Python
    if _depth(read) > _MOST_NESTED:
        raise ValueError(_TOO_DEEP)
    return read


_NO_OBJECT = "must be a JSON object"
_TOO_DEEP = f"must be nested at most {_MOST_NESTED} deep"


def canonical(policy: str) -> str:
    """POLICY without spacing, members sorted, lists of one element as the element, lists of texts sorted."""
    try:
        read = document(policy)
    except ValueError:  # not ours to judge here: validation does
        return policy
    return json.dumps(_plain(read), sort_keys=True, separators=(",", ":"))


def _depth(value: AwsValue) -> int:
    """The number of levels of lists and objects in VALUE; without recursion, so that any depth is safe."""
    level, depth = [value], 0
    while level:
        holders = [each for each in level if isinstance(each, dict | list)]
        level = [inner for each in holders for inner in (each.values() if isinstance(each, dict) else each)]
        depth += bool(holders)
    return depth


def _plain(value: AwsValue) -> AwsValue:
    if isinstance(value, dict):
        return {member: _plain(inner) for member, inner in cast("AwsDict", value).items()}
    if not isinstance(value, list):
        return value
    inner = [_plain(each) for each in value]
    if len(inner) == 1:
        return inner[0]
    return sorted(cast("list[str]", inner)) if all(isinstance(each, str) for each in inner) else inner
