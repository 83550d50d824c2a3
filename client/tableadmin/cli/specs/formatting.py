"""Spec files in the canonical form: what `tablectl fmt` finds, and what it writes."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tableadmin.cli.output import whole_files

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Formatting:
    """What fmt makes of a file.

    `text` is the canonical form. `left_alone` is the reason why the file is not to be rewritten, and `error`
    the reason why the file can't be. Both are empty for a spec file. `found` is whether the command line
    names a folder, and not the file.
    """

    file: str
    before: str = ""
    text: str = ""
    left_alone: str = ""
    error: str = ""
    found: bool = False

    @property
    def name(self) -> str:
        """What messages call the file."""
        return "standard input" if self.file == STANDARD_INPUT else self.file

    @property
    def is_changed(self) -> bool:
        """Whether the file is not in the canonical form."""
        return self.before != self.text

    def diff(self) -> Sequence[str]:
        """What the canonical form changes, in the unified format of diff."""
        before, after = self.before.splitlines(), self.text.splitlines()
        lines = [*difflib.unified_diff(before, after, self.name, f"{self.name} (formatted)", lineterm="")]
        if self.is_changed and not lines:
            return [f"{self.name}: line breaks, or the encoding, are not those of the canonical form"]
        return lines

    def write(self) -> None:
        """Make the canonical form the content of the file, at once, with the permissions as they are."""
        path = Path(self.file)
        whole_files.replace(path, self.text, stat.S_IMODE(path.stat().st_mode))


def formatted(paths: Sequence[str], standard_input: str | bytes) -> Iterator[Formatting]:
    """What fmt makes of each file of PATHS, and of each YAML and JSON file in the folders of PATHS."""
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    for path in dict.fromkeys(paths):
        if path == STANDARD_INPUT:
            yield _formatted(path, standard_input, found=False)
            continue
        try:
            files: Iterable[str] = formats.documents_in(path)
        except (formats.SpecError, OSError) as error:
            yield Formatting(path, error=_said(path, error))
            continue
        for file in files:
            yield _file(os.path.normpath(file), found=file != path)


def _file(file: str, *, found: bool) -> Formatting:
    try:
        return _formatted(file, Path(file).read_bytes(), found=found)
    except OSError as error:
        return Formatting(file, error=_said(file, error))


def _formatted(file: str, content: str | bytes, *, found: bool) -> Formatting:
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    name = "standard input" if file == STANDARD_INPUT else file
    # Bytes that are no UTF-8 are compared all the same: the canonical form is UTF-8.
    before = content if isinstance(content, str) else content.decode("utf-8", "backslashreplace")
    try:
        made = formats.formatted(content, name=name)
    except formats.SpecError as error:
        return Formatting(file, before, before, error=str(error), found=found)
    if made.left_alone:
        return Formatting(file, before, before, made.left_alone, found=found)
    return Formatting(file, before, made.text, found=found)


def _said(path: str, error: Exception) -> str:
    return f"{path}: {error.strerror}" if isinstance(error, OSError) else str(error)
