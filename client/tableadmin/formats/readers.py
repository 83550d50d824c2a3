"""The formats that are read: a row for each. A new format is a file with a `read`, and a row here.

A document is what YAML or JSON holds. Formats that are neither have a row in TEXTS, and formats of which a
folder holds the parts have a row in FOLDERS. Each row says what people give: the help of `-f` is made of this
(`make formats`), and docs/guides/files.md has it too. It is "" for what another row says.
"""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeAlias

from tableadmin.formats import spec
from tableadmin.formats.aws_cli import create_table, descriptions, operation_shapes
from tableadmin.formats.cloudformation import fragments
from tableadmin.formats.cloudformation import reading as cloudformation
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.kubernetes import reading as kubernetes
from tableadmin.formats.terraform import reading as terraform
from tableadmin.formats.terraform import sources
from tableadmin.formats.text.tree import Record, Tree
from tableadmin.formats.tools import cdk, pulumi, serverless, workbench


class Reader(NamedTuple):
    """A format of documents: what people call it, which documents are in it, and how they are read.

    `read` raises SpecError for what is wrong with the document as a whole; what is wrong with a table is the
    `refusal` of that table. A reader that is `strict` gets no document with a Faulty object in it.
    """

    format: str
    given: str
    recognises: Callable[[Tree], bool]
    read: Callable[[Tree, Inputs], Found]
    strict: bool = True


class Unread(SpecError):
    """A document that nothing tells the format of."""


class TextReader(NamedTuple):
    """A format of text that is neither YAML nor JSON; `recognises` gets the file's name and text."""

    format: str
    given: str
    recognises: Callable[[str, str], bool]
    read: Callable[[str, Inputs], Found]


# The files of a folder by their paths in it, with / between parts.
Files: TypeAlias = Mapping[str, str]


class FolderReader(NamedTuple):
    """A format of folders: patterns of the files that mark one, and of the files that `read` gets."""

    format: str
    given: str
    marks: tuple[str, ...]
    files: tuple[str, ...]
    read: Callable[[Files, Inputs], Found]


def _has(*members: str) -> Callable[[Tree], bool]:
    """Whether a document is an object with one of MEMBERS, which no other format has."""
    return lambda document: isinstance(document, dict) and any(member in document for member in members)


# Looked through in this order.
DOCUMENTS: tuple[Reader, ...] = (
    Reader(
        "CloudFormation",
        "CloudFormation, SAM, CDK templates, output of get-template",
        _has("Resources", "AWSTemplateFormatVersion"),
        cloudformation.read,
        strict=False,
    ),
    Reader(
        "get-template of CloudFormation", "", _has("TemplateBody"), cloudformation.read_deployed, strict=False
    ),
    Reader("part of a template of CloudFormation", "", fragments.recognises, fragments.read, strict=False),
    Reader("serverless.yml", "serverless.yml", serverless.recognises, serverless.read, strict=False),
    Reader(
        "Terraform JSON",
        "terraform show -json",
        _has("planned_values", "terraform_version", "format_version"),
        terraform.read,
    ),
    Reader("Terraform", "", sources.recognised_json, sources.read_json),
    Reader("Pulumi stacks", "pulumi stack export", pulumi.recognises, pulumi.read),
    Reader("NoSQL Workbench models", "NoSQL Workbench data models", workbench.recognises, workbench.read),
    Reader("descriptions", "output of describe-table", descriptions.recognises, descriptions.read),
    Reader("create-table inputs", "input of create-table", create_table.recognises, create_table.read),
    Reader("specs", "table specs", spec.recognises, spec.read),
)
TEXTS: tuple[TextReader, ...] = (
    TextReader(
        "Kubernetes manifests",
        "Kubernetes tables of ACK and Crossplane",
        kubernetes.recognises,
        kubernetes.read,
    ),
    TextReader("create-table inputs", "", create_table.recognised_text, create_table.read_text),
    TextReader("Terraform", "Terraform .tf, .tf.json and folders of them", sources.recognises, sources.read),
)
FOLDERS: tuple[FolderReader, ...] = (
    FolderReader("Terraform", "", sources.MARKS, sources.FILES, sources.read_folder),
    FolderReader("CDK", "cdk.out folders", (cdk.MARK,), cdk.FILES, cdk.read),
)

_DESCRIPTION = "give what `aws dynamodb describe-table` prints"
_ITEMS = f"has items, not tables; {_DESCRIPTION}"
_OTHER = "is in no format that is read, such as table specs, describe-table, CloudFormation and Terraform"
_TEMPLATE = "give what `aws cloudformation get-template --stack-name STACK` prints"
_STACK = "lists the resources of a stack; give it with --stack-resources, and the template with -f"
# Members of documents that are close by and not accepted, and what to give instead.
_NEARBY = {
    "apiVersion": "is a Kubernetes manifest of another kind than a table of ACK or Crossplane",
    "ChangeSetName": f"is a change set of CloudFormation; {_TEMPLATE}",
    "changeSummary": "is a preview of Pulumi; give what `pulumi stack export` prints",
    "configurationItemStatus": f"is a record of AWS Config; {_DESCRIPTION}",
    "triggerFunctions": "is an input of the Amplify command line; give the template "
    "amplify/backend/storage/NAME/build/cloudformation-template.json that Amplify generates",
    "exportArn": f"is the manifest of an export of items; {_DESCRIPTION}",
    "eventVersion": f"is an event of CloudTrail; {_DESCRIPTION}",
    "ResourceDescription": f"is the answer of AWS Cloud Control; {_DESCRIPTION}",
    "StackResourceSummaries": _STACK,
    "StackResources": _STACK,
    "Stacks": f"describes stacks; {_TEMPLATE}",
    "artifacts": "is the manifest of a folder that `cdk synth` writes; give the folder",
    "Item": _ITEMS,
    "Items": _ITEMS,
    "@level": "is a log of Terraform; give what `terraform show -json PLAN` prints",
    "runtime": "is a program of Pulumi; give what `pulumi stack export` prints",
    "lineage": "is a Terraform state file; give what `terraform show -json` prints",
    "TableNames": f"is a list of table names; {_DESCRIPTION}",
}
# The same for documents that no reader recognises.
_UNKNOWN = {
    "services": "is in no format that is read; if the file is of Serverless Compose, give the serverless.yml "
    "of each service",
    "app": "is the configuration of CDK; give the folder cdk.out that `cdk synth` writes",
}


def reader_of(document: Tree) -> Reader:
    """The reader of DOCUMENT.

    Raises Unread for a document in none of the formats, and SpecError for one that is known and not accepted.
    """
    if isinstance(document, dict):
        for member, instead in _NEARBY.items():
            if member in document:
                raise SpecError(instead)
    reader = next((reader for reader in DOCUMENTS if reader.recognises(document)), None)
    if isinstance(document, dict) and (reader is None or reader.read is spec.read):
        _refuse_input(document)
    if reader:
        return reader
    for member, instead in _UNKNOWN.items():
        if isinstance(document, dict) and member in document:
            raise SpecError(instead)
    operation = operation_shapes.operation_returning(document) if isinstance(document, dict) else ""
    if operation:
        raise SpecError(f"is what {operation} returns; {_DESCRIPTION}")
    raise Unread(_OTHER if isinstance(document, dict | list) else "must be an object, or a list of objects")


def _refuse_input(document: Record) -> None:
    """Raise SpecError for DOCUMENT if it is an input of another operation than CreateTable."""
    operation = operation_shapes.operation_taking(document)
    if operation and not spec.has_only_members(document):
        raise SpecError(f"is an input of {operation}; {_DESCRIPTION}")


def text_reader_of(name: str, text: str) -> TextReader | None:
    """The reader of TEXT, the content of the file NAME, where TEXT is neither YAML nor JSON."""
    return next((reader for reader in TEXTS if reader.recognises(name, text)), None)


def folder_reader_of(paths: list[str]) -> FolderReader | None:
    """The reader of a folder that has PATHS in it; None where no format has such a folder."""
    return next(
        (
            reader
            for reader in FOLDERS
            if any(fnmatchcase(each, mark) for each in paths for mark in reader.marks)
        ),
        None,
    )
