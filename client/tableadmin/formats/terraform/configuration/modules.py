"""A module's files -> the resources that they configure, with count, for_each, dynamic blocks and modules."""

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias

from tableadmin.formats.error import SpecError
from tableadmin.formats.terraform.configuration.bodies import META, body_values, ignored
from tableadmin.formats.terraform.configuration.evaluation import (
    FILES,
    GIVEN,
    Scope,
    address_of,
    evaluated,
    pairs,
)
from tableadmin.formats.terraform.configuration.overrides import is_override, overridden
from tableadmin.formats.terraform.configuration.syntax import (
    Block,
    Body,
    Expression,
    check_labels,
    expression,
    json_body,
    native,
)
from tableadmin.formats.terraform.configuration.types import converted, wants_text
from tableadmin.formats.terraform.configuration.values import (
    Lazy,
    Unevaluable,
    Unknown,
    Value,
    known,
    mapping,
    text,
    whole,
)
from tableadmin.formats.text.tree import record, records

# The value for a variable, and whether there is one.
Arguments: TypeAlias = Callable[[str], "Value | None"]

_DEEPEST = 10
_REGION = "aws_region"
_MOST = 1024
_NOT_FETCHED = "is not among the files: run `terraform init`, and give the folder"


class Instance(NamedTuple):
    """One of the things that a block makes, with its key, such as `["a"]`, and what its expressions see."""

    key: str
    scope: Scope


class Written(NamedTuple):
    """A resource as it is written: `values` by name, Unknown where the files do not decide them."""

    address: str
    type: str
    values: dict[str, Value]
    ignored: tuple[str, ...]
    provider: "Provider"
    block: Block


class Provider(NamedTuple):
    """What a provider's block says of the resources that it makes."""

    region: Value = ""
    default_tags: Value = None


class Module:
    """A folder of configuration and what its caller gives: variables, and providers by their addresses."""

    def __init__(
        self,
        files: Mapping[str, str],
        arguments: Arguments,
        given: Mapping[str, Value],
        *,
        folder: str = "",
        address: str = "",
        providers: Mapping[str, Provider] | None = None,
        depth: int = 0,
    ) -> None:
        self._files = files
        self._arguments = arguments
        self._given = given
        self._folder = folder
        self._address = address
        self._depth = depth
        bodies = {name: parsed(name, files[name]) for name in sorted(files) if _is_in(name, folder)}
        blocks = [block._replace(file=name) for name, body in bodies.items() for block in body.blocks]
        overrides = [block for block in blocks if is_override(block.file)]
        self._blocks = overridden([block for block in blocks if not is_override(block.file)], overrides)
        self.attributes = frozenset(name for body in bodies.values() for name in body.attributes)
        self._modules: dict[str, list[tuple[str, Module | None]]] = {}
        self._scope: Scope = self._everything()
        self._providers = {"aws": Provider(), **(providers or {}), **self._own_providers()}

    def resources(self, types: Callable[[str], bool]) -> Iterator[Written]:
        """The managed resources of the TYPES that are wanted, those of modules included."""
        for block in self._of("resource"):
            if types(block.labels[0]):
                yield from self._written(block)
        for block in self._of("module"):
            for _, module in self._called(block):
                if module:
                    yield from module.resources(types)

    def unread(self) -> Iterator[tuple[str, str]]:
        """Addresses of the modules whose files are not here, and why they are not."""
        for block in self._of("module"):
            address = f"{self._address}module.{block.labels[0]}"
            try:
                for _, module in self._called(block):
                    if module:
                        yield from module.unread()
                    else:
                        yield address, f"its source, {self._source(block)}, {_NOT_FETCHED}"
            except Unevaluable as cause:
                yield address, str(cause)

    def without_instances(self, kind: str) -> Iterator[str]:
        """The addresses of the resources of KIND of which there is none, because of count or for_each."""
        for block in self._of("resource"):
            if block.labels[0] == kind and not [*self._written(block)]:
                yield f"{self._address}{'.'.join(block.labels)}"
        for block in self._of("module"):
            for _, module in self._called(block):
                if module:
                    yield from module.without_instances(kind)

    def parameters(self) -> list[str]:
        """The names of the module's variables."""
        return [block.labels[0] for block in self._of("variable")]

    def outputs(self) -> list[str]:
        """The names of the module's outputs."""
        return [block.labels[0] for block in self._of("output")]

    def output(self, name: str) -> Value:
        """The output NAME. Raises Unevaluable where it is not known."""
        for block in self._of("output"):
            if block.labels[0] == name and "value" in block.body.attributes:
                return known(evaluated(block.body.attributes["value"], self._scope))
        raise Unevaluable(f"the module has no output {name!r}")

    def _of(self, kind: str) -> Iterator[Block]:
        return (block for block in self._blocks if block.type == kind)

    def _everything(self) -> Scope:
        variables = {block.labels[0]: partial(self._variable, block) for block in self._of("variable")}
        local = {
            name: partial(self._value, value)
            for block in self._of("locals")
            for name, value in block.body.attributes.items()
        }
        modules = {block.labels[0]: partial(self._outputs, block) for block in self._of("module")}
        return {
            **self._referable(),
            "var": Lazy("var", variables, otherwise=self._undeclared),
            "local": Lazy("local", local),
            "module": Lazy("module", modules),
            "data": Lazy("data", {_REGION: self._regions}, missing="can't be evaluated here"),
            "path": {"module": self._folder or ".", "root": ".", "cwd": "."},
            GIVEN: self._given,
            FILES: {**self._files},
        }

    def _value(self, of: Expression) -> Value:
        return evaluated(of, self._scope)

    def _variable(self, block: Block) -> Value:
        name = block.labels[0]
        constraint = block.body.attributes.get("type")
        value = self._arguments(name)
        if value is None and "default" in block.body.attributes:
            value = evaluated(block.body.attributes["default"], {})
        elif value is None:
            raise Unevaluable(
                f"var.{name} has no value",
                f"var.{name}",
                needs=(f"--param {name}=VALUE",) * (not self._depth),
            )
        elif isinstance(value, GivenText):
            value = value if wants_text(constraint) else evaluated(expression(value), {})
        return converted(value, constraint)

    def _regions(self) -> Value:
        """The regions of the providers, which is what the data sources of that type say."""
        blocks = {block.labels[1]: block for block in self._of("data") if block.labels[0] == _REGION}
        regions = {
            name: partial(self._region, f"data.{_REGION}.{name}", block) for name, block in blocks.items()
        }
        return Lazy(f"data.{_REGION}", regions)

    def _region(self, address: str, block: Block) -> Value:
        region = self._provider_of(block).region
        if not region:
            raise Unevaluable(f"{address} can't be evaluated here", address)
        return dict.fromkeys(("id", "name", "region"), region)

    def _undeclared(self, name: str) -> Value:
        """What is given for the variable NAME, whose block is in a file that is not here."""
        return None if self._depth else self._arguments(name)

    def _referable(self) -> dict[str, Value]:
        """The resources that expressions may name, by type and name."""
        types: dict[str, dict[str, Callable[[], Value]]] = {}
        for block in self._of("resource"):
            kind, name = block.labels
            types.setdefault(kind, {})[name] = partial(self._reference, block)
        return {kind: Lazy(kind, names) for kind, names in types.items()}

    def _reference(self, block: Block) -> Value:
        """What an expression that names the resource of BLOCK sees: an object, or one for each instance."""
        instances = self._instances(block)
        address = f"{self._address}{'.'.join(block.labels)}"
        found = {one.key: self._object(block, f"{address}{one.key}", one.scope) for one in instances}
        if "count" in block.body.attributes:
            return [*found.values()]
        if "for_each" in block.body.attributes:
            return {json.loads(key[1:-1]): value for key, value in found.items()}
        return found[""]

    def _object(self, block: Block, address: str, scope: Scope) -> Value:
        attributes = {
            name: partial(evaluated, value, scope)
            for name, value in block.body.attributes.items()
            if name not in META
        }
        if block.labels[0] == "aws_dynamodb_table" and "name" in attributes:
            attributes["id"] = attributes["name"]
        return Lazy(address, attributes, missing="is known only after the apply")

    def _written(self, block: Block) -> Iterator[Written]:
        kind, name = block.labels
        address = f"{self._address}{kind}.{name}"
        provider = self._provider_of(block)
        try:
            instances = self._instances(block)
        except Unevaluable as cause:
            number = "count" if "count" in block.body.attributes else "for_each"
            yield Written(address, kind, {number: Unknown(cause)}, (), provider, block)
            return
        for instance in instances:
            values = body_values(block.body, instance.scope)
            yield Written(f"{address}{instance.key}", kind, values, ignored(block), provider, block)

    def _instances(self, block: Block) -> list[Instance]:
        """What BLOCK makes: one thing, or one for each number or key. Raises Unevaluable."""
        attributes = block.body.attributes
        if "count" in attributes:
            number = whole(known(evaluated(attributes["count"], self._scope)))
            if number > _MOST:
                raise Unevaluable(f"a count above {_MOST} is not read")
            return [
                Instance(f"[{index}]", {**self._scope, "count": {"index": index}}) for index in range(number)
            ]
        if "for_each" in attributes:
            return [
                Instance(f"[{json.dumps(text(key))}]", {**self._scope, "each": {"key": key, "value": value}})
                for key, value in pairs(evaluated(attributes["for_each"], self._scope))
            ]
        return [Instance("", self._scope)]

    def _called(self, block: Block) -> list[tuple[str, "Module | None"]]:
        """The modules that BLOCK calls by the keys of its instances; None where the files are not here."""
        name = block.labels[0]
        if name not in self._modules:
            self._modules[name] = [
                (instance.key, self._module(block, instance)) for instance in self._instances(block)
            ]
        return self._modules[name]

    def _module(self, block: Block, instance: Instance) -> "Module | None":
        folder = self._folder_of(block)
        if not any(_is_in(name, folder) for name in self._files) or self._depth == _DEEPEST:
            return None
        attributes = block.body.attributes

        def argument(name: str) -> Value | None:
            return evaluated(attributes[name], instance.scope) if name in attributes else None

        return Module(
            self._files,
            argument,
            self._given,
            folder=folder,
            address=f"{self._address}module.{block.labels[0]}{instance.key}.",
            providers=self._passed(block),
            depth=self._depth + 1,
        )

    def _folder_of(self, block: Block) -> str:
        """The folder of the module that BLOCK calls, which is local or which `terraform init` fetched."""
        source = self._source(block)
        if source.startswith(("./", "../")):
            folder = posixpath.normpath(posixpath.join(self._folder, source))
            return "" if folder == "." else folder
        key = ".".join([*re.findall(r"module\.([^.\[]+)", self._address), block.labels[0]])
        return _fetched(self._files.get(".terraform/modules/modules.json", "")).get(key, "(not here)")

    def _source(self, block: Block) -> str:
        source = block.body.attributes.get("source")
        return text(evaluated(source, {})) if source else "nothing"

    def _outputs(self, block: Block) -> Value:
        called = self._called(block)
        found: dict[str, Value] = {}
        for key, module in called:
            if module is None:
                raise Unevaluable(
                    f"module.{block.labels[0]} is not among the files", f"module.{block.labels[0]}"
                )
            outputs = {name: partial(module.output, name) for name in module.outputs()}
            found[key] = Lazy(f"module.{block.labels[0]}{key}", outputs)
        if "count" in block.body.attributes:
            return [*found.values()]
        return (
            {json.loads(key[1:-1]): value for key, value in found.items()} if "" not in found else found[""]
        )

    def _own_providers(self) -> dict[str, Provider]:
        found: dict[str, Provider] = {}
        for block in self._of("provider"):
            alias = block.body.attributes.get("alias")
            name = ".".join(filter(None, (block.labels[0], text(evaluated(alias, {})) if alias else "")))
            found[name] = self._provider(block)
        return found

    def _provider(self, block: Block) -> Provider:
        values = body_values(block.body, self._scope)
        tags = values.get("default_tags")
        blocks = tags if isinstance(tags, list) else [tags]
        found = blocks[0] if blocks else None
        return Provider(
            values.get("region", ""), mapping(found).get("tags") if isinstance(found, Mapping) else found
        )

    def _provider_of(self, block: Block) -> Provider:
        named = block.body.attributes.get("provider")
        return self._providers.get(address_of(named) if named else "aws", Provider())

    def _passed(self, block: Block) -> dict[str, Provider]:
        """The providers of this module that the module of BLOCK has, by its own names for them."""
        passed = block.body.attributes.get("providers")
        if passed is None:
            return {"aws": self._providers["aws"]}
        named = {name: address_of(value) for name, value in passed.members()}
        return {inner: self._providers[outer] for inner, outer in named.items() if outer in self._providers}


class GivenText(str):
    """The text that somebody gives for a variable: an expression, unless the variable is text."""

    __slots__ = ()


def parsed(name: str, content: str) -> Body:
    """What is in the file NAME. Raises SpecError."""
    try:
        body = json_body(content) if name.endswith(".json") else native(content)
        check_labels(body)
    except SpecError as error:
        raise error.within(file=name) from None
    return body


def _fetched(manifest: str) -> dict[str, str]:
    """The folders of the modules that `terraform init` fetched, by the calls that lead to them."""
    try:
        shown = record(json.loads(manifest or "{}"), "")
    except ValueError:
        return {}
    modules = records(shown.get("Modules"), "Modules")
    return {str(one.get("Key")): posixpath.normpath(str(one.get("Dir"))) for one in modules}


def _is_in(name: str, folder: str) -> bool:
    return posixpath.dirname(name) == folder and name.endswith((".tf", ".tofu", ".tf.json", ".tofu.json"))
