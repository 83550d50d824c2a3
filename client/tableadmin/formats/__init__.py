"""Files that say what tables should be: read into specs, and written from them.

The formats are the rows of `readers`. `read` gives specs, or raises SpecError for the first file that is not
wholly readable. `find` and `load` give each table by itself, with its place, its region and the reason why it
can't be read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from tableadmin.formats import parameter_files, spec
from tableadmin.formats.aws_cli import cli_json
from tableadmin.formats.canonical import canonical
from tableadmin.formats.cloudformation import stack
from tableadmin.formats.cloudformation import writing as template_writing
from tableadmin.formats.error import SpecError, printable
from tableadmin.formats.files import beside, documents_in, folder
from tableadmin.formats.found import Found, FoundTable, join_results, leaving_alone
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.kubernetes import ack
from tableadmin.formats.protection import protect
from tableadmin.formats.readers import Unread, reader_of, text_reader_of
from tableadmin.formats.selection import check_distinct, join_refusals, select_tables
from tableadmin.formats.terraform import writing as terraform_writing
from tableadmin.formats.text import nearby
from tableadmin.formats.text.documents import documents, is_empty, line_of
from tableadmin.formats.text.encoding import decode_text
from tableadmin.formats.text.tree import Tree, check_sound
from tableadmin.v1 import TableSpec

__all__ = [
    "FORMATS",
    "Format",
    "Formatted",
    "Found",
    "FoundTable",
    "Inputs",
    "SpecError",
    "Written",
    "check_distinct",
    "documents_in",
    "find",
    "format_text",
    "join_refusals",
    "join_results",
    "load",
    "parameter_values",
    "protect",
    "read",
    "select_tables",
    "stack_resources",
    "write",
]

Format: TypeAlias = Literal["spec", "cloudformation", "terraform", "cli", "ack"]
FORMATS: tuple[Format, ...] = get_args(Format)


class Written(NamedTuple):
    """Specs as text, and a line for each thing that the format can't hold."""

    text: str
    notes: tuple[str, ...]


def read(  # noqa: PLR0913  # all but the first are keywords
    source: str | bytes,
    *,
    name: str,
    parameters: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    region: str = "",
    select: Sequence[str] = (),
    unmanaged: Sequence[str] = (),
    notes: list[str] | None = None,
) -> list[TableSpec]:
    """The specs in SOURCE, which may hold several documents, each in any of the formats.

    NAME is the file's, for errors. PARAMETERS are what a template asks for; unlike tablectl, `read` accepts
    parameters that the file does not have. NAMES are table names by logical ID. REGION is for templates that
    need one and do not say one. SELECT chooses tables, as `selected` does. NOTES gets a line for each thing
    that a spec can't hold and that is left out; conditions that are false may leave no spec.

    Raises SpecError for the tables that can't be read, with file, line, table and path as far as known.
    """
    inputs = Inputs(parameters or {}, names or {}, unmanaged=unmanaged, region=lambda: region)
    found = find(source, name=name, inputs=inputs)
    try:
        tables, left_out = select_tables(found.tables, select)
    except SpecError as error:
        raise error.within(file=name) from None
    refusal = join_refusals(tables)
    if refusal:
        raise refusal
    check_distinct(tables)
    if notes is not None:
        notes += [*found.notes, *([f"{name}: {left_out}"] if left_out else [])]
        notes += [note for table in tables for note in table.notes]
    return [table.spec for table in tables if table.spec]


def load(path: str | Path, *, inputs: Inputs) -> Found:
    """What the file or folder at PATH says of tables. Raises SpecError as `find` does, and OSError."""
    name, path = str(path), Path(path)
    if not path.is_dir():
        return find(path.read_bytes(), name=name, inputs=replace(inputs, beside=beside(path)))
    found = folder(path, name)
    if isinstance(found, list):
        return join_results(load(each, inputs=inputs) for each in found)
    reader, files = found
    try:
        return _in_file(_below(name, reader.read(files, inputs)), name, inputs)
    except SpecError as error:
        error.file = f"{name}/{error.file}" if error.file else name
        raise


def find(source: str | bytes, *, name: str, inputs: Inputs) -> Found:
    """What SOURCE, the content of the file NAME, says of tables.

    Raises SpecError for what is wrong with the file as a whole. What is wrong with one table is the
    `refusal` of that table.
    """
    try:
        text = source if isinstance(source, str) else decode_text(source)
        reader = text_reader_of(name, text)
        if reader:
            return _in_file(reader.read(text, inputs), name, inputs)
        found = _documents(text)
    except SpecError as error:
        raise error.within(file=name) from None
    return join_results(_document(document, n, text, name, inputs) for n, document in enumerate(found))


class Formatted(NamedTuple):
    """The text of a file in the canonical form.

    For a file that is left alone, `text` is that of the file and `left_alone` the reason, which is empty
    otherwise.
    """

    text: str
    left_alone: str


def format_text(source: str | bytes, *, name: str) -> Formatted:
    """SOURCE, the content of the file NAME, in the canonical form if the file has specs in the native format.

    The comments and the meaning are those of SOURCE. If all lines of SOURCE end with CRLF, so do those of the
    canonical form. Files in other formats, and files without content, are left alone. Raises SpecError for
    what can't be read.
    """
    try:
        text = source if isinstance(source, str) else decode_text(source)
        other = "is empty" if is_empty(text) else _format_of(name, text)
    except SpecError as error:
        raise error.within(file=name) from None
    if other:
        return Formatted(text, other)
    before = read(text, name=name)
    try:
        found = canonical(text, documents(text), name=name)
        if _has_crlf(text):
            found = found.replace("\n", "\r\n")
    except SpecError as error:
        raise error.within(file=name) from None
    if read(found, name=name) != before:
        raise SpecError("can't be written in the canonical form without a change of its meaning", file=name)
    return Formatted(found, "")


def _has_crlf(text: str) -> bool:
    """Whether TEXT has line breaks, all of which are CRLF."""
    return 0 < text.count("\r\n") == text.count("\n")


def _format_of(name: str, text: str) -> str:
    """What TEXT, the content of the file NAME, is, in words; empty if all of TEXT is specs."""
    reader = text_reader_of(name, text)
    if reader:
        return f"is in the format {reader.format}"
    for document in _documents(text):
        try:
            found = reader_of(document)
        except SpecError as error:
            return error.reason
        if found.read is not spec.read:
            return f"is in the format {found.format}"
    return ""


def parameter_values(source: str | bytes, *, name: str) -> dict[str, str]:
    """The values that SOURCE, a file of parameters, gives: .tfvars, a list of CloudFormation's, or an object.

    Raises SpecError.
    """
    try:
        return parameter_files.values(source if isinstance(source, str) else decode_text(source), name)
    except SpecError as error:
        raise error.within(file=name) from None


def stack_resources(source: str | bytes, *, name: str) -> dict[str, str]:
    """The physical IDs in SOURCE, what `aws cloudformation list-stack-resources` prints, by logical ID.

    `describe-stack-resources` adds pseudo parameters such as `AWS::Region`. Give the result to `Inputs` as
    `deployed`. NAME is the file's, for errors. Raises SpecError.
    """
    try:
        text = source if isinstance(source, str) else decode_text(source)
        found: dict[str, str] = {}
        for document in documents(text):
            check_sound(document)
            found |= stack.parse_deployed_stack(document)
    except SpecError as error:
        raise error.within(file=name) from None
    return found


def write(specs: Sequence[TableSpec], format: Format) -> Written:  # noqa: A002  # the option's name
    """SPECS as text in FORMAT: YAML documents, a template, HCL resources, create-table's input, manifests.

    What is read back equals SPECS, but for what the notes say and for members at AWS's default. An input
    for create-table holds one table; several are a list of inputs.
    """
    notes: list[str] = []
    written = list(specs) if format == "spec" else [_without_source(each, notes) for each in specs]
    text = WRITERS[format].text(written, notes)
    return Written(text, tuple(map(printable, notes)))


def _without_source(spec: TableSpec, notes: list[str]) -> TableSpec:
    """SPEC without what only specs have: where the items of a new table come from."""
    if not spec.HasField("restore_source"):
        return spec
    notes.append(f"table {spec.table_name}: RestoreSource is left out; a new table would be empty")
    copy = TableSpec()
    copy.CopyFrom(spec)
    copy.ClearField("restore_source")
    return copy


def _documents(text: str) -> list[Tree]:
    """The documents in TEXT. Raises SpecError, with what TEXT is where it looks familiar."""
    try:
        found = documents(text)
    except SpecError as error:
        what = nearby.identify(text)
        raise (SpecError(what) if what else error) from None
    return found


def _document(document: Tree, number: int, text: str, name: str, inputs: Inputs) -> Found:
    """What DOCUMENT, the one of that NUMBER in TEXT, says of tables."""

    def lines(path: str) -> int | None:
        return line_of(text, number, path)

    try:
        reader = reader_of(document)
        if reader.strict:
            check_sound(document)
        return _in_file(reader.read(document, inputs), name, inputs, lines)
    except Unread as error:
        raise SpecError(nearby.identify(text) or error.reason, file=name) from None
    except SpecError as error:
        raise error.within(file=name, line=lines(error.path)) from None


def _below(folder: str, found: Found) -> Found:
    """FOUND with paths of files that begin with FOLDER."""
    tables = [replace(table, file=table.file and f"{folder}/{table.file}") for table in found.tables]
    return replace(found, tables=tables)


def _in_file(
    found: Found, name: str, inputs: Inputs, lines: Callable[[str], int | None] = lambda _: None
) -> Found:
    """FOUND with the NAME of its file in tables, errors and notes, and LINES of the errors' paths.

    Its specs leave alone what the INPUTS declare unmanaged.
    """
    tables = [
        replace(
            table,
            file=table.file or name,
            spec=table.spec and leaving_alone(table.spec, inputs.unmanaged),
            refusal=table.refusal
            and table.refusal.within(file=table.file or name, line=lines(table.refusal.path)),
            notes=_noted(table.notes, name),
        )
        for table in found.tables
    ]
    return Found(tables, _noted(found.notes, name))


def _noted(notes: Iterable[str], name: str) -> list[str]:
    return [printable(f"{name}: {note}") for note in notes]


class _Writer(NamedTuple):
    """What people call a format, and the text of specs in it, with notes of what the text can't hold."""

    name: str
    text: Callable[[list[TableSpec], list[str]], str]


WRITERS: Mapping[Format, _Writer] = {
    "spec": _Writer("table specs", lambda specs, _: spec.text(specs)),
    "cloudformation": _Writer("CloudFormation", template_writing.text),
    "terraform": _Writer("Terraform", terraform_writing.text),
    "cli": _Writer("input of the AWS CLI", cli_json.text),
    "ack": _Writer("manifests of AWS Controllers for Kubernetes (ACK)", ack.text),
}
