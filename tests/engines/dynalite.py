"""dynalite 4.0.0, an engine in JavaScript whose tables take the time they are told to take."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines.cache import cached, npm, program
from tests.engines.engine import Engine
from tests.engines.process import running

_NPM = Path(__file__).with_name("npm")
_LOCK = _NPM / "package-lock.json"


@contextmanager
def dynalite(
    *, create_table_ms: int = 100, update_table_ms: int = 100, delete_table_ms: int = 100
) -> Iterator[Engine]:
    """Run dynalite in memory on 127.0.0.1; tables stay CREATING, UPDATING and DELETING as long as told.

    Raises EngineUnavailable without Node.js, or without npm on first use.
    """
    node = program("node", "dynalite needs Node.js 18 or later with npm")
    # The lock file pins every package with its hash; another lock file is another directory.
    version = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
    installed = cached(f"dynalite-{version}", _fetch)
    command = [
        node,
        "node_modules/dynalite/cli.js",
        "--host=127.0.0.1",
        f"--createTableMs={create_table_ms}",
        f"--updateTableMs={update_table_ms}",
        f"--deleteTableMs={delete_table_ms}",
    ]
    with running(lambda port: [*command, f"--port={port}"], cwd=installed) as url:
        yield Engine("dynalite", url)


def _fetch(directory: Path) -> None:
    for name in ("package.json", _LOCK.name):
        shutil.copy(_NPM / name, directory)
    # Its one install script compiles the on-disk store, which is not used here.
    npm("ci", "--ignore-scripts", cwd=directory)
