"""What is wrong with a file of specs, and where."""

from collections.abc import Sequence


def printable(text: str) -> str:
    """TEXT with what can't be printed escaped: what a file holds must not steer a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


class SpecError(ValueError):
    """A file that holds no specs, or a spec that is not one; `str()` is one readable line.

    `file` is the name the file was read under, `table` the table's name, or where it has none what it is
    known by; `path` leads to the place in the document, in the document's own names; `line` counts from 1.
    Each is empty, `line` None, where it is not known. `reason` says what is wrong. `needs` are options of
    tablectl that would help, such as `--param Stage=VALUE`.
    """

    def __init__(  # the parts of one place
        self,
        reason: str,
        *,
        path: str = "",
        table: str = "",
        file: str = "",
        line: int | None = None,
        needs: Sequence[str] = (),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.table = table
        self.file = file
        self.line = line
        self.needs = tuple(needs)
        # The errors of which this one is made, if it is made of several.
        self.parts: tuple[SpecError, ...] = ()

    def within(self, *, file: str = "", table: str = "", line: int | None = None) -> "SpecError":
        """The same error, with what it did not know before."""
        return SpecError(
            self.reason,
            path=self.path,
            table=self.table or table,
            file=self.file or file,
            line=self.line or line,
            needs=self.needs,
        )

    def below(self, member: str) -> "SpecError":
        """The same error, whose path is that of something below MEMBER."""
        error = self.within()
        error.path = ".".join(filter(None, (member, self.path)))
        return error

    def __str__(self) -> str:
        """One line, as compilers write them: `tables.yaml:12: table Films: BillingMode: must be text`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        table = f"table {self.table}" if self.table else ""
        line = ": ".join(part for part in (place, table, self.path, self.reason) if part)
        return printable(line)


def merge_errors(errors: Sequence[SpecError]) -> SpecError:
    """ERRORS for want of values as one, which says each thing that is needed once."""
    told: dict[str, SpecError] = {}
    parts = [part for error in errors for part in error.parts or (error,)]
    for part in parts:
        new = [need for need in part.needs if need not in told]
        told |= dict.fromkeys(new, part)
    first, *others = dict.fromkeys(told.values()) or parts[:1]
    reasons = [first.reason, *(": ".join(filter(None, (part.path, part.reason))) for part in others)]
    error = SpecError("; ".join(reasons), path=first.path, needs=tuple(told))
    error.parts = (first, *others)
    return error
