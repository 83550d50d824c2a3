"""Files that say what tables should be: read into specs, and written from them.

Read are the project's own format (TableSpec in AWS member names, YAML or JSON), the AWS CLI's create-table
input, describe-table's output, CloudFormation templates and `terraform show -json`. All functions are pure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

from tableadmin.formats import cli_json, spec
from tableadmin.formats.cloudformation import reading as template_reading
from tableadmin.formats.cloudformation import writing as template_writing
from tableadmin.formats.detect import Detected, description_in, format_of
from tableadmin.formats.documents import documents, line_of
from tableadmin.formats.error import SpecError, printable
from tableadmin.formats.terraform import reading as terraform_reading
from tableadmin.formats.terraform import writing as terraform_writing
from tableadmin.formats.tree import Tree, record
from tableadmin.v1 import TableSpec

__all__ = ["FORMATS", "Format", "SpecError", "Written", "read", "write"]

Format: TypeAlias = Literal["spec", "cloudformation", "terraform", "cli"]
FORMATS: tuple[Format, ...] = get_args(Format)


class Written(NamedTuple):
    """Specs as text, and a line for each thing that the format can't hold."""

    text: str
    notes: tuple[str, ...]


def read(
    text: str, *, name: str, parameters: Mapping[str, str] | None = None, notes: list[str] | None = None
) -> list[TableSpec]:
    """The specs in TEXT, which may hold several documents, each in any of the formats.

    NAME is the file's, for errors. PARAMETERS are what a CloudFormation template asks for. NOTES gets a line
    for each thing that a spec can't hold and that is left out; conditions that are false may leave no spec.

    Raises SpecError for the first thing that is wrong, with file, line, table and path as far as known.
    """
    specs: list[TableSpec] = []
    found: list[str] = []
    for number, document in enumerate(_documents(text, name)):
        try:
            specs += _READERS[format_of(document)](document, parameters or {}, found)
        except SpecError as error:
            raise error.within(file=name, line=line_of(text, number, error.path)) from None
    _refuse_twice(specs, name)
    if notes is not None:
        notes += [printable(f"{name}: {note}") for note in found]
    return specs


def write(specs: Sequence[TableSpec], format: Format) -> Written:  # noqa: A002  # the option's name
    """SPECS as text in FORMAT: YAML documents, one template, HCL resources, or create-table's input.

    What is read back equals SPECS, but for what the notes say and for members at AWS's default. An input
    for create-table holds one table; several are a list of inputs.
    """
    notes: list[str] = []
    text = _WRITERS[format](list(specs), notes)
    return Written(text, tuple(map(printable, notes)))


def _documents(text: str, name: str) -> list[Tree]:
    try:
        return documents(text)
    except SpecError as error:
        raise error.within(file=name) from None


def _refuse_twice(specs: list[TableSpec], name: str) -> None:
    names: set[str] = set()
    for one in specs:
        if one.table_name in names:
            raise SpecError("is there twice", table=one.table_name, file=name)
        names.add(one.table_name)


def _described(document: Tree, notes: list[str]) -> Iterator[TableSpec]:
    path, description = description_in(record(document, ""))
    yield cli_json.described(record(description, path), notes, path)


_READERS: Mapping[Detected, Callable[[Tree, Mapping[str, str], list[str]], list[TableSpec]]] = {
    "spec": lambda document, _, __: spec.tables(document),
    "description": lambda document, _, notes: [*_described(document, notes)],
    "cloudformation": template_reading.tables,
    "terraform": lambda document, _, notes: terraform_reading.tables(document, notes),
}
_WRITERS: Mapping[Format, Callable[[list[TableSpec], list[str]], str]] = {
    "spec": lambda specs, _: spec.text(specs),
    "cloudformation": template_writing.text,
    "terraform": terraform_writing.text,
    "cli": cli_json.text,
}
