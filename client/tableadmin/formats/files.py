"""Files and folders -> their content. Reading a path is the only I/O of `formats`."""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from tableadmin.formats.error import SpecError
from tableadmin.formats.readers import FolderReader, folder_reader_of
from tableadmin.formats.text.encoding import decoded

# What tools put beside the files that people mean: packages, modules, and what version control keeps.
_SKIPPED = frozenset({".git", "node_modules", ".venv"})
_MOST_FILES = 10_000
# The files that others include.
_INCLUDED = (".yml", ".yaml", ".json")


def folder(path: Path, name: str) -> tuple[FolderReader, dict[str, str]]:
    """The reader of the folder PATH, and the texts of the files that the reader reads.

    NAME is the folder's, for errors. Raises SpecError and OSError.
    """
    try:
        paths = {each.relative_to(path).as_posix(): each for each in _files(path)}
        reader = folder_reader_of(sorted(paths))
        wanted = {each for each in paths if any(fnmatchcase(each, pattern) for pattern in reader.files)}
    except SpecError as error:
        raise error.within(file=name) from None
    return reader, {each: _text(paths[each], f"{name}/{each}") for each in sorted(wanted)}


def beside(path: Path) -> Callable[[str], str | None]:
    """What returns the text of a file in the folder of the file PATH, or below, by its path from there.

    Files elsewhere are not read: a file of somebody else must not reach what it has no business with.
    """
    top = path.parent.resolve()

    def text(name: str) -> str | None:
        target = (top / name).resolve()
        is_read = target.is_relative_to(top) and target.suffix in _INCLUDED and target.is_file()
        return _text(target, name) if is_read else None

    return text


def _text(path: Path, name: str) -> str:
    try:
        return decoded(path.read_bytes())
    except SpecError as error:
        raise error.within(file=name) from None


def _files(top: Path) -> Iterator[Path]:
    waiting, count = [top], 0
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            count += 1
            if count > _MOST_FILES:
                raise SpecError(f"has more than {_MOST_FILES:,} files; give the files that describe tables")
            if path.is_dir() and path.name not in _SKIPPED and not path.is_symlink():
                waiting.append(path)
            elif path.is_file():
                yield path
