"""Reads the policies of a folder, and refuses policies that might permit more than their authors meant."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import cedarpy

from tableadmin_server.security.authorization import approvals
from tableadmin_server.security.authorization.statements import line_of_error, place_of, statements

# A policy in Cedar's JSON.
Est: TypeAlias = dict[str, Any]

# The supported annotations.
_ANNOTATIONS = frozenset({"id", "advice", approvals.APPROVAL, approvals.APPROVERS})
_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}\Z")
_WORD = re.compile(r"[^\W\d_]+")
_MAX_ADVICE = 200
# The beginning of a problem in Cedar's validation, and the action in it.
_OF_POLICY = re.compile(r"^for policy `policy[0-9]+`[,:] ")
_OF_ACTION = re.compile(r'(?<= for )Action::"[^"]*"(?= not found)')
_ACTIONS = "\0"
_NEVER_APPLIES = "unable to find an applicable action"
# The operators whose operands are conditions.
_LOGIC = frozenset({"&&", "||", "!", "if-then-else"})
# The largest size of all files together.
_MAX_SIZE = 4 * 1024 * 1024


class PolicyError(Exception):
    """Policies are refused. Each problem names its file, and its line and policy if there are any."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Configured:
    """The configured names that policies refer to: of the endpoints and of the authenticators."""

    endpoints: tuple[str, ...]
    authenticators: tuple[str, ...]


@dataclass(frozen=True)
class PolicyDocuments:
    """The policies by `@id`, and a hash of all of them."""

    policies: Mapping[str, Est]
    sha256: str


def read_folder(folder: Path) -> Mapping[str, str]:
    """Return the texts of the `*.cedar` files in FOLDER by file name. Raises PolicyError.

    Names that begin with a dot are skipped. A file that looks like a policy and would not be read is an
    error.
    """
    problems: list[str] = []
    texts: dict[str, str] = {}
    try:
        entries = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    except OSError as error:
        raise PolicyError([f"{folder}: {error.strerror}"]) from error
    for each in entries:
        if each.is_dir():
            if any(each.rglob("*.cedar")):
                problems.append(f"{each.name}: policies in subfolders are not read; move the files up")
        elif each.suffix == ".cedar":
            try:
                texts[each.name] = each.read_bytes().decode()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{each.name}: cannot be read: {error}")
        elif ".cedar" in each.name.lower():
            problems.append(f"{each.name}: is not read, because the name does not end in .cedar")
    if sum(map(len, texts.values())) > _MAX_SIZE:
        problems.append(f"{folder}: has more than {_MAX_SIZE} characters of policies")
    if problems:
        raise PolicyError(problems)
    return texts


def load(texts: Mapping[str, str], schema: cedarpy.Schema, configured: Configured) -> PolicyDocuments:
    """Return the policies in TEXTS, by file name. Raises PolicyError with all problems."""
    problems: list[str] = []
    policies: dict[str, Est] = {}
    for file, text in sorted(texts.items()):
        problems += _read_file(file, text, schema, configured, policies)
    if not policies and not problems:
        problems.append("there is no policy: the folder needs a file NAME.cedar with at least one policy")
    if problems:
        raise PolicyError(problems)
    return PolicyDocuments(policies, digest_of(texts))


def digest_of(texts: Mapping[str, str]) -> str:
    """Return a hash of TEXTS with their file names."""
    return hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()


def _read_file(
    file: str, text: str, schema: cedarpy.Schema, configured: Configured, policies: dict[str, Est]
) -> Iterator[str]:
    """Add the policies of TEXT, the content of FILE, to POLICIES, and yield the problems of TEXT."""
    unreadable = {problem: place_of(text, offset) for problem, offset in _unreadable(text).items()}
    yield from (f"{file}:{place}: {problem}" for problem, place in unreadable.items())
    try:
        document = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        yield from _syntax_errors(file, text, _line(error))
        return
    places = [f"{file}:{each}: " for each in statements(text)]
    for number in document["templates"]:
        yield f"{_place(file, places, number)}templates are not supported"
    for number, policy in document["staticPolicies"].items():
        place = _place(file, places, number)
        name = policy.get("annotations", {}).get("id")
        yield from (
            f"{place}{problem}"
            for problem in _problems(policy, configured)
            if not unreadable.get(problem, "").endswith(f" {name}")
        )
        if name in policies:
            yield f'{place}@id("{name}") occurs more than once'
        if name:
            policies[name] = policy
    yield from _invalid(file, text, schema, places)


def _syntax_error(text: str) -> str:
    try:
        cedarpy.policies_to_json_str(text)
    except ValueError as error:
        return _line(error)
    return ""


def _syntax_errors(file: str, text: str, problem: str) -> Iterator[str]:
    """The syntax errors of the policies of FILE. Cedar reports PROBLEM for the whole TEXT."""
    found = [(each, _syntax_error(each.text)) for each in statements(text)]
    wrong = [(each, error) for each, error in found if error]
    for each, error in wrong:
        place = replace(each, line=line_of_error(each, error, _syntax_error))
        yield f"{file}:{place}: is not Cedar: {error}"
    if not wrong:
        yield f"{file}: is not Cedar: {problem}"


def _invalid(file: str, text: str, schema: cedarpy.Schema, places: Sequence[str]) -> Iterator[str]:
    """The problems that Cedar's validation finds in TEXT, the content of FILE, with policies at PLACES.

    Validation repeats a problem for each action of a policy. Here each problem is reported once.
    """
    problems: dict[tuple[str, str], list[str]] = {}
    for found in cedarpy.validate_policies(text, schema, release_gil=True).errors:
        problem = _OF_POLICY.sub("", _line(found.error))
        key = _place(file, places, found.policy_id), _OF_ACTION.sub(_ACTIONS, problem)
        problems.setdefault(key, []).extend(_OF_ACTION.findall(problem))
    # "No applicable action" is only reported for a policy without other problems.
    clear = {place for place, problem in problems if not problem.startswith(_NEVER_APPLIES)}
    for (place, problem), actions in problems.items():
        if place not in clear or not problem.startswith(_NEVER_APPLIES):
            yield place + problem.replace(_ACTIONS, _listed(sorted(set(actions))))


def _listed(actions: Sequence[str]) -> str:
    others = len(actions) - 1
    return "".join(actions[:1]) + (f" and {others} other actions" if others > 0 else "")


def _place(file: str, places: Sequence[str], number: str | None) -> str:
    """The one of PLACES in FILE of the policy that Cedar calls NUMBER: `policy1` is the second policy."""
    index = (number or "").removeprefix("policy")
    return places[int(index)] if index.isdecimal() and int(index) < len(places) else f"{file}: "


def _problems(policy: Est, configured: Configured) -> Iterator[str]:
    annotations = policy.get("annotations", {})
    name = annotations.get("id")
    if not name or not _ID.match(name):
        yield 'needs @id("NAME"), with up to 100 characters of a-z A-Z 0-9 . _ -'
    for unknown in sorted(annotations.keys() - _ANNOTATIONS):
        yield f"the annotation @{unknown} is not supported"
    advice = annotations.get("advice", "")
    if advice is None or len(advice) > _MAX_ADVICE:
        yield f"@advice needs a text of up to {_MAX_ADVICE} characters"
    yield from approvals.problems(policy, configured.authenticators)
    for condition in policy["conditions"]:
        if _is_constant(condition["body"]):
            yield f"{condition['kind']} has a constant condition, or a constant part of a condition"
    for text in _texts(policy):
        yield from _unreadable(text)
    for kind, entity_id in _entities(policy):
        problem = _problem_of_entity(kind, entity_id, configured)
        if problem:
            yield f'{kind}::"{entity_id}" {problem}'


def _problem_of_entity(kind: str, entity_id: str, configured: Configured) -> str:
    """The problem of an entity that Cedar's validation does not find, "" if there is none."""
    first, slash, rest = entity_id.partition("/")
    if kind == "Table" and not (first in configured.endpoints and _is_table(rest)):
        return "must be an endpoint of the configuration, a slash, and a table name"
    if kind in {"User", "Service", "Group"} and not (slash and rest and first in configured.authenticators):
        return "must begin with the name of an authenticator of the configuration and a slash"
    if kind == "TagSet":
        return "cannot be named"
    return ""


def _is_table(name: str) -> bool:
    return re.match(r"[a-zA-Z0-9_.-]{3,255}\Z", name) is not None


def _nodes(value: object) -> Iterator[Any]:
    """VALUE and all values in it, without recursion, because conditions may be nested without limit."""
    left = [value]
    while left:
        each = left.pop()
        yield each
        if isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)


def _texts(policy: Est) -> Iterator[str]:
    for node in _nodes(policy):
        if isinstance(node, str):
            yield node
        if isinstance(node, dict) and "pattern" in node:
            yield "".join(each["Literal"] for each in node["pattern"] if isinstance(each, dict))


def _entities(policy: Est) -> Iterator[tuple[str, str]]:
    """The entities that POLICY names, each with its type, without actions, which Cedar validates."""
    for node in _nodes(policy):
        if isinstance(node, dict) and node.keys() == {"type", "id"} and node["type"] != "Action":
            yield str(node["type"]), str(node["id"])


def _is_constant(body: object) -> bool:
    """Whether a condition has no variable, such as `when { false }`, or a constant part."""
    nodes = [node for node in _nodes(body) if isinstance(node, dict)]
    return not any("Var" in node for node in nodes) or any(
        _is_truth(operand)
        for node in nodes
        for operator in _LOGIC & node.keys()
        for operand in _of(node, operator)
    )


def _of(node: Mapping[str, Any], operator: str) -> Sequence[object]:
    operands = node[operator]
    return [*operands.values()] if isinstance(operands, dict) else [operands]


def _is_truth(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get("Value"), bool)


def _unreadable(text: str) -> Mapping[str, int]:
    """The parts of TEXT that people may misread: each problem with the offset of its first occurrence."""
    found: dict[str, int] = {}
    for char in sorted(filter(_is_invisible, set(text))):
        found[f"contains the invisible character U+{ord(char):04X}"] = text.index(char)
    for word in dict.fromkeys(_WORD.findall(text)):
        scripts = {unicodedata.name(char, "UNKNOWN").partition(" ")[0] for char in word}
        if len(scripts) > 1:
            readable = word.encode("unicode_escape").decode()
            found[f"the word {readable} mixes {' and '.join(sorted(scripts))}"] = text.index(word)
    return found


def _is_invisible(char: str) -> bool:
    return char not in "\n\r\t" and unicodedata.category(char)[0] in "CZ" and char != " "


def _line(error: object) -> str:
    return " ".join(str(error).split())


def annotations_of(policies: Mapping[str, Est], names: Collection[str], annotation: str) -> tuple[str, ...]:
    """Return the values of ANNOTATION of the policies in NAMES, in the order of their names."""
    found = (policies[name].get("annotations", {}).get(annotation) for name in sorted(names))
    return tuple(value for value in found if value)
