"""The contract as pages, one for each file of proto/, with the comments of services, messages and enums."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    MethodOptions,
    ServiceDescriptorProto,
)

from docs.generate.markdown import page, prose, table
from tableadmin.v1 import ActionGroup, ChangeClass, effect_pb2, permission_pb2

_ROOT = Path(__file__).parents[2]
_PACKAGE = "tableadmin.v1"
# Numbers of fields in descriptor.proto, of which the paths of comments are made.
_SERVICE, _METHOD = FileDescriptorProto.SERVICE_FIELD_NUMBER, ServiceDescriptorProto.METHOD_FIELD_NUMBER
_MESSAGE, _FIELD = FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, DescriptorProto.FIELD_FIELD_NUMBER
_ENUM, _VALUE = FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, EnumDescriptorProto.VALUE_FIELD_NUMBER
_NESTED, _NESTED_ENUM = DescriptorProto.NESTED_TYPE_FIELD_NUMBER, DescriptorProto.ENUM_TYPE_FIELD_NUMBER


def pages() -> Mapping[str, str]:
    """Each page by its name."""
    files = sorted(_files(), key=lambda file: (not file.service, file.name))
    return {Path(file.name).stem: _File(file).page() for file in files}


def _files() -> list[FileDescriptorProto]:
    """The files of the contract, with their comments, as buf reads them."""
    buf = str(Path(sys.executable).with_name("buf"))
    command = [buf, "build", "--as-file-descriptor-set", "--output", "-"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, check=True)
    found = FileDescriptorSet.FromString(done.stdout)
    return [file for file in found.file if file.package == _PACKAGE]


@dataclass
class _File:
    """What one file says."""

    file: FileDescriptorProto

    def __post_init__(self) -> None:
        self._comments = {
            tuple(each.path): each.leading_comments for each in self.file.source_code_info.location
        }

    def page(self) -> str:
        """The page of the file."""
        stem = Path(self.file.name).stem
        title = next((each.name for each in self.file.service), stem.replace("_", " ").capitalize())
        about = self._comments.get((FileDescriptorProto.PACKAGE_FIELD_NUMBER,), "")
        return page(f"# {title}", prose(about), *self._parts())

    def _parts(self) -> Iterator[str]:
        for number, service in enumerate(self.file.service):
            yield from self._service(service, (_SERVICE, number))
        for number, message in enumerate(self.file.message_type):
            yield from self._message(message, message.name, (_MESSAGE, number))
        for number, enum in enumerate(self.file.enum_type):
            yield from self._enum(enum, enum.name, (_ENUM, number))

    def _service(self, service: ServiceDescriptorProto, path: Sequence[int]) -> Iterator[str]:
        yield self._comment(path)
        for number, method in enumerate(service.method):
            yield _target(f"{service.name}.{method.name}")
            yield f"## {method.name}"
            yield self._comment((*path, _METHOD, number))
            yield table(("", ""), _facts(method))

    def _message(self, message: DescriptorProto, name: str, path: Sequence[int]) -> Iterator[str]:
        yield _target(name)
        yield f"## {name}"
        yield self._comment(path)
        maps = {each.name: each for each in message.nested_type if each.options.map_entry}
        rows = [
            (f"`{field.name}`", _type(field, maps), self._comment((*path, _FIELD, number)))
            for number, field in enumerate(message.field)
        ]
        yield table(("field", "type", "meaning"), rows)
        for number, nested in enumerate(message.nested_type):
            if not nested.options.map_entry:
                yield from self._message(nested, f"{name}.{nested.name}", (*path, _NESTED, number))
        for number, enum in enumerate(message.enum_type):
            yield from self._enum(enum, f"{name}.{enum.name}", (*path, _NESTED_ENUM, number))

    def _enum(self, enum: EnumDescriptorProto, name: str, path: Sequence[int]) -> Iterator[str]:
        yield _target(name)
        yield f"## {name}"
        yield self._comment(path)
        rows = [
            (f"`{value.name}`", self._comment((*path, _VALUE, number)))
            for number, value in enumerate(enum.value)
        ]
        yield table(("value", "meaning"), rows)

    def _comment(self, path: Sequence[int]) -> str:
        lines = self._comments.get(tuple(path), "").splitlines()
        return prose("\n".join(line.removeprefix(" ") for line in lines))


def _target(name: str) -> str:
    """What links to NAME lead to, from any page."""
    return f"({_PACKAGE}.{name})="


def _link(type_name: str) -> str:
    """TYPE_NAME as a link, if it is of the contract."""
    name = type_name.removeprefix(".")
    own = name.removeprefix(f"{_PACKAGE}.")
    return f"[{own}](#{name})" if own != name else f"`{name}`"


def _facts(method: MethodDescriptorProto) -> Iterator[tuple[str, str]]:
    yield "request", _stream(method.client_streaming) + _link(method.input_type)
    yield "response", _stream(method.server_streaming) + _link(method.output_type)
    if method.options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS:
        yield "changes", "nothing: clients may repeat the call"
    group = method.options.Extensions[permission_pb2.permission].group
    if group:
        yield "action group", f"`{ActionGroup.Name(group).removeprefix('ACTION_GROUP_').lower()}`"
    for effect in method.options.Extensions[effect_pb2.effects]:
        kind = ChangeClass.Name(effect.change_class).removeprefix("CHANGE_CLASS_")
        where = f" (`{effect.field}`)" if effect.field else ""
        yield "effect", f"{kind}{where}: {effect.description}"


def _stream(streams: bool) -> str:  # noqa: FBT001 - a field of the descriptor
    return "stream of " if streams else ""


def _type(field: FieldDescriptorProto, maps: Mapping[str, DescriptorProto]) -> str:
    entry = maps.get(field.type_name.rpartition(".")[2])
    if entry:
        key, value = entry.field
        return f"map of {_one(key)} to {_one(value)}"
    repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
    return f"list of {_one(field)}" if repeated else _one(field)


def _one(field: FieldDescriptorProto) -> str:
    if field.type_name:
        return _link(field.type_name)
    return f"`{FieldDescriptorProto.Type.Name(field.type).removeprefix('TYPE_').lower()}`"
