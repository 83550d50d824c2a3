"""serverless.yml of the Serverless Framework: the CloudFormation resources in it, with its variables."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from tableadmin.formats import spec
from tableadmin.formats.cloudformation import reading
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.documents import documents
from tableadmin.formats.text.fitting import as_text
from tableadmin.formats.text.tree import Faulty, Plain, Record, Tree, record
from tableadmin.formats.tools.serverless_scaling import leave_scaled_capacity

# The innermost variable in a text, such as ${self:custom.table, 'orders'}; not ${AWS::Region}.
_KINDS = r"self|opt|env|sls|param|aws|cf|ssm|s3|file\([^(){}$]*\)|strToBool\([^(){}$]*\)"
_VARIABLE = re.compile(rf"\$\{{((?:{_KINDS}):?[^${{}}]*)\}}")
_QUOTED = re.compile(r"""(['"])(.*)\1""")
_FILE = re.compile(r"file\(([^()]*)\)(?::(.*))?")
_TO_BOOL = re.compile(r"strToBool\((.*)\)")
_TRUTH = {"true": "true", "1": "true", **dict.fromkeys(("false", "0", "null", "undefined"), "false")}
_MOST_PASSES = 50
_MOST_LOOKUPS = 20_000
_LONGEST = 1_000_000
_ENDLESS = "the variables refer to each other without end"
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Transform", "Resources")


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT is a service of the Serverless Framework."""
    return (
        isinstance(document, dict)
        and "service" in document
        and not document.keys().isdisjoint(("provider", "functions", "resources"))
    )


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables under `resources` of the service DOCUMENT.

    Variables that the Serverless Framework finds elsewhere, such as `${env:TABLE}`, are asked for as
    parameters. Raises SpecError as the reader of templates does.
    """
    service = _Service(record(document, ""), inputs)
    sources = service.value(service.document.get("resources"))
    template, notes = _template(sources if isinstance(sources, list) else [sources])
    try:
        found = reading.read(template, service.inputs())
    except reading.NoTables as error:
        raise SpecError("; ".join([error.reason, *notes]), path="resources") from None
    tables = [_left_alone(table, service.stack_tags()) for table in found.tables]
    for table in tables:
        if table.spec:
            leave_scaled_capacity(table.spec, table.logical_id, service.capacities())
    if not isinstance(sources, list):
        tables = [replace(each, refusal=each.refusal and each.refusal.below("resources")) for each in tables]
    return Found(tables, [*notes, *found.notes])


def _template(sources: list[Tree]) -> tuple[Record, list[str]]:
    """The templates SOURCES as one, and a note for each that is a file of its own."""
    template: Record = {}
    notes: list[str] = []
    for number, source in enumerate(sources):
        if isinstance(source, str):
            notes.append(f"resources[{number}]: {source} is not read; give that file too")
            continue
        for section, tree in record(source, f"resources[{number}]").items():
            if section not in _SECTIONS:
                continue
            body, unread = _without_text(tree, section)
            notes += unread
            there = template.get(section)
            template[section] = there | body if isinstance(there, dict) and isinstance(body, dict) else body
    return template, notes


def _without_text(section: Tree, name: str) -> tuple[Tree, list[str]]:
    """SECTION without resources that stand in files that are not read, and a note for each of them."""
    if name != "Resources":
        return section, []
    if isinstance(section, str):
        return {}, [f"{name}: {section} is not read; give that file too"]
    bodies = record(section, name)
    unread = {key: value for key, value in bodies.items() if isinstance(value, str)}
    notes = [f"{name}.{key}: {value} is not read; give that file too" for key, value in unread.items()]
    return {key: value for key, value in bodies.items() if key not in unread}, notes


def _left_alone(table: FoundTable, tags: list[str]) -> FoundTable:
    """TABLE without the TAGS of the stack, which CloudFormation adds to what the stack makes."""
    if table.spec and tags:
        own = {tag.key for tag in table.spec.tags}
        paths = [f"Tags[{tag}]" for tag in tags if tag not in own]
        spec.leave_unmanaged(table.spec, paths, "a tag of the stack (provider.stackTags)")
    return table


def _nothing(service: "_Service", address: str) -> None:
    """What a variable is whose value only the Serverless Framework finds."""
    del service, address


class _Service:
    """A service with its variables, which are replaced where they are needed."""

    def __init__(self, document: Record, inputs: Inputs) -> None:
        named = document.get("service")
        name = named.get("name") if isinstance(named, dict) else named
        provider = document.get("provider")
        if isinstance(provider, dict) and not isinstance(provider, Faulty):
            provider = {"stage": "dev", **provider}
        self.document: Record = {**document, "service": name, "provider": provider}
        self._inputs = inputs
        # The variables whose values are being worked out, and how many were looked up.
        self._open: list[str] = []
        self._lookups = 0
        # stage and region are always variables of a service, whether or not tables need them.
        inputs.declares(("stage", "region", "opt:stage", "opt:region", "sls:stage"))

    def inputs(self) -> Inputs:
        """The inputs, with what the service says of its stack."""
        provider = record(self.document.get("provider"), "provider") if self._has_provider() else {}
        said = {"AWS::Region": self._text(provider.get("region")) or self._given("region")}
        name = self._text(provider.get("stackName"))
        service = self._text(self.document.get("service"))
        said["AWS::StackName"] = name or (f"{service}-{self._stage()}" if service else "")
        known = {key: value for key, value in said.items() if value and "${" not in value}
        return replace(self._inputs, deployed=known | dict(self._inputs.deployed))

    def stack_tags(self) -> list[str]:
        """The keys of the stack's tags."""
        provider = record(self.document.get("provider"), "provider") if self._has_provider() else {}
        return [*record(self.value(provider.get("stackTags")), "provider.stackTags")]

    def capacities(self) -> Tree:
        """What plugins for auto scaling are told, one object or a list of them."""
        custom = self.value(self.document.get("custom"))
        found = custom.get("capacities") if isinstance(custom, dict) else None
        return [found] if isinstance(found, dict) else found if isinstance(found, list) else None

    def value(self, tree: Tree, depth: int = 0) -> Tree:
        """TREE with the variables in it replaced, as far as they are known."""
        if depth > _MOST_PASSES:
            raise SpecError(_ENDLESS)
        if isinstance(tree, Faulty):
            return tree
        if isinstance(tree, dict):
            return {str(self.value(name, depth)): self.value(value, depth) for name, value in tree.items()}
        if isinstance(tree, list):
            return [self.value(item, depth) for item in tree]
        return self._replaced(tree, depth) if isinstance(tree, str) else tree

    def _replaced(self, text: str, depth: int) -> Tree:
        whole = _VARIABLE.fullmatch(text)
        if whole:
            return self._whole(text, whole[1], depth)
        replaced = _VARIABLE.sub(self._as_text, text)
        if replaced == text:
            return text
        if len(replaced) > _LONGEST:
            raise SpecError(_ENDLESS)
        return self.value(Plain(replaced) if isinstance(text, Plain) else replaced, depth + 1)

    def _whole(self, text: str, variable: str, depth: int) -> Tree:
        """The value of TEXT, which is a VARIABLE and nothing else."""
        found = self._found(variable)
        if found is None:
            return text
        if variable in self._open:
            raise SpecError(_ENDLESS)
        self._open.append(variable)
        try:
            return self.value(found, depth + 1)
        finally:
            self._open.pop()

    def _as_text(self, match: re.Match[str]) -> str:
        found = self._found(match[1])
        return as_text(found) if isinstance(found, str | int | float | bool) else match[0]

    def _found(self, variable: str) -> Tree:
        """What the first known one of the alternatives of VARIABLE is, None where none is known."""
        self._lookups += 1
        if self._lookups > _MOST_LOOKUPS:
            raise SpecError(_ENDLESS)
        given = self._inputs.parameter(variable)
        if given is not None:
            return given
        found = (self._one(each.strip()) for each in variable.split(","))
        return next((value for value in found if value is not None), None)

    def _one(self, source: str) -> Tree:
        """What one alternative of a variable is: a literal, or the value at an address."""
        quoted, file, truth = (each.fullmatch(source) for each in (_QUOTED, _FILE, _TO_BOOL))
        if truth:
            word = _TRUTH.get(truth[1].strip(" '\"").lower())
            return Plain(word) if word else None
        if file:
            return self._given(source) or self._in_file(file[1].strip(), file[2] or "")
        kind, colon, address = source.partition(":")
        if quoted or not colon:
            return quoted[2] if quoted else Plain(source)
        given = self._given(source) or (self._given(address) if kind in ("opt", "param") else None)
        return given or self._LOOKUPS.get(kind, _nothing)(self, address)

    def _given(self, name: str) -> str | None:
        return self._inputs.parameter(name)

    def _param(self, name: str) -> Tree:
        """A parameter of the stage, or of all stages."""
        places = [
            f"{place}.{name}" for stage in (self._stage(), "default") for place in _parameters_of(stage)
        ]
        for at in places:
            found = self._at(at)
            if found is not None:
                return found
        return None

    def _stage(self) -> str:
        given = self._given("sls:stage") or self._given("opt:stage") or self._given("stage")
        return given or self._text(self._at("provider.stage")) or "dev"

    def _text(self, tree: Tree) -> str:
        found = self.value(tree)
        return as_text(found) if isinstance(found, str) else ""

    def _in_file(self, path: str, address: str) -> Tree:
        """The value at ADDRESS in the file at PATH, None where it is not known."""
        text = self._inputs.beside(path) if self._inputs.beside else None
        if text is None:
            return None
        try:
            return self._at(address, documents(text)[0])
        except SpecError as error:
            raise error.within(file=path) from None

    def _at(self, address: str, document: Tree = None) -> Tree:
        """The value at ADDRESS in DOCUMENT, by default the service, None where there is none."""
        found: Tree = self.document if document is None else document
        for step in filter(None, address.split(".")):
            if isinstance(found, str):
                found = self.value(found)
            if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            elif isinstance(found, dict) and step in found:
                found = record(found, address)[step]
            else:
                return None
        return found

    _LOOKUPS: ClassVar[Mapping[str, Callable[["_Service", str], Tree]]] = {
        "self": lambda self, address: self._at(address),
        "param": lambda self, address: self._param(address),
        "sls": lambda self, address: self._stage() if address == "stage" else None,
        "aws": lambda self, address: self._at("provider.region") if address == "region" else None,
    }

    def _has_provider(self) -> bool:
        return isinstance(self.document.get("provider"), dict)


def _parameters_of(stage: str) -> tuple[str, str]:
    """Where the file has the parameters of STAGE: versions before 4, and version 4."""
    return f"params.{stage}", f"stages.{stage}.params"
