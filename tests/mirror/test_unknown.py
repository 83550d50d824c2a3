"""What AWS answers and the contract does not know is reported: it is neither an error nor lost in silence."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from google.protobuf.descriptor import MethodDescriptor
from structlog.testing import capture_logs

from tests.mirror.drawing import EVERY_MEMBER, drawn
from tests.mirror.ways import MODEL, Ways, each_operation

_MEMBER, _VALUE = "AddedByAws", {"Since": [2031, 0.5, True, None], "Mode": "NEW"}
_ENUM_VALUE = "FROM_THE_FUTURE"
# In so many structures and enums of one answer.
_STRUCTURES, _ENUMS = 3, 2

# The keys and positions that lead to a place in an answer.
Path: TypeAlias = tuple[str | int, ...]


@pytest.mark.asyncio(loop_scope="module")
@each_operation
async def test_unknown_is_reported(method: MethodDescriptor, ways: Ways) -> None:
    """Unknown members and enum values leave the rest of an answer as it is; metadata and log name them."""
    operation, random = MODEL.operation_model(method.name), Random(method.name)
    asked = drawn(operation.input_shape, EVERY_MEMBER, random)
    known = drawn(operation.output_shape, EVERY_MEMBER, random)
    answer = copy.deepcopy(known)
    reported: list[tuple[str, object]] = []
    for path in _some(_structures(operation.output_shape, known), _STRUCTURES, random):
        _at(answer, path)[_MEMBER] = _VALUE
        reported.append((_named((*path, _MEMBER)), _VALUE))
    for path in _some(_enums(operation.output_shape, known), _ENUMS, random):
        _at(answer, path[:-1])[path[-1]] = _ENUM_VALUE
        _at(known, path[:-1])[path[-1]] = "UNSPECIFIED"
        reported.append((_named(path), _ENUM_VALUE))

    with capture_logs() as lines:
        way = await ways.there_and_back(method, asked, answer)

    assert known == way.answered
    named = json.loads(way.trailing["tableadmin-unknown-bin"])
    assert sorted(reported, key=str) == sorted(((each["path"], each["value"]) for each in named), key=str)
    assert [(method.name, sorted(path for path, _ in reported))] == [
        (line["operation"], sorted(line["paths"]))
        for line in lines
        if line["event"] == "left unknown members out of an answer"
    ]


def _structures(shape: StructureShape | None, data: Mapping[str, Any]) -> list[Path]:
    """The answer itself and the structures in it."""
    return [(), *(path for path, of in _places(shape, data, ()) if isinstance(of, StructureShape))]


def _enums(shape: StructureShape | None, data: Mapping[str, Any]) -> list[Path]:
    return [path for path, of in _places(shape, data, ()) if isinstance(of, StringShape) and of.enum]


def _places(shape: Shape | None, data: Any, path: Path) -> Iterator[tuple[Path, Shape]]:  # noqa: ANN401  # of SHAPE
    """Each place in DATA, and its shape."""
    for key, item, of in _inside(shape, data):
        yield (*path, key), of
        yield from _places(of, item, (*path, key))


def _inside(shape: Shape | None, data: Any) -> Iterable[tuple[str | int, object, Shape]]:  # noqa: ANN401  # of SHAPE
    if isinstance(shape, StructureShape):
        return [(key, item, shape.members[key]) for key, item in data.items()]
    if isinstance(shape, ListShape):
        return [(position, item, shape.member) for position, item in enumerate(data)]
    return [(key, item, shape.value) for key, item in data.items()] if isinstance(shape, MapShape) else []


def _some(paths: Sequence[Path], count: int, random: Random) -> list[Path]:
    """COUNT of PATHS or all, the first among them."""
    return [*paths[:1], *random.sample(paths[1:], min(count, len(paths)) - 1)] if paths else []


def _at(data: Any, path: Path) -> Any:  # noqa: ANN401  # whatever is there
    for key in path:
        data = data[key]
    return data


def _named(path: Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")
