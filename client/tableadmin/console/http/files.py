"""The files of the page, by their path in the address."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable

from tableadmin.console.http.responses import HTML, Response

# The media type by the end of a name. A file with another end is not served.
_TYPES = {
    "html": HTML,
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
INDEX = "/index.html"


def file(path: str) -> Response | None:
    """The file of the page at PATH, None if there is none. No path leads out of the folder of the page."""
    found = _files().get(path)
    if found is None:
        return None
    return Response(HTTPStatus.OK, found.read_bytes(), _TYPES[path.rpartition(".")[2]])


@cache
def _files() -> dict[str, Traversable]:
    return dict(_below(files("tableadmin.console") / "page", ""))


def _below(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for each in folder.iterdir():
        name = f"{path}/{each.name}"
        if each.is_dir():
            found += _below(each, name)
        elif each.name.rpartition(".")[2] in _TYPES:
            found.append((name, each))
    return found


def index() -> Response:
    """The page itself."""
    found = file(INDEX)
    assert found is not None
    return found
