"""The reasons of errors that the code can give, found in its syntax."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import get_args

from tableadmin.errors import TlsProblem
from tableadmin_server.dynamodb.errors import STATUS_BY_EXCEPTION

SERVER = Path(__file__).parents[2] / "server" / "tableadmin_server"
_NAME = "reason"


@cache
def of_the_server() -> frozenset[str]:
    """Each constant that a call passes as `reason`, by name or position, and those of STATUS_BY_EXCEPTION."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(SERVER.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    positions = dict(_positions(nodes))
    constants = dict(_constants(trees))
    found = {
        reason
        for node in nodes
        if isinstance(node, ast.Call)
        for argument in _arguments(node, positions)
        for reason in _texts(argument, constants)
    }
    return frozenset(each for each in found if each.isupper()) | {row[1] for row in STATUS_BY_EXCEPTION}


def of_the_client() -> frozenset[str]:
    """What the client finds out about TLS by itself."""
    return frozenset(get_args(TlsProblem))


def _positions(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    """Where each function takes its `reason`."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [each.arg for each in node.args.args if each.arg != "self"]
            if _NAME in names:
                yield node.name, names.index(_NAME)


def _constants(trees: list[ast.Module]) -> Iterator[tuple[str, str]]:
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                        yield target.id, node.value.value


def _arguments(call: ast.Call, positions: Mapping[str, int]) -> Iterator[ast.expr]:
    yield from (each.value for each in call.keywords if each.arg == _NAME)
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    position = positions.get(name)
    if position is not None and position < len(call.args):
        yield call.args[position]


def _texts(value: ast.expr, constants: Mapping[str, str]) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=first, orelse=second):
            yield from _texts(first, constants)
            yield from _texts(second, constants)
        case ast.BoolOp(values=values):
            for each in values:
                yield from _texts(each, constants)
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in constants:
            yield constants[name]
