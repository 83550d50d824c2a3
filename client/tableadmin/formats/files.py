"""Files and folders -> their content. Reading a path is the only I/O of `formats`."""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from tableadmin.formats.error import SpecError
from tableadmin.formats.readers import FOLDERS, FolderReader, folder_reader_of
from tableadmin.formats.text.encoding import decode_text

# What tools put beside the files that people mean: packages, modules, and what version control keeps.
_SKIPPED = frozenset({".git", "node_modules", ".venv"})
_MOST_FILES = 10_000
# The files that others include, and that a folder of specs consists of.
_DOCUMENTS = (".yml", ".yaml", ".json")


def folder(path: Path, name: str) -> tuple[FolderReader, dict[str, str]] | list[str]:
    """The reader of the folder PATH, and the texts of the files that the reader reads.

    Of a folder that no format has: the names of the YAML and JSON files in it and below, without those that
    are hidden. NAME is the folder's. Raises SpecError and OSError.
    """
    paths = _paths(path, name)
    reader = folder_reader_of(sorted(paths))
    if reader is None:
        return _documents(paths, name)
    wanted = {each for each in paths if any(fnmatchcase(each, pattern) for pattern in reader.files)}
    return reader, {each: _text(paths[each], f"{name}/{each}") for each in sorted(wanted)}


def documents_in(path: str | Path) -> list[str]:
    """The names of the YAML and JSON files in the folder PATH and below, without those that are hidden.

    A file is in the list itself. Raises SpecError for a folder without such files, and OSError.
    """
    name, top = str(path), Path(path)
    return _documents(_paths(top, name), name) if top.is_dir() else [name]


def _documents(paths: Iterable[str], name: str) -> list[str]:
    found = [each for each in paths if each.endswith(_DOCUMENTS) and not _is_hidden(each)]
    if not found:
        formats = ", ".join(f"{reader.marks[0]} ({reader.format})" for reader in FOLDERS)
        raise SpecError(f"is a folder without YAML and JSON files, {formats}", file=name)
    return [f"{name.rstrip('/')}/{each}" for each in sorted(found)]


def beside(path: Path) -> Callable[[str], str | None]:
    """What returns the text of a file in the folder of the file PATH, or below, by its path from there.

    Files elsewhere are not read: a file of somebody else must not reach what it has no business with.
    """
    top = path.parent.resolve()

    def text(name: str) -> str | None:
        target = (top / name).resolve()
        is_read = target.is_relative_to(top) and target.suffix in _DOCUMENTS and target.is_file()
        return _text(target, name) if is_read else None

    return text


def _text(path: Path, name: str) -> str:
    try:
        return decode_text(path.read_bytes())
    except SpecError as error:
        raise error.within(file=name) from None


def _paths(top: Path, name: str) -> dict[str, Path]:
    """The files in the folder TOP and below, by their paths from there."""
    try:
        return {each.relative_to(top).as_posix(): each for each in _files(top)}
    except SpecError as error:
        raise error.within(file=name) from None


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


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
