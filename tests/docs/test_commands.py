"""The commands and programs on the pages run as they stand there, from top to bottom."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tableadmin import Client
from tests.cli.running import PROGRAM
from tests.docs.pages import ROOT, Block, all_blocks
from tests.server_process import ServerProcess, clean_environment, running_server

# The address on the pages, and the languages of what is run.
_ADDRESS = "127.0.0.1:50051"
_SHELL = ("console", "sh")
_LIMIT = 300


@dataclass(frozen=True)
class Preparation:
    """What has to be there before a section: COMMANDS, FILES by name, and a server with FLAGS of its own."""

    commands: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


_MUSIC = (
    "tablectl table create Music --hash-key Artist:S --range-key SongTitle:S --on-demand --wait\n"
    "tablectl index create Music GenreAndPriceIndex --hash-key Genre:S --range-key Price:N"
)
_SPEC = """\
TableName: Books
AttributeDefinitions: [{AttributeName: Author, AttributeType: S}]
KeySchema: [{AttributeName: Author, KeyType: HASH}]
BillingMode: PAY_PER_REQUEST
"""
_SERVER = """\
policies = {folder = "FOLDER/policies"}
[endpoints.production]
endpoint_url = "http://127.0.0.1:1"
region = "eu-central-1"
"""
# The pages that are run, by the whole page or by one section of it.
RUN: Mapping[tuple[str, str], Preparation] = {
    ("README.md", ""): Preparation(),
    ("docs/start.md", ""): Preparation(),
    ("docs/guides/boto3.md", ""): Preparation(_MUSIC),
    ("docs/guides/drift.md", ""): Preparation(),
    ("docs/guides/files.md", ""): Preparation(),
    ("docs/guides/python.md", ""): Preparation(_MUSIC, files={"tables.yaml": _SPEC}),
    ("docs/guides/restore.md", ""): Preparation(),
    ("docs/guides/specs.md", ""): Preparation(),
    ("docs/guides/tablectl.md", ""): Preparation(),
    ("docs/operate/server.md", ""): Preparation(),
    ("docs/operate/security.md", "Audit"): Preparation(flags=("--embedded", "--audit-file", "FOLDER/audit")),
    ("docs/operate/security.md", "Who may do what"): Preparation(
        files={
            "server.toml": _SERVER,
            "policies/all.cedar": '@id("all") permit (principal, action, resource);',
        },
        flags=("--config", "FOLDER/server.toml"),
    ),
}
# The sections whose blocks another test runs, because they need more than a folder and a server.
ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("docs/guides/console.md", "Start"): "tests/cli/commands/test_console.py",
    ("docs/guides/cost.md", "Drift"): "tests/cli/test_cost_page.py",
    ("docs/guides/cost.md", "Plans"): "tests/cli/test_cost_page.py",
    ("docs/guides/cost.md", "Requests of on-demand tables"): "tests/cli/test_cost_page.py",
    (
        "docs/guides/cost.md",
        "Requests that CloudWatch counted",
    ): "tests/cli/commands/test_rates_from_cloudwatch.py",
    ("docs/guides/languages.md", "By reflection"): "tests/foreign/test_languages_page.py",
    ("docs/guides/replace.md", "Copy the items of a small table"): "tests/cli/test_replace_page.py",
    ("docs/guides/replace.md", "The same name"): "tests/cli/test_replace_page.py",
    ("docs/operate/security.md", "Approval"): "tests/server/security/test_documentation.py",
    ("docs/operate/security.md", "Static tokens"): "tests/server/security/test_documentation.py",
    ("docs/operate/security.md", "TLS on one machine, from nothing"): (
        "tests/server/listening/test_documentation.py"
    ),
    ("docs/operate/security.md", "Two principals with different rights"): (
        "tests/server/security/test_documentation.py"
    ),
}
# The blocks that no test runs, by their first line. They need Docker, a cluster, AWS or a package registry.
NOT_RUN = {
    "docs/guides/cost.md": [
        "tablectl plan -f tables/ --prices aws",
        "curl -O https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonDynamoDB/current/eu-west-1/index.json",
    ],
    "README.md": ["make demo    # creates, changes and deletes tables on an embedded engine, then cleans up"],
    "docs/guides/console.md": ["ssh -L 8642:127.0.0.1:8642 HOST tablectl console --no-open --port 8642"],
    "docs/guides/drift.md": ["tablectl drift -f tables/ --exit-code -o markdown"],
    "docs/guides/languages.md": [
        "npm install @grpc/grpc-js @grpc/proto-loader",
        "go install google.golang.org/protobuf/cmd/protoc-gen-go@latest",
    ],
    "docs/guides/replace.md": [
        "tablectl pitr enable Music --wait",
        "tablectl export-s3 start Music s3://archive/music --wait",
        "tablectl export Music > new.yaml    # change TableName and KeySchema",
        "FILES=s3://archive/music/AWSDynamoDB/EXPORT-ID/data/",
        "tablectl export-s3 describe EXPORT-ARN",
    ],
    "docs/operate/container.md": [
        "docker compose up --detach --wait",
        "docker compose --profile monitoring up --detach --wait",
        "docker build --tag tableadmin .",
        "base=docker.io/library/python:3.11-slim-bookworm",
        "docker run --rm --publish 127.0.0.1:50051:50051 \\",
        "docker run --rm --publish 127.0.0.1:50051:50051 \\",
        "docker build --tag tableadmin-embedded --build-arg EXTRAS=server,server-otel,embedded .",
        "buildah bud --format docker --tag tableadmin .",
        "tests/container/build_and_run.sh",
    ],
    "docs/operate/deploy.md": [
        "tableadmin-server policy check --config tableadmin.toml --folder policies",
        "for document in plan apply operations-table; do",
        "aws dynamodb update-continuous-backups --table-name tableadmin-operations \\",
    ],
    "docs/operate/security.md": ["pip install '/path/to/the/clone[server,embedded]'"],
    "docs/operate/server.md": ["pip install '.[server,embedded]'"],
    "docs/reference/iam.md": [
        "sed 's|dynamodb:\\*:\\*:table/\\*|dynamodb:eu-central-1:111122223333:table/music-*|' \\",
    ],
    "docs/reference/traces.md": ["pip install 'tableadmin[server,server-otel]'"],
    "docs/start.md": ["pip install '.[server,embedded]'"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """A server with an engine that has the tables of one page only."""
    with running_server("--embedded") as process:
        yield process


class Reader:
    """Somebody who does what a page says, in FOLDER."""

    def __init__(self, folder: Path, address: str, running: ExitStack) -> None:
        self._folder = folder
        self._running = running
        path = os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]])
        self._environment = clean_environment(XDG_CONFIG_HOME=str(folder), HOME=str(folder), PATH=path)
        self._environment["TABLEADMIN_SERVER"] = address

    def prepare(self, preparation: Preparation) -> None:
        """Make what a page takes for granted."""
        for name, text in preparation.files.items():
            self.save(name, text.replace("FOLDER", str(self._folder)))
        if preparation.flags:
            self.start(*(flag.replace("FOLDER", str(self._folder)) for flag in preparation.flags))
        self.type(preparation.commands)

    def save(self, name: str, text: str) -> None:
        """Write a file."""
        file = self._folder / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text, encoding="utf-8")

    def start(self, *flags: str) -> None:
        """Start a server, which the commands after that call."""
        started = self._running.enter_context(running_server(*flags))
        self._environment["TABLEADMIN_SERVER"] = started.address

    def type(self, commands: str) -> None:
        """Run COMMANDS in a shell, which stops at the first that fails."""
        self._run("bash", "-e", "-o", "pipefail", "-c", commands)

    def run_program(self, program: str) -> None:
        """Run a Python PROGRAM."""
        self._run(sys.executable, "-c", program.replace(_ADDRESS, self._environment["TABLEADMIN_SERVER"]))

    def follow(self, block: Block) -> None:
        """Do what BLOCK says."""
        if block.file:
            self.save(block.file, block.text)
        elif block.language in _SHELL:
            flags = _serving(block)
            self.start(*flags) if flags else self.type(block.commands)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT,
        )
        assert 0 == done.returncode, f"{command[-1]}\n{done.stdout}\n{done.stderr}"


def _serving(block: Block) -> list[str]:
    """The flags of the server that BLOCK starts; none if it starts no server."""
    program, *words = block.commands.split("#")[0].split()
    is_server = program == "tableadmin-server" and all(each != "policy" for each in words[:1])
    return words if is_server else []


def _blocks(page: str, section: str) -> list[Block]:
    return [each for each in all_blocks() if each.page == page and section in ("", each.section)]


@pytest.mark.parametrize(("page", "section"), RUN, ids=lambda text: text.replace(" ", "-"))
def test_a_page(page: str, section: str, server: ServerProcess, tmp_path: Path) -> None:
    """Each command of a page succeeds, and so does the program that its Python blocks are together."""
    with ExitStack() as running:
        reader = Reader(tmp_path, server.address, running)
        reader.prepare(RUN[page, section])
        programs = [each.text for each in _blocks(page, section) if each.language == "python"]
        for block in _blocks(page, section):
            if block.language != "python":
                reader.follow(block)
            elif block.text == programs[-1]:
                reader.run_program("\n".join(programs))
    with Client(server.address) as client:
        for name in client.list_tables.items():
            client.delete_table(table_name=name)


def test_all_blocks_are_run() -> None:
    """A shell block is run here or elsewhere. What cannot be run is tagged bash."""
    left = [
        (each.page, each.section)
        for each in all_blocks()
        if each.language in _SHELL
        and not {(each.page, ""), (each.page, each.section)} & (RUN.keys() | ELSEWHERE.keys())
    ]
    assert [] == left, "add the section to RUN, or tag the block bash and add the block to NOT_RUN"


def test_what_is_run_elsewhere() -> None:
    """The test that runs a section names it."""
    for (_, section), test in ELSEWHERE.items():
        assert f'"{section}"' in (ROOT / test).read_text(encoding="utf-8")


def test_what_is_not_run() -> None:
    """Nobody adds a block unnoticed that no test runs."""
    found: dict[str, list[str]] = {}
    for block in all_blocks():
        if block.language == "bash":
            found.setdefault(block.page, []).append(block.text.splitlines()[0])
    assert NOT_RUN == found


def test_console_blocks_have_commands() -> None:
    """Each console block has a command, marked by a dollar sign."""
    assert [] == [each for each in all_blocks() if each.language == "console" and not each.commands]
