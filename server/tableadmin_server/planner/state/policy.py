"""Resource policies in one form, so that policies with the same meaning compare equal."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
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
    """POLICY in the form that all policies with the same meaning for IAM have.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    try:
        read = document(policy)
    except ValueError:  # not ours to judge here: validation does
        return policy
    plain = {member: value for member, value in read.items() if member != "Version"}
    plain["Statement"] = _sorted(_statement(each) for each in _listed(read.get("Statement")))
    return json.dumps({**plain, **_version(policy, read)}, sort_keys=True, separators=(",", ":"))


def _version(policy: str, read: AwsDict) -> AwsDict:
    """The version of the language where it matters: versions differ in what they make of variables."""
    return {"Version": read.get("Version", _OLD_VERSION)} if "${" in policy else {}


_OLD_VERSION = "2008-10-17"
# The members of a statement that hold a text or a list of texts, whose order says nothing.
_TEXTS: Mapping[str, Callable[[str], str]] = {
    "Action": str.lower,
    "NotAction": str.lower,
    "Resource": str,
    "NotResource": str,
}
_ROOT = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):root")


def _statement(statement: AwsValue) -> AwsValue:
    if not isinstance(statement, dict):
        return statement
    plain: AwsDict = {}
    for member, value in cast("AwsDict", statement).items():
        if member in _TEXTS:
            plain[member] = _texts(value, _TEXTS[member])
        elif member in ("Principal", "NotPrincipal"):
            plain[member] = _principals(value)
        elif member == "Condition":
            plain[member] = _condition(value)
        else:
            plain[member] = value
    return plain


def _principals(value: AwsValue) -> AwsValue:
    """An account is its number, as its root user stands for it; everybody is `*` of AWS."""
    kinds = {"AWS": value} if isinstance(value, str) else value
    if not isinstance(kinds, dict):
        return kinds
    return {kind: _texts(each, _account) for kind, each in cast("AwsDict", kinds).items()}


def _account(principal: str) -> str:
    return _ROOT.sub(r"\1", principal)


def _condition(value: AwsValue) -> AwsValue:
    """Names of condition keys are the same in upper and lower case; values are texts."""
    if not isinstance(value, dict):
        return value
    return {
        operator: {key.lower(): _texts(each, str) for key, each in cast("AwsDict", keys).items()}
        if isinstance(keys, dict)
        else keys
        for operator, keys in cast("AwsDict", value).items()
    }


def _texts(value: AwsValue, read: Callable[[str], str]) -> list[AwsValue]:
    """The texts of VALUE, one or a list of them, each as READ, sorted and each once."""
    return [*sorted({read(_text(each)) for each in _listed(value)})]


def _text(value: AwsValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _listed(value: AwsValue) -> list[AwsValue]:
    if value is None:
        return []
    return cast("list[AwsValue]", value) if isinstance(value, list) else [value]


def _sorted(values: Iterable[AwsValue]) -> list[AwsValue]:
    """VALUES in an order that does not depend on how they were written, each once."""
    return [json.loads(each) for each in sorted({json.dumps(each, sort_keys=True) for each in values})]


def _depth(value: AwsValue) -> int:
    """The number of levels of lists and objects in VALUE; without recursion, so that any depth is safe."""
    level, depth = [value], 0
    while level:
        holders = [each for each in level if isinstance(each, dict | list)]
        level = [inner for each in holders for inner in (each.values() if isinstance(each, dict) else each)]
        depth += bool(holders)
    return depth
