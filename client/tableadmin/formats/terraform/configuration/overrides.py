"""Override files: what they say of a block replaces what the other files of the module say of that block.

https://developer.hashicorp.com/terraform/language/files/override
"""

import posixpath

from tableadmin.formats.error import SpecError
from tableadmin.formats.terraform.configuration.syntax import Block, Body

# Blocks that hold values by name; of two values for a name the later one counts.
_BY_NAME = frozenset({"locals", "terraform"})
_LIFECYCLE = "lifecycle"


def is_override(name: str) -> bool:
    """Whether the file NAME is an override file: `override.tf`, or `prod_override.tf.json`."""
    stem = posixpath.basename(name).partition(".")[0]
    return stem == "override" or stem.endswith("_override")


def apply_overrides(blocks: list[Block], overrides: list[Block]) -> list[Block]:
    """BLOCKS with what OVERRIDES say of them. Raises SpecError for an override of no block."""
    found = [*blocks]
    for override in overrides:
        if override.type in _BY_NAME:
            found.append(override)
            continue
        at = next((number for number, block in enumerate(found) if _same(block, override)), None)
        if at is None:
            address = ".".join((override.type, *override.labels))
            raise SpecError(f"overrides {address}, which no other file has", file=override.file)
        found[at] = found[at]._replace(body=_merged(found[at].body, override.body))
    return found


def _same(block: Block, override: Block) -> bool:
    """Whether OVERRIDE is about BLOCK; of providers, an alias tells them apart."""
    aliases = [each.body.attributes.get("alias") for each in (block, override) if each.type == "provider"]
    return (block.type, block.labels) == (override.type, override.labels) and (
        not aliases or _source(aliases[0]) == _source(aliases[1])
    )


def _source(alias: object) -> object:
    return getattr(alias, "source", None)


def _merged(body: Body, override: Body) -> Body:
    """BODY with the arguments of OVERRIDE. Blocks of a type in OVERRIDE replace all of the type."""
    # The JSON syntax has blocks as arguments.
    replaced = {_kind(block) for block in override.blocks} | override.attributes.keys()
    attributes = {name: value for name, value in body.attributes.items() if name not in replaced}
    kept = [block for block in body.blocks if _kind(block) not in replaced]
    blocks = [*kept, *(block for block in override.blocks if block.type != _LIFECYCLE)]
    lifecycle = _lifecycle(body, override) if _LIFECYCLE in replaced else []
    return Body({**attributes, **override.attributes}, [*blocks, *lifecycle])


def _lifecycle(body: Body, override: Body) -> list[Block]:
    """The lifecycle blocks of both as one: only their arguments are replaced."""
    both = [block for each in (body, override) for block in each.blocks if block.type == _LIFECYCLE]
    attributes = {name: value for block in both for name, value in block.body.attributes.items()}
    return [both[-1]._replace(body=Body(attributes, []))]


def _kind(block: Block) -> str:
    """The type of BLOCK; a dynamic block makes blocks of the type that is its label."""
    return block.labels[0] if block.type == "dynamic" else block.type
