"""Pulumi's `stack export`: resources of its AWS provider, Terraform's attributes in camel case."""

import re
from collections.abc import Mapping

from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.terraform import camel_case
from tableadmin.formats.terraform.reading import tables
from tableadmin.formats.terraform.related_resources import TABLE
from tableadmin.formats.terraform.resources import Cause, Resource
from tableadmin.formats.terraform.resources import Unknown as NotKnown
from tableadmin.formats.terraform.typed import convert_types
from tableadmin.formats.text.tree import Record, Tree, record, records

_TYPE = re.compile(r"aws:(?P<module>dynamodb|appautoscaling)/\w+:(?P<kind>\w+)")
# Tables of Pulumi's aws-native, as resources of Terraform's awscc: both have CloudFormation's properties.
_NATIVE: Mapping[str, str] = {
    "aws-native:dynamodb:Table": "awscc_dynamodb_table",
    "aws-native:dynamodb:GlobalTable": "awscc_dynamodb_global_table",
}
# Pulumi's plurals of Terraform's blocks.
_BLOCKS: Mapping[str, str] = {
    "attributes": "attribute",
    "globalSecondaryIndexes": "global_secondary_index",
    "keySchemas": "key_schema",
    "localSecondaryIndexes": "local_secondary_index",
    "replicas": "replica",
}
# https://www.pulumi.com/docs/iac/concepts/state-and-backends/ marks secrets and unknown values so.
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  # the mark of a secret, not one
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT is what `pulumi stack export` prints."""
    if not isinstance(document, dict) or not isinstance(document.get("deployment"), dict):
        return False
    return "version" in document or "resources" in record(document["deployment"], "")


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables among the resources of DOCUMENT, as they are configured. Raises SpecError."""
    deployment = record(record(document, "")["deployment"], "deployment")
    shown = [each for each in records(deployment.get("resources"), "resources") if not each.get("delete")]
    regions = {str(each.get("urn")): _region_of(each) for each in shown}
    found = [resource for each in shown for resource in _resource(each, regions)]
    if not any(resource.type in (TABLE, *_NATIVE.values()) for resource in found):
        raise SpecError(f"has no aws:dynamodb/table:Table and no {' and no '.join(_NATIVE)}")
    return tables(found, inputs)


def _name(shown: Record) -> str:
    """The name of the resource in the program, the last part of its URN."""
    return str(shown.get("urn")).rpartition("::")[2]


def _region_of(shown: Record) -> str:
    """The region that SHOWN, a provider or a resource, is in; empty where it is not said."""
    for values in (record(shown.get("inputs"), "inputs"), record(shown.get("outputs"), "outputs")):
        region = values.get("region")
        if isinstance(region, str) and region:
            return region
        if str(values.get("arn", "")).startswith("arn:"):
            return str(values["arn"]).split(":")[3]
    return ""


def _resource(shown: Record, regions: Mapping[str, str]) -> list[Resource]:
    native = _NATIVE.get(str(shown.get("type")))
    if native:
        return [_made(shown, native, _inputs(shown, "tableName"), regions)]
    kind = _TYPE.fullmatch(str(shown.get("type")))
    if not kind:
        return []
    inputs = _inputs(shown, "name" if kind["kind"] == "Table" else "")
    of = f"aws_{kind['module']}_{camel_case.snake(kind['kind'])}"
    return [_made(shown, of, camel_case.attributes(inputs, _BLOCKS), regions)]


def _inputs(shown: Record, name: str) -> Record:
    """The inputs of the resource SHOWN, and the NAME that Pulumi made up, without Pulumi's notes."""
    made_up = record(shown.get("outputs"), "outputs").get(name)
    inputs = {**record(shown.get("inputs"), "inputs")}
    if name:
        inputs.setdefault(name, made_up)
    return {each: value for each, value in inputs.items() if each != "__defaults"}


def _made(shown: Record, kind: str, inputs: Record, regions: Mapping[str, str]) -> Resource:
    provider = str(shown.get("provider", "")).rpartition("::")[0]
    return Resource(
        _name(shown),
        kind,
        {name: convert_types(name, value) for name, value in record(_revealed(inputs), "").items()},
        "configuration",
        unknown={name: _unknown(value) for name, value in inputs.items()},
        region=_region_of(shown) or regions.get(provider, ""),
        ignored=tuple(camel_case.snake(name) for name in _texts(shown.get("ignoreChanges"))),
    )


def _texts(tree: Tree) -> list[str]:
    return [str(each) for each in tree] if isinstance(tree, list) else []


def _revealed(value: Tree) -> Tree:
    """VALUE with the plain text of secrets, without Pulumi's notes, and without what is not known."""
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    if not isinstance(value, dict):
        return None if value == _UNKNOWN else value
    if _SECRET in value:
        return _plain(value)
    return {name: _revealed(item) for name, item in value.items() if name != "__defaults"}


def _plain(secret: Record) -> Tree:
    text = secret.get("plaintext")
    return text.strip('"') if isinstance(text, str) else None


def _unknown(value: Tree) -> NotKnown:
    """What of VALUE is not known: values of a later update, and secrets that are encrypted."""
    if isinstance(value, list):
        return [_unknown(item) for item in value]
    if isinstance(value, dict):
        if _SECRET in value or "ciphertext" in value:
            return Cause("is encrypted; export it with --show-secrets") if _plain(value) is None else None
        return {name: _unknown(item) for name, item in value.items()}
    return Cause("is known only after the update") if value == _UNKNOWN else None
