"""A template: what its references and functions come to, with the parameters that were given."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from tableadmin.formats.cloudformation import loops, parameters
from tableadmin.formats.cloudformation.intrinsics import FUNCTIONS, NO_VALUE, TESTS
from tableadmin.formats.cloudformation.parameters import settled_scalar
from tableadmin.formats.error import SpecError, merge_errors
from tableadmin.formats.inputs import Inputs, near
from tableadmin.formats.text.fitting import as_text
from tableadmin.formats.text.tree import Faulty, Plain, Record, Tree, check_sound, record

_Key = TypeVar("_Key", str, int)

# What others replace: CloudFormation dynamic references, the Serverless Framework variables.
_KINDS = r"self|opt|env|sls|param|cf|ssm|s3|aws|git|(?:file|strToBool)\([^()]*\)"
_ELSEWHERE = re.compile(rf"\{{\{{resolve:[^}}]*\}}\}}|\$\{{(?P<variable>(?:{_KINDS}):[^${{}}]*)\}}")
_PSEUDO = ("AccountId", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
# The partition and the domain of a region, by how its name begins.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "": ("aws", "amazonaws.com"),
}


class Template:
    """A template's parameters, mappings and conditions, with the parameters that were given.

    What only CloudFormation knows (a GetAtt, an ImportValue, a Ref to a resource, a pseudo parameter) may
    be given too, under the name it has in the template, such as `Key.Arn` or `AWS::Region`.
    """

    def __init__(self, document: Record, inputs: Inputs) -> None:
        self._inputs = inputs
        self._parameters = record(document.get("Parameters"), "Parameters")
        inputs.declares([*self._parameters, *(f"AWS::{name}" for name in _PSEUDO)])
        self._mappings = record(document.get("Mappings"), "Mappings")
        self._conditions = record(document.get("Conditions"), "Conditions")
        # The bodies of the resources; those of `tables` have names that Ref gives.
        self.resources: Mapping[str, Tree] = {}
        self.tables: Mapping[str, Record] = {}
        self._asking: list[str] = []

    def value(self, tree: Tree, path: str) -> Tree:
        """TREE, which stands at PATH, with every function worked out.

        Raises SpecError for what can't be. An error for want of values asks for all that TREE needs.
        """
        if isinstance(tree, list):
            values = self._all({index: (item, f"{path}[{index}]") for index, item in enumerate(tree)})
            return list(values.values())
        if isinstance(tree, Faulty):
            raise tree.fault
        if isinstance(tree, dict):
            if any(name.startswith(loops.PREFIX) for name in tree):
                tree = loops.Unrolling(self.texts).members(tree, path)
            return self._called(tree, path) if _is_call(tree) else self._members(tree, path)
        return self.replaced(tree, path) if isinstance(tree, str) else tree

    def text(self, tree: Tree, path: str) -> str:
        """The text that TREE comes to. Raises SpecError where it is none."""
        value = self.value(tree, path)
        if isinstance(value, str | int | float | bool):
            return as_text(value)
        raise SpecError("must evaluate to text", path=path)

    def items(self, tree: Tree, path: str) -> list[Tree]:
        """The list that TREE comes to. Raises SpecError where it is none."""
        value = self.value(tree, path)
        if isinstance(value, list):
            return value
        raise SpecError("must evaluate to a list", path=path)

    def texts(self, tree: Tree, path: str) -> list[str]:
        """The list of texts that TREE comes to. Raises SpecError where it is none."""
        return [self.text(item, path) for item in self.items(tree, path)]

    def replaced(self, text: str, path: str) -> str:
        """TEXT with what was given for the references in it that other programs resolve.

        Raises SpecError, which asks for all of them.
        """
        errors: list[SpecError] = []

        def answer(match: re.Match[str]) -> str:
            # Of the alternatives of a variable, the first one is asked for.
            name = (match["variable"] or match[0]).partition(",")[0].strip()
            who = "the Serverless Framework" if match["variable"] else "CloudFormation"
            kind = "variable" if match["variable"] else "dynamic reference"
            try:
                return self._answer(name, f"the {kind} {match[0]!r} is resolved by {who} only", path)
            except SpecError as error:
                errors.append(error)
                return ""

        whole = _ELSEWHERE.sub(answer, text)
        if errors:
            raise merge_errors(errors)
        return text if whole == text else Plain(whole) if isinstance(text, Plain) else whole

    def holds(self, name: Tree, path: str) -> bool:
        """Whether the condition NAME holds. Raises SpecError for one that is not there or needs itself."""
        if not isinstance(name, str) or name not in self._conditions:
            raise SpecError(f"there is no condition {name!r}{near(name, self._conditions)}", path=path)
        check_sound(self._conditions[name])
        with self._once(name, f"the condition {name!r} refers to itself", path):
            return self.test(self._conditions[name], f"Conditions.{name}")

    def test(self, tree: Tree, path: str) -> bool:
        """Whether the condition that TREE spells out holds."""
        if isinstance(tree, dict) and len(tree) == 1:
            name, argument = next(iter(tree.items()))
            if name in TESTS:
                return TESTS[name](self, argument, f"{path}.{name}")
        raise SpecError("is not a condition", path=path)

    def parameter(self, name: str, path: str) -> Tree:
        """What Ref NAME is: a parameter's value, given or its default, or what else was given for it."""
        declared = record(self._parameters.get(name), f"Parameters.{name}")
        given = self._inputs.parameter(name)
        if given is not None:
            return parameters.value(name, given, declared, path)
        kind = as_text(settled_scalar(declared.get("Type", "String")))
        if "Default" in declared and not kind.startswith("AWS::SSM::"):
            default = self.replaced(as_text(settled_scalar(declared["Default"])), path)
            return parameters.value(name, default, declared, path)
        if name in self.tables:
            return self.table_name(name, path)
        known = self._inputs.deployed.get(name) or self._of_region(name)
        if known:
            return known
        raise _asking(self._unknown(name, declared), name, path)

    def given(self, name: str, function: str, path: str) -> str:
        """What was given for NAME, which FUNCTION asks CloudFormation for, or the ARN of a table here."""
        table, _, attribute = name.partition(".")
        if function == "GetAtt" and attribute == "Arn" and table in self.tables:
            return self._inputs.parameter(name) or self._table_arn(table, path)
        return self._answer(name, f"{function} of {name} is known to CloudFormation only", path)

    def table_name(self, logical_id: str, path: str) -> str:
        """The name of the table LOGICAL_ID: the given one, the template's, or that of the deployed stack.

        Raises SpecError where there is none: CloudFormation would make one up.
        """
        given = self._inputs.name(logical_id)
        if given:
            return given
        written = record(self.tables[logical_id].get("Properties"), path).get("TableName")
        with self._once(f"table {logical_id}", "refers to itself", path):
            name = "" if written is None else self.value(written, path)
        if name not in ("", NO_VALUE):
            return self.text(name, path)
        deployed = self._inputs.deployed.get(logical_id)
        if deployed:
            return deployed
        need = f"--name {shlex.quote(f'{logical_id}=NAME')}"
        reason = f"is required: CloudFormation would make up a name; give {need}, or --stack-resources FILE"
        raise SpecError(reason, path=path, needs=[need])

    def _table_arn(self, logical_id: str, path: str) -> str:
        """The ARN of the table LOGICAL_ID. Raises SpecError, which asks for the region and the account."""
        names = ("Partition", "Region", "AccountId")
        where = self._all({name: ({"Ref": f"AWS::{name}"}, path) for name in names})
        partition, region, account = (self.text(where[name], path) for name in names)
        return f"arn:{partition}:dynamodb:{region}:{account}:table/{self.table_name(logical_id, path)}"

    @property
    def unmanaged(self) -> Sequence[str]:
        """The members of specs that the caller declares unmanaged."""
        return self._inputs.unmanaged

    @property
    def region(self) -> str:
        """The region where the template is deployed, as far as it was given; else empty."""
        return self._inputs.parameter("AWS::Region") or self._inputs.deployed.get("AWS::Region", "")

    def mapped(self, keys: list[str], path: str) -> Tree:
        """What the Mappings have under KEYS: a map, a top-level key and a second one."""
        found: Tree = self._mappings
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                nearest = near(key, found if isinstance(found, dict) else ())
                raise SpecError(f"the Mappings have no {'.'.join(keys)}{nearest}", path=path)
            if isinstance(found, Faulty):
                raise found.fault
            found = found[key]
        return found

    def _members(self, tree: Record, path: str) -> Record:
        return self._all({name: (value, f"{path}.{name}") for name, value in tree.items()})

    def _all(self, trees: Mapping[_Key, tuple[Tree, str]]) -> dict[_Key, Tree]:
        """The values of TREES with their paths, without those that are no value."""
        found: dict[_Key, Tree] = {}
        errors: list[SpecError] = []
        for key, (tree, path) in trees.items():
            try:
                value = self.value(tree, path)
            except SpecError as error:
                if not error.needs:
                    raise
                errors.append(error)
                continue
            if value is not NO_VALUE:
                found[key] = value
        if errors:
            raise merge_errors(errors)
        return found

    def _called(self, tree: Record, path: str) -> Tree:
        name, argument = next(iter(tree.items()))
        function = FUNCTIONS.get(name)
        if function is None or len(tree) > 1:
            raise SpecError(f"{_first_function(tree)} cannot be evaluated here", path=path)
        return function(self, argument, path)

    def _answer(self, name: str, why: str, path: str) -> str:
        given = self._inputs.parameter(name)
        if given is None:
            raise _asking(why, name, path)
        return given

    def _of_region(self, name: str) -> str:
        """The pseudo parameters that follow from the region."""
        if name not in ("AWS::Region", "AWS::Partition", "AWS::URLSuffix"):
            return ""
        region = self.region or self._inputs.assumed_region()
        if not region or name == "AWS::Region":
            return region
        partition, domain = next(v for begin, v in _PARTITIONS.items() if region.startswith(begin))
        return partition if name == "AWS::Partition" else domain

    @contextmanager
    def _once(self, what: str, otherwise: str, path: str) -> Iterator[None]:
        """Raise SpecError where WHAT is needed to work out WHAT."""
        if what in self._asking:
            raise SpecError(otherwise, path=path)
        self._asking.append(what)
        try:
            yield
        finally:
            self._asking.pop()

    def _unknown(self, name: str, declared: Record) -> str:
        if declared:
            return f"the parameter {name} has no default that is known here"
        if name.startswith("AWS::"):
            return f"{name} is known where the template is deployed"
        if name in self.resources:
            return f"Ref of {name} is known once CloudFormation has made that resource"
        nearest = near(name, [*self._parameters, *self.resources])
        return f"Ref names {name}, which is neither a parameter nor a resource{nearest}"


def _asking(why: str, name: str, path: str) -> SpecError:
    """The error that asks for the value of NAME."""
    return SpecError(
        f"{why}; give {name}=VALUE", path=path, needs=[f"--param {shlex.quote(f'{name}=VALUE')}"]
    )


def _is_call(tree: Record) -> bool:
    return (len(tree) == 1 and "Ref" in tree) or any(name.startswith("Fn::") for name in tree)


def _first_function(tree: Record) -> str:
    return next(name for name in tree if name.startswith("Fn::"))
