"""`.tf` and `.tf.json` -> the resources that they configure."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.terraform import cloud_control, cloudformation_stack
from tableadmin.formats.terraform.configuration.evaluation import evaluate
from tableadmin.formats.terraform.configuration.modules import GivenText, Located, Module, Written
from tableadmin.formats.terraform.configuration.syntax import json_content, native
from tableadmin.formats.terraform.configuration.values import (
    FileNotGiven,
    Unevaluable,
    Unknown,
    Value,
    require_known,
    require_object,
    tree,
    wholly_known,
)
from tableadmin.formats.terraform.reading import is_table, tables
from tableadmin.formats.terraform.related_resources import TABLE
from tableadmin.formats.terraform.resources import Cause, Resource
from tableadmin.formats.terraform.resources import Unknown as NotKnown
from tableadmin.formats.terraform.typed import convert_types
from tableadmin.formats.text.tree import Record, Tree, record

_PREFIXES = (
    *("aws_dynamodb_", "awscc_dynamodb_", "aws_appautoscaling_"),
    *(cloud_control.ANY, cloudformation_stack.TYPE),
)
_PLAN = "what `terraform show -json` prints"
_AS_PUBLISHED = f"is read as published, without its files; for your version of it, give {_PLAN}"
_TERRAGRUNT = "is a configuration of Terragrunt; give what `terragrunt show -json PLAN` prints"
_ONLY_VALUES = (
    "gives values to variables only; give the folder of the configuration: terraform.tfvars and "
    "*.auto.tfvars in it are read; give other files with --param-file"
)
# What is given under another address, if at all.
_NO_RESOURCE = ("var.", "local.", "module.")
_VALUES = ("terraform.tfvars", "terraform.tfvars.json")
_ADDRESS = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_*][\w-]*|\[[^\]]*\])+")


def read(text: str, inputs: Inputs) -> Found:
    """The tables that TEXT, a file in Terraform's language, configures. Raises SpecError."""
    return _bounded({"main.tf": text}, inputs, named=False)


def read_json(document: Tree, inputs: Inputs) -> Found:
    """The tables that DOCUMENT, in Terraform's JSON syntax, configures. Raises SpecError."""
    return _bounded({"main.tf.json": json.dumps(document)}, inputs, named=False)


def read_folder(files: Mapping[str, str], inputs: Inputs) -> Found:
    """The tables that FILES, a root module with the modules in it, configure. Raises SpecError."""
    return _bounded(files, inputs, named=True)


def _bounded(files: Mapping[str, str], inputs: Inputs, *, named: bool) -> Found:
    try:
        return _read(files, inputs, named=named)
    except RecursionError:
        raise SpecError("is nested too deeply") from None
    except Unevaluable as cause:
        raise SpecError(str(cause)) from None


def _read(files: Mapping[str, str], inputs: Inputs, *, named: bool) -> Found:
    values = _values(files)

    def argument(name: str) -> Value | None:
        given = inputs.parameter(name) or inputs.parameter(f"var.{name}")
        return GivenText(given) if given is not None else values.get(name)

    module = Module(Located(files), argument, _Given(inputs))
    inputs.declares(module.parameters())
    unread = [f"{address} is not read: {why}, or give {_PLAN}" for address, why in module.unread()]
    unread += [f"{address}: {source} {_AS_PUBLISHED}" for address, source in module.published()]
    resources = [
        _resource(written, named=named)
        for written in module.resources(lambda kind: kind.startswith(_PREFIXES))
    ]
    if not any(map(is_table, resources)):
        none = [f"{address}: there is none of it" for address in module.without_instances(TABLE)]
        if none:
            return Found(notes=[*none, *unread])
        if module.attributes:
            # A configuration has only blocks at its top.
            raise SpecError(_TERRAGRUNT if "inputs" in module.attributes else _ONLY_VALUES)
        raise SpecError("; ".join([f"has no {TABLE}", *unread]))
    found = tables(resources, inputs)
    return Found(found.tables, [*found.notes, *unread])


class _Given(dict[str, Value]):
    """What the caller gives for addresses, such as `aws_kms_key.k.arn`."""

    def __init__(self, inputs: Inputs) -> None:
        super().__init__()
        self._inputs = inputs

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and bool(address) and self._inputs.parameter(address) is not None

    def __getitem__(self, address: str) -> Value:
        return self._inputs.parameter(address)


def _values(files: Mapping[str, str]) -> dict[str, Value]:
    """The values of variables in the files that Terraform itself reads without being told to."""
    found: dict[str, Value] = {}
    names = [name for name in sorted(files) if posixpath.dirname(name) == ""]
    automatic = [name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
    for name in [*(each for each in _VALUES if each in files), *automatic]:
        found |= parse_assignments(name, files[name])
    return found


def parse_assignments(name: str, content: str) -> dict[str, Value]:
    """The values that the file NAME, a .tfvars, gives to variables. Raises SpecError."""
    try:
        body = json_content(record(json.loads(content), "")) if name.endswith(".json") else native(content)
    except ValueError as error:
        reason = error.reason if isinstance(error, SpecError) else f"not JSON: {error}"
        raise SpecError(reason, file=name, line=getattr(error, "line", None)) from None
    return {variable: evaluate(value, {}) for variable, value in body.attributes.items()}


def assigned_trees(name: str, content: str) -> Record:
    """The same as trees. Raises SpecError for a value that is no constant."""
    try:
        return {
            variable: tree(wholly_known(value))
            for variable, value in parse_assignments(name, content).items()
        }
    except Unevaluable as cause:
        raise SpecError(str(cause), file=name) from None


def _resource(written: Written, *, named: bool) -> Resource:
    values = _with_provider(written)
    shown = {name: value for name, value in values.items() if not isinstance(value, Unknown)}
    region = values.get("region")
    return Resource(
        written.address,
        written.type,
        {name: convert_types(name, _tree(value)) for name, value in shown.items()},
        "configuration",
        unknown={name: _unknown(value) for name, value in values.items()},
        references={name: frozenset(_references(value)) for name, value in values.items()},
        region=region if isinstance(region, str) else "",
        ignored=written.ignored,
        file=written.block.file if named else "",
        line=written.block.line,
    )


def _with_provider(written: Written) -> dict[str, Value]:
    """The values of the resource, with the region and the tags that its provider adds."""
    values = {**written.values}
    if not values.get("region"):
        values["region"] = written.provider.region
    defaults = written.provider.default_tags
    if defaults is None or isinstance(values.get("tags"), Unknown):
        return values
    try:
        values["tags_all"] = {**require_object(defaults), **require_object(values.get("tags") or {})}
    except Unevaluable as cause:
        values["tags_all"] = Unknown(cause)
    return values


def _tree(value: Value) -> Tree:
    """What is known of VALUE."""
    if isinstance(value, Mapping):
        items = {name: value[name] for name in value}
        return {name: _tree(item) for name, item in items.items() if not isinstance(item, Unknown)}
    if isinstance(value, list):
        return [_tree(item) for item in value]
    return None if isinstance(value, Unknown) else _scalar(require_known(value))


def _scalar(value: Value) -> Tree:
    assert not isinstance(value, Mapping | list | Unknown)
    return value


def _unknown(value: Value) -> NotKnown:
    if isinstance(value, Unknown):
        return _cause(value.cause)
    if isinstance(value, Mapping):
        return {name: _unknown(value[name]) for name in value}
    return [_unknown(item) for item in value] if isinstance(value, list) else None


def _cause(cause: Unevaluable) -> Cause:
    addresses = [each for each in cause.references if _ADDRESS.fullmatch(each)]
    of_resource = next((each for each in addresses if not each.startswith(_NO_RESOURCE)), "")
    needs = dict.fromkeys([*cause.needs, *(_need(each) for each in addresses)])
    instead = "the folder" if isinstance(cause, FileNotGiven) else _PLAN
    return Cause(str(cause), of_resource, tuple(filter(None, needs)), (instead,))


def _need(address: str) -> str:
    """The option that gives the value at ADDRESS; none for a value of a local or of a module."""
    if address.startswith("var."):
        return f"--param {address.removeprefix('var.')}=VALUE"
    return "" if address.startswith(_NO_RESOURCE) else f"--param '{address}=VALUE'"


def _references(value: Value) -> Iterator[str]:
    if isinstance(value, Unknown):
        yield from (*value.cause.references, *value.cause.through)
