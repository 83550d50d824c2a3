"""Writes the types of the stand-in for boto3's client from the contract; `make proto` runs it.

    python client/generate_boto3_types.py [OUTPUT]

OUTPUT is the file to write; without it, `client/tableadmin/boto3/typed.pyi`. Members and values are the
contract's; which members are required, botocore's model of DynamoDB says.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from botocore import xform_name
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from tableadmin.awsshape import enum_values, is_map, member_name
from tableadmin.awsshape.rules import is_timestamp, map_value, members_of
from tableadmin.boto3.errors import MODELED
from tableadmin.channel import SERVICE
from tableadmin.contract.listings import listing

OUTPUT = Path(__file__).resolve().parent / "tableadmin" / "boto3" / "typed.pyi"
_PYPROJECT = OUTPUT.parents[3] / "pyproject.toml"

_HEAD = """# The types of boto3's methods, parameters and answers, as far as they administer tables.
# Generated from the contract by `make proto`: do not edit.

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NotRequired, TypedDict, overload

import mypy_boto3_dynamodb.paginator as pages

from tableadmin.boto3.exceptions import ClientError as _ClientError
from tableadmin.boto3.meta import ClientMeta
from tableadmin.boto3.paginators import Paginator

class ResponseMetadataTypeDef(TypedDict):
    RequestId: str
    HTTPStatusCode: int
    HTTPHeaders: dict[str, str]
    RetryAttempts: int
"""

_SCALARS = {
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_DOUBLE: "float",
    FieldDescriptor.TYPE_INT32: "int",
    FieldDescriptor.TYPE_INT64: "int",
    FieldDescriptor.TYPE_STRING: "str",
}


def annotation(of: FieldDescriptor, *, sent: bool) -> str:
    """The type of a field in what is sent, which may be all that boto3 takes, or received."""
    if is_map(of):
        return f"{'Mapping' if sent else 'dict'}[str, {_single(map_value(of), sent=sent)}]"
    single = _single(of, sent=sent)
    return f"{'Sequence' if sent else 'list'}[{single}]" if of.is_repeated else single


def _single(of: FieldDescriptor, *, sent: bool) -> str:
    if is_timestamp(of):
        return "datetime | str | float" if sent else "datetime"
    if of.message_type is not None:
        return _type_name(of.message_type.name)
    if of.enum_type is not None:
        values = [str(name) for name, number in enum_values(of.enum_type).items() if number]
        return f"Literal[{', '.join(map(repr, values))}]"
    if of.type == FieldDescriptor.TYPE_BYTES:
        return "bytes | str" if sent else "bytes"
    return _SCALARS[of.type]


def _type_name(name: str) -> str:
    # Members have the names of shapes, and a class can't have both.
    return f"{name}TypeDef"


def _required(model: ServiceModel, name: str) -> Sequence[str]:
    return model.shape_for(name).required_members if name in model.shape_names else ()


def _inside(message: Descriptor, found: dict[str, Descriptor]) -> dict[str, Descriptor]:
    """The messages in MESSAGE, at any depth, by name."""
    for each in members_of(message):
        inner = map_value(each).message_type if is_map(each) else each.message_type
        if inner is not None and not is_timestamp(each) and inner.name not in found:
            found[inner.name] = inner
            _inside(inner, found)
    return found


def generated(model: ServiceModel) -> str:
    """The stub, not formatted yet."""
    methods = [each for each in SERVICE.methods if each.name in model.operation_names]
    sent: dict[str, Descriptor] = {}
    received: dict[str, Descriptor] = {}
    for method in methods:
        _inside(method.input_type, sent)
        _inside(method.output_type, received)
    parts = [_HEAD]
    for name, message in sorted({**sent, **received}.items()):
        # What is received may be sent again, as it is.
        parts.append("\n".join(_typed_dict(message, _required(model, name), sent=name in sent)))
    parts += ["\n".join(_output(method)) for method in methods]
    parts += ["\n".join(_exceptions()), "\n".join(_operations(model, methods))]
    parts.append("\n".join(_paginators(methods)))
    return "\n\n".join(parts) + "\n"


def _typed_dict(message: Descriptor, required: Sequence[str], *, sent: bool) -> Iterator[str]:
    yield f"class {_type_name(message.name)}(TypedDict):"
    for each in members_of(message):
        name, of = member_name(each), annotation(each, sent=sent)
        yield f"    {name}: {of if name in required else f'NotRequired[{of}]'}"


def _output(method: MethodDescriptor) -> Iterator[str]:
    yield f"class {_type_name(f'{method.name}Output')}(TypedDict):"
    for each in members_of(method.output_type):
        yield f"    {member_name(each)}: {annotation(each, sent=False)}"
    yield f"    ResponseMetadata: {_type_name('ResponseMetadata')}"


def _exceptions() -> Iterator[str]:
    yield "class Exceptions:"
    yield "    ClientError: type[_ClientError]"
    yield from (f"    {name}: type[_ClientError]" for name in MODELED)
    yield "    def from_code(self, error_code: str) -> type[_ClientError]: ..."


def _operations(model: ServiceModel, methods: Sequence[MethodDescriptor]) -> Iterator[str]:
    yield "class Operations:"
    yield "    meta: ClientMeta"
    yield "    @property"
    yield "    def exceptions(self) -> Exceptions: ..."
    yield "    def can_paginate(self, operation_name: str) -> bool: ..."
    for method in methods:
        shape = model.operation_model(method.name).input_shape
        arguments = ", ".join(_arguments(method.input_type, shape.required_members if shape else ()))
        output = _type_name(f"{method.name}Output")
        yield f"    def {xform_name(method.name)}(self{arguments and f', *, {arguments}'}) -> {output}: ..."


def _paginators(methods: Sequence[MethodDescriptor]) -> Iterator[str]:
    """The types of `get_paginator`: boto3's paginator of an operation, or ours where boto3 has none."""
    of_boto3 = create_loader().load_service_model("dynamodb", "paginators-1")["pagination"]
    yield "class Paginators:"
    for method in methods:
        if listing(method) is not None:
            paginator = f"pages.{method.name}Paginator" if method.name in of_boto3 else "Paginator"
            yield "    @overload"
            name = f"Literal[{xform_name(method.name)!r}]"
            yield f"    def get_paginator(self, operation_name: {name}) -> {paginator}: ..."


def _arguments(request: Descriptor, required: Sequence[str]) -> Iterator[str]:
    for each in sorted(members_of(request), key=lambda each: member_name(each) not in required):
        name = member_name(each)
        yield f"{name}: {annotation(each, sent=True)}{'' if name in required else ' = ...'}"


def main() -> None:
    """Write the file."""
    model = ServiceModel(create_loader().load_service_model("dynamodb", "service-2"), "dynamodb")
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    output.write_text(generated(model), encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "format", "--quiet", f"--config={_PYPROJECT}", output], check=True)


if __name__ == "__main__":
    main()
