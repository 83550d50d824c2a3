"""Terraform's functions that depend on nothing but their arguments.

Functions that read files, clocks or randomness are left out: they name themselves when they are called.
"""

import base64
import csv
import hashlib
import io
import json
import math
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote_plus

import yaml

from tableadmin.formats.terraform.configuration.values import (
    Unevaluable,
    Value,
    as_set,
    number,
    require_known,
    require_object,
    sequence,
    text,
    tree,
    truth,
    whole,
    wholly_known,
)

_VERB = re.compile(r"%(?P<flags>[-+0 #]*)(?P<width>\d{0,3})(?P<precision>\.\d{1,2})?(?P<verb>[a-zA-Z%])")

# As Terraform itself has it for range().
_MOST = 1024


def call_function(name: str, arguments: Sequence[Value]) -> Value:
    """What the function NAME gives for ARGUMENTS. Raises Unevaluable."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise Unevaluable(f"the function {name}() can't be evaluated here")
    try:
        return function(*arguments)
    except (TypeError, ValueError, IndexError, KeyError, re.error, ArithmeticError, yaml.YAMLError) as error:
        raise Unevaluable(f"{name}(): {error}") from None


def json_text(value: Value) -> str:
    """VALUE as jsonencode writes it."""
    written = json.dumps(tree(wholly_known(value)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", written)


def same(left: Value, right: Value) -> bool:
    """Whether LEFT and RIGHT are equal: 1 and true are not."""
    left, right = wholly_known(left), wholly_known(right)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return left == right


def _from_yaml(source: str) -> Value:
    loaded: Value = yaml.safe_load(source)
    return loaded


def _chunks(items: Value, size: Value) -> Value:
    found, length = sequence(items), whole(size)
    return [found[begin : begin + length] for begin in range(0, len(found), length)]


def _coalesce(*values: Value) -> Value:
    return next(value for value in map(require_known, values) if value is not None and value != "")


def _coalesce_list(*values: Value) -> Value:
    return next(value for value in map(sequence, values) if value)


def _concat(*lists: Value) -> Value:
    return [item for one in lists for item in sequence(one)]


def _contains(items: Value, value: Value) -> Value:
    return any(same(item, value) for item in sequence(items))


def _distinct(items: Value) -> Value:
    found: list[Value] = []
    for item in sequence(items):
        if not any(same(item, other) for other in found):
            found.append(item)
    return found


def _element(items: Value, index: Value) -> Value:
    found = sequence(items)
    return found[whole(index) % len(found)]


def _flat(items: Value) -> Iterator[Value]:
    for item in sequence(items):
        if isinstance(require_known(item), list):
            yield from _flat(item)
        else:
            yield item


def _format(pattern: Value, *arguments: Value) -> str:
    remaining = iter(arguments)

    def written(found: re.Match[str]) -> str:
        verb = found["verb"]
        if verb == "%":
            return "%"
        try:
            value = next(remaining)
        except StopIteration:
            raise Unevaluable(f"format(): no argument for {found[0]}") from None
        directive = f"%{found['flags']}{found['width']}{found['precision'] or ''}"
        if verb in "vs":
            value = require_known(value)
            return f"{directive}s" % (json_text(value) if isinstance(value, Mapping | list) else text(value))
        if verb == "q":
            return f"{directive}s" % json.dumps(text(value))
        if verb == "t":
            return text(truth(value))
        return f"{directive}{verb}" % (whole(value) if verb in "doxX" else number(value))

    return _VERB.sub(written, text(pattern))


def _format_list(pattern: Value, *arguments: Value) -> Value:
    lists = [require_known(argument) for argument in arguments]
    length = max((len(one) for one in lists if isinstance(one, list)), default=1)
    return [
        _format(pattern, *(one[index] if isinstance(one, list) else one for one in lists))
        for index in range(length)
    ]


def _index(items: Value, value: Value) -> Value:
    return next(number for number, item in enumerate(sequence(items)) if same(item, value))


def _length(value: Value) -> Value:
    value = require_known(value)
    return len(value) if isinstance(value, Mapping | list) else len(text(value))


def _lookup(values: Value, key: Value, *default: Value) -> Value:
    found = require_object(values)
    if text(key) in found:
        return found[text(key)]
    return require_known(default[0])


def _matching_keys(values: Value, keys: Value, wanted: Value) -> Value:
    pairs = zip(sequence(values), sequence(keys), strict=True)
    return [value for value, key in pairs if any(same(key, each) for each in sequence(wanted))]


def _merge(*maps: Value) -> Value:
    merged: dict[str, Value] = {}
    for one in maps:
        if require_known(one) is not None:
            merged |= require_object(one)
    return merged


def _one(items: Value) -> Value:
    found = sequence(items)
    if len(found) > 1:
        raise Unevaluable("one(): the list has several elements")
    return found[0] if found else None


def _range(*bounds: Value) -> Value:
    found = range(*map(whole, bounds))
    if len(found) > _MOST:
        raise Unevaluable(f"range(): more than {_MOST} numbers")
    return [*found]


def _regex(pattern: Value, value: Value) -> Value:
    found = re.search(text(pattern), text(value))
    if found is None:
        raise Unevaluable(f"regex(): {text(pattern)!r} does not match {text(value)!r}")
    return _groups(found)


def _groups(found: re.Match[str]) -> Value:
    if found.groupdict():
        return {**found.groupdict()}
    return [*found.groups()] if found.groups() else found[0]


def _regex_all(pattern: Value, value: Value) -> Value:
    return [_groups(found) for found in re.finditer(text(pattern), text(value))]


def _replace(value: Value, old: Value, new: Value) -> Value:
    pattern = text(old)
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        replacement = re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", text(new))
        return re.sub(pattern[1:-1], replacement, text(value))
    return text(value).replace(pattern, text(new))


def _set_product(*sets: Value) -> Value:
    products: list[list[Value]] = [[]]
    if math.prod(len(sequence(one)) for one in sets) > _MOST:
        raise Unevaluable(f"setproduct(): more than {_MOST} elements")
    for one in sets:
        products = [[*product, item] for product in products for item in sequence(one)]
    return [*products]


def _set(combine: Callable[[list[Value], list[Value]], list[Value]]) -> Callable[..., Value]:
    def combined(first: Value, *others: Value) -> Value:
        found = sequence(first)
        for other in others:
            found = combine(found, sequence(other))
        return as_set(found)

    return combined


def _substring(value: Value, offset: Value, length: Value) -> Value:
    begin = whole(offset)
    rest = text(value)[begin:]
    return rest if whole(length) < 0 else rest[: whole(length)]


def _to_list(value: Value) -> Value:
    return [*sequence(value)]


def _to_map(value: Value) -> Value:
    return {**require_object(value)}


def _transposed(of: Value) -> Value:
    found: dict[str, list[Value]] = {}
    for name in sorted(require_object(of)):
        for item in _texts(require_object(of)[name]):
            found.setdefault(item, []).append(name)
    return {**found}


def _digest(name: str, value: Value) -> "hashlib._Hash":
    return hashlib.new(name, text(value).encode(), usedforsecurity=False)


def _hexadecimal(name: str) -> Callable[[Value], Value]:
    return lambda value: _digest(name, value).hexdigest()


def _zip(keys: Value, values: Value) -> Value:
    return dict(zip(map(text, sequence(keys)), sequence(values), strict=True))


def _or_null(convert: Callable[[Value], Value]) -> Callable[[Value], Value]:
    return lambda value: None if require_known(value) is None else convert(value)


def _texts(items: Value) -> list[str]:
    return [text(item) for item in sequence(items)]


def _values(of: Value) -> Value:
    found = require_object(of)
    return [found[name] for name in sorted(found)]


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    # Numbers
    "abs": lambda value: abs(number(value)),
    "ceil": lambda value: math.ceil(number(value)),
    "floor": lambda value: math.floor(number(value)),
    "max": lambda *values: max(map(number, values)),
    "min": lambda *values: min(map(number, values)),
    "log": lambda value, base: number(round(math.log(number(value), number(base)), 12)),
    "parseint": lambda value, base: int(text(value), whole(base)),
    "pow": lambda value, power: number(float(number(value)) ** float(number(power))),
    "signum": lambda value: (number(value) > 0) - (number(value) < 0),
    "sum": lambda items: sum(map(number, sequence(items))),
    # Text
    "chomp": lambda value: text(value).rstrip("\r\n"),
    "basename": lambda path: posixpath.basename(text(path)),
    "dirname": lambda path: posixpath.dirname(text(path)) or ".",
    "endswith": lambda value, suffix: text(value).endswith(text(suffix)),
    "format": _format,
    "formatlist": _format_list,
    "indent": lambda spaces, value: text(value).replace("\n", "\n" + " " * whole(spaces)),
    "join": lambda separator, *lists: text(separator).join(t for one in lists for t in _texts(one)),
    "lower": lambda value: text(value).lower(),
    "regex": _regex,
    "regexall": _regex_all,
    "replace": _replace,
    "split": lambda separator, value: [*text(value).split(text(separator))],
    "startswith": lambda value, prefix: text(value).startswith(text(prefix)),
    "strcontains": lambda value, part: text(part) in text(value),
    "strrev": lambda value: text(value)[::-1],
    "substr": _substring,
    "title": lambda value: re.sub(r"(?<!\w)\w", lambda found: found[0].upper(), text(value)),
    "trim": lambda value, cut: text(value).strip(text(cut)),
    "trimprefix": lambda value, prefix: text(value).removeprefix(text(prefix)),
    "trimspace": lambda value: text(value).strip(),
    "trimsuffix": lambda value, suffix: text(value).removesuffix(text(suffix)),
    "upper": lambda value: text(value).upper(),
    # Collections
    "alltrue": lambda items: all(map(truth, sequence(items))),
    "anytrue": lambda items: any(map(truth, sequence(items))),
    "chunklist": _chunks,
    "coalesce": _coalesce,
    "coalescelist": _coalesce_list,
    "compact": lambda items: [item for item in sequence(items) if require_known(item) not in (None, "")],
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": lambda items: [*_flat(items)],
    "index": _index,
    "keys": lambda values: [*sorted(require_object(values))],
    "length": _length,
    "list": lambda *items: [*items],
    "lookup": _lookup,
    "map": lambda *pairs: dict(zip(map(text, pairs[::2]), pairs[1::2], strict=True)),
    "matchkeys": _matching_keys,
    "merge": _merge,
    "one": _one,
    "range": _range,
    "reverse": lambda items: sequence(items)[::-1],
    "setintersection": _set(lambda left, right: [item for item in left if item in right]),
    "setproduct": _set_product,
    "setsubtract": _set(lambda left, right: [item for item in left if item not in right]),
    "setunion": _set(lambda left, right: [*left, *right]),
    "slice": lambda items, begin, end: sequence(items)[whole(begin) : whole(end)],
    "sort": lambda items: [*sorted(_texts(items))],
    "transpose": _transposed,
    "values": _values,
    "zipmap": _zip,
    # Encodings
    "base64decode": lambda value: base64.b64decode(text(value)).decode(),
    "base64encode": lambda value: base64.b64encode(text(value).encode()).decode(),
    "base64sha256": lambda value: base64.b64encode(_digest("sha256", value).digest()).decode(),
    "csvdecode": lambda value: [{**row} for row in csv.DictReader(io.StringIO(text(value)))],
    "jsondecode": lambda value: json.loads(text(value)),
    "jsonencode": json_text,
    "yamldecode": lambda value: _from_yaml(text(value)),
    **{name: _hexadecimal(name) for name in ("md5", "sha1", "sha256", "sha512")},
    "urlencode": lambda value: quote_plus(text(value)),
    # Types
    "nonsensitive": require_known,
    "sensitive": require_known,
    "tobool": _or_null(truth),
    "tolist": _or_null(_to_list),
    "tomap": _or_null(_to_map),
    "tonumber": _or_null(number),
    "toset": _or_null(lambda items: as_set(sequence(items))),
    "tostring": _or_null(text),
}
