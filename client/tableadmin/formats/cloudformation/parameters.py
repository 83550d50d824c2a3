"""What a template's Parameters allow for their values."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping

from tableadmin.formats.error import SpecError
from tableadmin.formats.text.fitting import as_text
from tableadmin.formats.text.tree import Record, Tree

_LISTS = ("CommaDelimitedList", "List<")


def value(name: str, text: str, declared: Record, path: str) -> Tree:
    """TEXT as the value of the parameter NAME: a list for a type of lists.

    Raises SpecError at PATH for a value that the parameter, as DECLARED, does not allow.
    """
    kind = as_text(settled_scalar(declared.get("Type", "String")))
    is_list = kind.startswith(_LISTS) or "<List<" in kind
    items = [item.strip() for item in text.split(",")] if is_list else [text]
    for item in items:
        wrong = next(_violations(item, declared, kind), None)
        if wrong:
            hint = declared.get("ConstraintDescription")
            explained = f" ({hint})" if isinstance(hint, str) else ""
            raise SpecError(f"{name} {wrong}{explained}", path=path)
    return [*items] if is_list else text


def settled_scalar(tree: Tree) -> str | int | float | bool:
    """TREE, a scalar; a list is joined as a default of CloudFormation's lists is."""
    if isinstance(tree, list):
        return ",".join(as_text(settled_scalar(item)) for item in tree)
    return tree if isinstance(tree, str | int | float | bool) else ""


def _violations(text: str, declared: Record, kind: str) -> Iterator[str]:
    choices = declared.get("AllowedValues")
    if isinstance(choices, list):
        allowed = [as_text(settled_scalar(choice)) for choice in choices]
        if text not in allowed:
            yield f"may be {', '.join(allowed)}, not {text}"
    if "Number" in kind and _number(text) is None:
        yield f"must be a number, not {text}"
    pattern = declared.get("AllowedPattern")
    if isinstance(pattern, str) and not _matches(pattern, text):
        yield f"must match {pattern}, and {text} does not"
    for member, (measured, is_wrong, what) in _BOUNDS.items():
        bound, measure = _number(as_text(settled_scalar(declared.get(member)))), measured(text)
        if bound is not None and measure is not None and is_wrong(measure, bound):
            yield f"must {what} {bound:g}, not {text}"


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # a pattern of Java's that Python's does not have
        return True


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_Measure = Callable[[str], float | None]
_BOUNDS: Mapping[str, tuple[_Measure, Callable[[float, float], bool], str]] = {
    "MinLength": (len, operator.lt, "have a length of at least"),
    "MaxLength": (len, operator.gt, "have a length of at most"),
    "MinValue": (_number, operator.lt, "be at least"),
    "MaxValue": (_number, operator.gt, "be at most"),
}
