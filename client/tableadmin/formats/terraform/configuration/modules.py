"""A module's files -> the resources that they configure, with count, for_each, dynamic blocks and modules."""

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias

from tableadmin.formats.error import SpecError
from tableadmin.formats.terraform.configuration import policy_documents, registry
from tableadmin.formats.terraform.configuration.bodies import META, body_values, ignored_attributes
from tableadmin.formats.terraform.configuration.evaluation import (
    FILES,
    GIVEN,
    Scope,
    address_of,
    evaluate,
    pairs,
)
from tableadmin.formats.terraform.configuration.overrides import apply_overrides, is_override
from tableadmin.formats.terraform.configuration.syntax import (
    Block,
    Body,
    Expression,
    check_labels,
    expression,
    json_body,
    native,
)
from tableadmin.formats.terraform.configuration.types import convert, wants_text
from tableadmin.formats.terraform.configuration.values import (
    Lazy,
    Unevaluable,
    Unknown,
    Value,
    require_known,
    require_object,
    text,
    whole,
)
from tableadmin.formats.text.tree import record, records

# The value for a variable, and whether there is one.
Arguments: TypeAlias = Callable[[str], "Value | None"]

_DEEPEST = 10
_REGION = "aws_region"
_MOST = 1024
# What a call of a module says, beside the inputs of the module.
_OF_CALLS = META | {"source", "version", "providers"}
_ONLY_FILE = "main.tf"
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


class Located(NamedTuple):
    """Where a module is: its files and others, and its folder among them.

    `caller` is the block that calls a published module, which has files of our own.
    """

    files: Mapping[str, str]
    folder: str = ""
    caller: Block | None = None


class Provider(NamedTuple):
    """What a provider's block says of the resources that it makes."""

    region: Value = ""
    default_tags: Value = None


class Module:
    """A folder of configuration and what its caller gives: variables, and providers by their addresses."""

    def __init__(
        self,
        located: Located,
        arguments: Arguments,
        given: Mapping[str, Value],
        *,
        address: str = "",
        providers: Mapping[str, Provider] | None = None,
        depth: int = 0,
    ) -> None:
        self._files, self._folder, self._caller = files, folder, caller = located
        self._arguments = arguments
        self._given = given
        self._address = address
        self._depth = depth
        bodies = {name: parse_file(name, files[name]) for name in _files_of(files, folder)}
        blocks = [block._replace(file=name) for name, body in bodies.items() for block in body.blocks]
        if caller:
            # The files are not the user's: the place of a resource is that of the call.
            blocks = [block._replace(file=caller.file, line=caller.line) for block in blocks]
        overrides = [block for block in blocks if is_override(block.file)]
        self._blocks = apply_overrides([block for block in blocks if not is_override(block.file)], overrides)
        self.attributes = frozenset(name for body in bodies.values() for name in body.attributes)
        self._modules: dict[str, list[tuple[str, Module | None]]] = {}
        self._scope: Scope = self._everything()
        self._providers = {"aws": Provider(), **(providers or {}), **self._own_providers()}

    @property
    def is_published(self) -> bool:
        """Whether the module is read without files of the user."""
        return self._caller is not None

    def resources(self, types: Callable[[str], bool]) -> Iterator[Written]:
        """The managed resources of the TYPES that are wanted, those of modules included."""
        for block in self._of("resource"):
            if types(block.labels[0]):
                yield from self._written(block)
        for block in self._of("module"):
            for _, module in self._called_if_known(block):
                if module:
                    yield from module.resources(types)

    def unread(self) -> Iterator[tuple[str, str]]:
        """Addresses of the modules whose files are not here, and why they are not."""
        for block in self._of("module"):
            address = f"{self._address}module.{block.labels[0]}"
            try:
                for _, module in self._called(block)[:1]:
                    if module:
                        yield from module.unread()
                    else:
                        yield address, self._why_unread(block)
            except Unevaluable as cause:
                yield address, f"{cause}; give {' and '.join(cause.needs) or 'the value'}"

    def published(self) -> Iterator[tuple[str, str]]:
        """Addresses of the modules that are read without their files, and the modules' names."""
        for block in self._of("module"):
            for _, module in self._called_if_known(block)[:1]:
                if module and module.is_published:
                    yield f"{self._address}module.{block.labels[0]}", self._source(block)
                elif module:
                    yield from module.published()

    def without_instances(self, kind: str) -> Iterator[str]:
        """The addresses of the resources of KIND of which there is none, because of count or for_each."""
        for block in self._of("resource"):
            if block.labels[0] == kind and not [*self._written(block)]:
                yield f"{self._address}{'.'.join(block.labels)}"
        for block in self._of("module"):
            for _, module in self._called_if_known(block):
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
                return require_known(evaluate(block.body.attributes["value"], self._scope))
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
            "data": Lazy("data", self._data(), missing="can't be evaluated here"),
            "path": {"module": self._folder or ".", "root": ".", "cwd": "."},
            GIVEN: self._given,
            FILES: {**self._files},
        }

    def _value(self, of: Expression) -> Value:
        return evaluate(of, self._scope)

    def _variable(self, block: Block) -> Value:
        name = block.labels[0]
        constraint = block.body.attributes.get("type")
        value = self._arguments(name)
        if value is None and "default" in block.body.attributes:
            value = evaluate(block.body.attributes["default"], {})
        elif value is None:
            raise Unevaluable(
                f"var.{name} has no value",
                f"var.{name}",
                needs=(f"--param {name}=VALUE",) * (not self._depth),
            )
        elif isinstance(value, GivenText):
            value = value if wants_text(constraint) else evaluate(expression(value), {})
        return convert(value, constraint)

    def _data(self) -> Mapping[str, Callable[[], Value]]:
        """The data sources that are evaluated, by type."""
        return {_REGION: self._regions, policy_documents.KIND: self._policy_documents}

    def _policy_documents(self) -> Value:
        blocks = [block for block in self._of("data") if block.labels[0] == policy_documents.KIND]
        return Lazy(
            f"data.{policy_documents.KIND}",
            {block.labels[1]: partial(self._each_instance, block, self._policy_document) for block in blocks},
        )

    def _policy_document(self, block: Block, address: str, scope: Scope) -> Value:
        def document() -> Value:
            return policy_documents.document(body_values(block.body, scope))

        return Lazy(f"data.{address}", dict.fromkeys(("json", "minified_json"), document))

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
        """What an expression that names the resource of BLOCK sees."""
        return self._each_instance(block, self._object)

    def _each_instance(self, block: Block, made: Callable[[Block, str, Scope], Value]) -> Value:
        """What is MADE of BLOCK: an object, or one for each instance by number or key."""
        instances = self._instances(block)
        address = f"{self._address}{'.'.join(block.labels)}"
        found = {one.key: made(block, f"{address}{one.key}", one.scope) for one in instances}
        if "count" in block.body.attributes:
            return [*found.values()]
        if "for_each" in block.body.attributes:
            return {json.loads(key[1:-1]): value for key, value in found.items()}
        return found[""]

    def _object(self, block: Block, address: str, scope: Scope) -> Value:
        attributes = {
            name: partial(evaluate, value, scope)
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
            yield Written(
                f"{address}{instance.key}", kind, values, ignored_attributes(block), provider, block
            )

    def _instances(self, block: Block) -> list[Instance]:
        """What BLOCK makes: one thing, or one for each number or key. Raises Unevaluable."""
        attributes = block.body.attributes
        if "count" in attributes:
            number = whole(require_known(evaluate(attributes["count"], self._scope)))
            if number > _MOST:
                raise Unevaluable(f"a count above {_MOST} is not read")
            return [
                Instance(f"[{index}]", {**self._scope, "count": {"index": index}}) for index in range(number)
            ]
        if "for_each" in attributes:
            return [
                Instance(f"[{json.dumps(text(key))}]", {**self._scope, "each": {"key": key, "value": value}})
                for key, value in pairs(evaluate(attributes["for_each"], self._scope))
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

    def _called_if_known(self, block: Block) -> list[tuple[str, "Module | None"]]:
        """The same, without those of which the files do not decide how many there are."""
        try:
            return self._called(block)
        except Unevaluable:
            return []

    def _module(self, block: Block, instance: Instance) -> "Module | None":
        found = self._located(block)
        if found is None or self._depth == _DEEPEST:
            return None
        attributes = block.body.attributes

        def argument(name: str) -> Value | None:
            return evaluate(attributes[name], instance.scope) if name in attributes else None

        return Module(
            found,
            argument,
            self._given,
            address=f"{self._address}module.{block.labels[0]}{instance.key}.",
            providers=self._passed(block),
            depth=self._depth + 1,
        )

    def _located(self, block: Block) -> "Located | None":
        """Where the files of the module are that BLOCK calls, None where they are not here."""
        folder = self._folder_of(block)
        if _files_of(self._files, folder):
            return Located(self._files, folder)
        published = registry.published_module(self._source(block))
        if published is None or [*self._unknown_inputs(block, published)]:
            return None
        return Located({_ONLY_FILE: published.text}, caller=block)

    def _why_unread(self, block: Block) -> str:
        """Why the files of the module are not here that BLOCK calls, and what to do."""
        source = self._source(block)
        published = registry.published_module(source)
        unknown = ", ".join(self._unknown_inputs(block, published)) if published else ""
        inputs = f", which is read as published but for its inputs {unknown}" if unknown else ""
        return f"its source, {source}{inputs}, {_NOT_FETCHED}"

    def _unknown_inputs(self, block: Block, published: registry.Published) -> Iterator[str]:
        """The inputs that BLOCK gives to the PUBLISHED module and that are not known here."""
        known_inputs = {
            each.labels[0] for each in parse_file(_ONLY_FILE, published.text).blocks if each.labels
        }
        return (name for name in block.body.attributes if name not in known_inputs | _OF_CALLS)

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
        return text(evaluate(source, {})) if source else "nothing"

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
            name = ".".join(filter(None, (block.labels[0], text(evaluate(alias, {})) if alias else "")))
            found[name] = self._provider(block)
        return found

    def _provider(self, block: Block) -> Provider:
        values = body_values(block.body, self._scope)
        tags = values.get("default_tags")
        blocks = tags if isinstance(tags, list) else [tags]
        found = blocks[0] if blocks else None
        return Provider(
            values.get("region", ""),
            require_object(found).get("tags") if isinstance(found, Mapping) else found,
        )

    def _provider_of(self, block: Block) -> Provider:
        named = block.body.attributes.get("provider")
        usual = block.labels[0].partition("_")[0]
        return self._providers.get(address_of(named) if named else usual, Provider())

    def _passed(self, block: Block) -> dict[str, Provider]:
        """The providers of this module that the module of BLOCK has, by its own names for them."""
        passed = block.body.attributes.get("providers")
        if passed is None:
            return {name: provider for name, provider in self._providers.items() if "." not in name}
        named = {name: address_of(value) for name, value in passed.members()}
        return {inner: self._providers[outer] for inner, outer in named.items() if outer in self._providers}


class GivenText(str):
    """The text that somebody gives for a variable: an expression, unless the variable is text."""

    __slots__ = ()


def parse_file(name: str, content: str) -> Body:
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


def _files_of(files: Mapping[str, str], folder: str) -> list[str]:
    """The files of the module in FOLDER. One for OpenTofu replaces the one of its name for Terraform."""
    named = [name for name in sorted(files) if posixpath.dirname(name) == folder]
    own = [name for name in named if name.endswith((".tofu", ".tofu.json"))]
    replaced = {name.replace(".tofu", ".tf") for name in own}
    return [*own, *(name for name in named if name.endswith((".tf", ".tf.json")) and name not in replaced)]
