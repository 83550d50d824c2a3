"""The functions that read files, among the files that were given."""

import posixpath
import re
from collections.abc import Mapping

from tableadmin.formats.terraform.configuration.values import FileNotGiven, SetOfValues, Value, text

# The parts of a pattern of fileset(), and what each matches.
_WILD = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}]*\}")


def exists(files: Mapping[str, Value], path: Value) -> Value:
    """True if a file is at PATH. Raises Unevaluable for what may be elsewhere."""
    return content(files, path) is not None


def content(files: Mapping[str, Value], path: Value) -> Value:
    """The text of the file at PATH. Raises Unevaluable."""
    found = posixpath.normpath(text(path))
    if found in files:
        return files[found]
    raise FileNotGiven(f"file(): {text(path)} is not among the files that were given")


def matching_files(files: Mapping[str, Value], folder: Value, pattern: Value) -> Value:
    """The paths from FOLDER of the files below FOLDER that PATTERN matches.

    Raises Unevaluable where there is none: only files of some kinds are read.
    """
    top = posixpath.normpath(text(folder))
    paths = [posixpath.relpath(path, top) for path in files if _is_below(path, top)]
    wanted = re.compile(_expression(text(pattern)))
    found = SetOfValues(sorted(path for path in paths if wanted.fullmatch(path)))
    if not found:
        raise FileNotGiven(f"fileset(): no file {text(pattern)} is among the files that were given")
    return found


def _is_below(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")


def _expression(pattern: str) -> str:
    """PATTERN as a regular expression."""
    found, at = "", 0
    for wild in _WILD.finditer(pattern):
        found += re.escape(pattern[at : wild.start()]) + _expression_of(wild[0])
        at = wild.end()
    return found + re.escape(pattern[at:])


def _expression_of(wild: str) -> str:
    if wild.startswith("{"):
        return f"(?:{'|'.join(map(_expression, wild[1:-1].split(',')))})"
    return {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}[wild]
