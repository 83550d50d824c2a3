"""What a caller gives beside the files: values of parameters, and names of tables."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tableadmin.formats.error import SpecError


@dataclass(frozen=True)
class Inputs:
    """Values that files ask for, and a record of what the files can use.

    `parameters` are the values of a template's parameters, and of what only the deploying tool knows, under
    the name in the file: `Stage`, `Key.Arn`, `AWS::Region`, `aws_kms_key.orders.arn`. `defaults` are values
    of parameters that files need not use, such as those of a file of parameters; `parameters` override them.
    `names` are table names by logical ID. `deployed` is what a deployed stack says: physical IDs by logical
    ID, and pseudo parameters such as `AWS::Region`. Files need not use what is deployed. `unmanaged` are
    members that no spec is to manage, such as `Tags`. `region` returns the region for files that need one and
    do not have one, such as the region of the endpoint. `beside` returns the text of a file by its path from
    the folder of the file that is read, None for a file that can't be read.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    deployed: Mapping[str, str] = field(default_factory=dict)
    unmanaged: Sequence[str] = ()
    region: Callable[[], str] | None = None
    beside: Callable[[str], str | None] | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _named: set[str] = field(default_factory=set)
    _assumed: set[str] = field(default_factory=set)

    def parameter(self, name: str) -> str | None:
        """The value given for the parameter NAME, None without one. NAME counts as used."""
        self._asked.add(name)
        return self.parameters.get(name, self.defaults.get(name))

    def declares(self, names: Iterable[str]) -> None:
        """Say that a file has the parameters NAMES, whether or not a table needs them."""
        self._asked.update(names)

    def name(self, logical_id: str) -> str | None:
        """The table name given for LOGICAL_ID, None without one. LOGICAL_ID counts as used."""
        self._named.add(logical_id)
        return self.names.get(logical_id)

    def leaves_alone(self, path: str) -> bool:
        """Whether the caller declared the member at PATH unmanaged, or what it is a part of."""
        return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in self.unmanaged)

    def assumed_region(self) -> str:
        """The region that `region` returns, empty without one."""
        found = self.region() if self.region else ""
        if found:
            self._assumed.add(found)
        return found

    @property
    def notes(self) -> list[str]:
        """A line for the region that was assumed, if a file needed one."""
        return [f"AWS::Region is {region}, the Region of the endpoint" for region in sorted(self._assumed)]

    def check_all_used(self) -> None:
        """Raise SpecError for a parameter or a name that no file read with these inputs can use."""
        _check("parameter", self.parameters, self._asked)
        _check("table", self.names, self._named)


def near(name: object, known: Iterable[str]) -> str:
    """`, did you mean 'NAME'?` with the nearest of the KNOWN names; empty where none is near."""
    by_lower: dict[str, str] = {}
    for each in known:
        by_lower.setdefault(each.lower(), each)
    found = difflib.get_close_matches(str(name).lower(), list(by_lower), n=1, cutoff=0.5)
    return f", did you mean {by_lower[found[0]]!r}?" if found else ""


def _check(kind: str, given: Mapping[str, str], used: set[str]) -> None:
    for name in given:
        if name not in used:
            raise SpecError(f"no file has a {kind} {name!r}{near(name, sorted(used))}")
