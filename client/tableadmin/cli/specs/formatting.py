"""Find and write the canonical form of spec files, for `tablectl fmt`."""

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
    """The result of fmt for a file.

    `text` is the canonical form. `left_alone` is why the file is not rewritten, `error` why the file can't be
    rewritten. Both are empty for a spec file. `found`: the file was found in a folder of the command line.
    """

    file: str
    before: str = ""
    text: str = ""
    left_alone: str = ""
    error: str = ""
    found: bool = False

    @property
    def name(self) -> str:
        """The name of the file in messages."""
        return _name(self.file)

    @property
    def is_changed(self) -> bool:
        """Whether the file is not in the canonical form."""
        return self.before != self.text

    def diff(self) -> Sequence[str]:
        """Return the changes of the canonical form as a unified diff."""
        before, after = (_with_visible_mark(each).splitlines() for each in (self.before, self.text))
        lines = [*difflib.unified_diff(before, after, self.name, f"{self.name} (formatted)", lineterm="")]
        if self.is_changed and not lines:
            return [f"{self.name}: line breaks, or the encoding, are not those of the canonical form"]
        return lines

    def write(self) -> None:
        """Replace the file atomically with the canonical form. The permissions do not change."""
        path = Path(self.file)
        whole_files.replace(path, self.text, stat.S_IMODE(path.stat().st_mode))


def format_files(paths: Sequence[str], standard_input: str | bytes) -> Iterator[Formatting]:
    """Return the results for the files of PATHS, and for the YAML and JSON files in the folders of PATHS."""
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    for path in dict.fromkeys(paths):
        if path == STANDARD_INPUT:
            yield _formatted(path, standard_input, found=False)
            continue
        try:
            files: Iterable[str] = formats.documents_in(path)
        except (formats.SpecError, OSError) as error:
            yield Formatting(path, error=_error_text(path, error))
            continue
        for file in files:
            yield _file(os.path.normpath(file), found=file != path)


def _file(file: str, *, found: bool) -> Formatting:
    try:
        return _formatted(file, Path(file).read_bytes(), found=found)
    except OSError as error:
        return Formatting(file, error=_error_text(file, error))


def _formatted(file: str, content: str | bytes, *, found: bool) -> Formatting:
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    # A file in another encoding differs from the canonical form, which is UTF-8.
    before = content if isinstance(content, str) else content.decode("utf-8", "backslashreplace")
    try:
        made = formats.format_text(content, name=_name(file))
    except formats.SpecError as error:
        return Formatting(file, before, before, error=str(error), found=found)
    if made.left_alone:
        return Formatting(file, before, before, made.left_alone, found=found)
    return Formatting(file, before, made.text, found=found)


def _name(file: str) -> str:
    return "standard input" if file == STANDARD_INPUT else file


def _with_visible_mark(text: str) -> str:
    """Return TEXT with the code of a byte order mark in place of the mark, which terminals do not show."""
    return text.replace("\ufeff", "<U+FEFF>")


def _error_text(path: str, error: Exception) -> str:
    return f"{path}: {error.strerror}" if isinstance(error, OSError) else str(error)
