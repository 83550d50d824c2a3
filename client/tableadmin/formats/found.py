"""What a reader finds in a file: tables, each with its spec or the reason why there is none, and notes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tableadmin.formats.error import SpecError, printable
from tableadmin.v1 import TableSpec

# Why a member is unmanaged that the caller declares to be.
DECLARED = "declared unmanaged"


@dataclass(frozen=True)
class FoundTable:
    """A table that a file describes. Exactly one of `spec` and `refusal` is set.

    `address` is the place in the file, as the format writes it: `aws_dynamodb_table.orders`, or
    `Resources.Orders`. `logical_id` is the table's name within the file, where the format has one. `name` and
    `region` are empty where the file does not say them. `must_exist` is the reason why the table can't be
    created from its spec, for example that its data is to be restored from a backup; empty otherwise.
    """

    address: str = ""
    logical_id: str = ""
    name: str = ""
    region: str = ""
    spec: TableSpec | None = None
    refusal: SpecError | None = None
    must_exist: str = ""
    notes: Sequence[str] = ()
    file: str = ""

    def __str__(self) -> str:
        """What messages call the table: `orders`, or the address where the name is not known."""
        return printable(self.name or self.logical_id or self.address)

    @property
    def place(self) -> str:
        """Where the table is described: the file, and the address in it."""
        return printable(": ".join(filter(None, (self.file, self.address))))


@dataclass(frozen=True)
class Found:
    """The tables of a file in their order, and a line for each thing that is in no table and is left out."""

    tables: Sequence[FoundTable] = ()
    notes: Sequence[str] = field(default=())


def with_spec(read: Callable[[list[str]], TableSpec], table: FoundTable) -> FoundTable:
    """TABLE with the spec that READ returns, or with the SpecError that READ raises.

    READ gets a list for the table's notes.
    """
    notes: list[str] = []
    try:
        spec = read(notes)
    except SpecError as error:
        refusal = error.within(table=table.name or table.logical_id)
        return replace(table, refusal=refusal, notes=(*table.notes, *notes))
    return replace(table, spec=spec, name=spec.table_name, notes=(*table.notes, *notes))


def leaving_alone(spec: TableSpec, members: Sequence[str]) -> TableSpec:
    """SPEC, which does not manage MEMBERS either."""
    before = [member.path for member in spec.unmanaged]
    for path in members:
        if not any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in before):
            spec.unmanaged.add(path=path, reason=DECLARED)
    return spec


def join_results(parts: Iterable[Found]) -> Found:
    """The tables and notes of all PARTS."""
    all_parts = list(parts)
    return Found(
        [table for part in all_parts for table in part.tables],
        [note for part in all_parts for note in part.notes],
    )
