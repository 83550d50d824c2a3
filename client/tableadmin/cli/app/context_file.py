"""The context file: named settings in the user's configuration directory.

```toml
current = "local"

[contexts.local]
server = "127.0.0.1:50051"

[contexts.production]
server = "table-admin.internal:50051"
endpoint = "eu"
timeout = "10s"
output = "json"
```
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import cast

import click

from tableadmin.cli.app.exit_codes import InputError
from tableadmin.cli.app.settings import CREDENTIALS, SETTINGS
from tableadmin.cli.output import whole_files

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Contexts:
    """The settings of each context by name, and the name of the current context, None if there is none."""

    named: dict[str, dict[str, str]] = field(default_factory=dict)
    current: str | None = None

    def get(self, name: str) -> dict[str, str]:
        """Return the settings of the context NAME. Raises InputError for an unknown name."""
        if name not in self.named:
            raise InputError(f"there is no context {name!r}{near(name, self.named)}")
        return self.named[name]


def path() -> Path:
    """Return the path: `$XDG_CONFIG_HOME/tableadmin/contexts.toml` or the platform's equivalent."""
    return Path(click.get_app_dir("tableadmin")) / "contexts.toml"


def load(file: Path) -> Contexts:
    """Return the contexts in FILE, none if FILE does not exist. Raises InputError, which names the key."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Contexts()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {error}") from error
    try:
        contexts = _read(text)
    except ValueError as error:
        raise InputError(f"{file}: {error}") from error
    _check_mode(file, contexts)
    return contexts


def save(contexts: Contexts, file: Path) -> None:
    """Replace FILE atomically. Only its owner can read the file. Comments in the old file are lost."""
    import tomli_w  # noqa: PLC0415 - most runs write no file

    document = {"current": contexts.current} if contexts.current else {}
    text = tomli_w.dumps({**document, "contexts": contexts.named})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        whole_files.replace(file, text, whole_files.PRIVATE)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error


def _check_mode(file: Path, contexts: Contexts) -> None:
    """Raise InputError if other users may read or change a FILE with credentials."""
    has_credentials = any(CREDENTIALS & settings.keys() for settings in contexts.named.values())
    if has_credentials and os.name == "posix" and file.stat().st_mode & 0o077:
        raise InputError(
            f"{file} has credentials, and other users may read or change the file: run chmod 600 {file}"
        )


def check_name(name: str) -> str:
    """Return NAME if it is a valid name of a context. Raises ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r}: a context is named with letters, digits, _ and -")
    return name


def near(name: str, known: Mapping[str, object]) -> str:
    """Return ", did you mean ...?" for a similar name in KNOWN, "" if there is none."""
    found = get_close_matches(name, known, n=1)
    return f", did you mean {found[0]!r}?" if found else ""


def _read(text: str) -> Contexts:
    import tomllib  # noqa: PLC0415 - most runs have no file to read

    document = tomllib.loads(text)
    for key in document:
        if key not in ("contexts", "current"):
            raise ValueError(f"{key}: unknown key{near(key, {'contexts': 0, 'current': 0})}")
    named = {
        check_name(name): _settings(f"contexts.{name}", each)
        for name, each in _table("contexts", document.get("contexts", {})).items()
    }
    current = document.get("current")
    if current is not None and current not in named:
        raise ValueError(f"current: there is no context {current!r}")
    return Contexts(named, current)


def _table(key: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{key}: must be a table")  # noqa: TRY004 - every fault of the file is a ValueError
    return cast("dict[str, object]", value)


def _settings(key: str, value: object) -> dict[str, str]:
    return {name: _setting(f"{key}.{name}", name, each) for name, each in _table(key, value).items()}


def _setting(key: str, name: str, value: object) -> str:
    if name not in SETTINGS:
        raise ValueError(f"{key}: unknown key{near(name, SETTINGS)}")
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError(f"{key}: must be text")  # noqa: TRY004 - as above
    try:
        SETTINGS[name].parse(str(value))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
    return str(value)
