"""HCL, Terraform's language, as `terraform fmt` formats it: attributes, blocks, expressions.

Terraform's JSON syntax would need the same escapes of templates, `terraform fmt` leaves it alone, and people
review and edit what is exported.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from tableadmin.formats.text.tree import Tree


class Reference(NamedTuple):
    """An attribute of another resource, such as `aws_dynamodb_table.Music.name`."""

    text: str


class Block(NamedTuple):
    """A block in a body: `name { ... }`."""

    name: str
    body: "Body"


Expression: TypeAlias = Tree | Reference | list[Reference]
Body: TypeAlias = list[tuple[str, Expression] | Block]

# https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions
_ESCAPES = str.maketrans(
    {
        **{chr(code): f"\\u{code:04x}" for code in range(0x20)},
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        '"': '\\"',
        "\\": "\\\\",
    }
)


def resource(kind: str, label: str, body: Body) -> str:
    """The resource LABEL of type KIND."""
    return "\n".join([f'resource "{kind}" "{label}" {{', *_lines(body, "  "), "}", ""])


def _lines(body: Body, indent: str) -> Iterator[str]:
    """BODY: attributes with their `=` below each other, then blocks, then maps."""
    attributes = [item for item in body if not isinstance(item, Block)]
    width = max((len(name) for name, value in attributes if not isinstance(value, dict)), default=0)
    yield from (
        f"{indent}{name:<{width}} = {_expression(value, indent)}"
        for name, value in attributes
        if not isinstance(value, dict)
    )
    for number, block in enumerate(item for item in body if isinstance(item, Block)):
        if attributes or number:
            yield ""
        yield f"{indent}{block.name} {{"
        yield from _lines(block.body, f"{indent}  ")
        yield f"{indent}}}"
    for name, value in attributes:
        if isinstance(value, dict):
            yield ""
            yield f"{indent}{name} = {_expression(value, indent)}"


def _expression(value: Expression, indent: str) -> str:
    if isinstance(value, Reference):
        return value.text
    if isinstance(value, dict):
        keys = {_quoted(name): _expression(item, indent) for name, item in value.items()}
        width = max(map(len, keys), default=0)
        return "\n".join(
            ["{", *(f"{indent}  {key:<{width}} = {item}" for key, item in keys.items()), f"{indent}}}"]
        )
    if isinstance(value, list):
        return f"[{', '.join(_expression(item, indent) for item in value)}]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """TEXT in quotes; what HCL would take for a template is doubled."""
    return f'"{text.translate(_ESCAPES)}"'.replace("${", "$${").replace("%{", "%%{")
