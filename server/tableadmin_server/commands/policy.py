"""`tableadmin-server policy`: checks policies and tests their decisions before a server uses them."""

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import NoReturn

import click

from tableadmin import v1
from tableadmin_server.config import ConfigError, ServerConfig, load
from tableadmin_server.security.authorization.authorizer import compile_folder
from tableadmin_server.security.authorization.cases import CaseError, evaluate, read_cases
from tableadmin_server.security.authorization.decisions import Decider
from tableadmin_server.security.authorization.policies import Configured, PolicyError
from tableadmin_server.security.authorization.resources import EndpointAccount
from tableadmin_server.security.authorization.schema import schema_of

_CONFIG = click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file of the server. Policies can name its endpoints and authenticators.",
)
_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the policies. Without this flag: [policies] folder of the configuration.",
)


@click.group(
    epilog="""\b
Exit codes:
0  The policies are valid, and decide as expected.
1  A policy is invalid, or a case is not decided as expected.
2  A flag, the configuration or a file of cases is invalid.
"""
)
def policy() -> None:
    """Check and test the policies of a server, without starting it."""


@policy.command()
@_CONFIG
@_FOLDER
def check(config: Path, folder: Path | None) -> None:
    """Say whether a server would take the policies."""
    decider = _compiled(_loaded(config), folder)
    click.echo(f"{len(decider.policies)} policies are valid, sha256 {decider.sha256}")


@policy.command()
@_CONFIG
@_FOLDER
@click.argument(
    "cases", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="CASES..."
)
def test(config: Path, folder: Path | None, cases: tuple[Path, ...]) -> None:
    r"""Test what the policies decide.

    CASES are TOML files. Each [[cases]] has a name, a principal with groups, an endpoint, an RPC with its
    request, and the expected decision:

    \b
    [[cases]]
    name = "the music team cannot delete in production"
    principal = "User::corp/ana"
    groups = ["corp/music"]
    endpoint = "production"
    rpc = "DeleteTable"
    request = { table_name = "music-albums" }
    expect = "deny"

    The decision is allow, deny or approval: permitted to an operation that is approved.

    Optional: policy (the @id of a policy that must decide), now, tags and items (of the table), and for an
    operation operation_of (its table) and is_requester. peer is the IP address of the caller. With planned =
    true the RPC is a call of a plan, which costs monthly_cost_increase US dollars more a month.
    """
    configuration = _loaded(config)
    decider = _compiled(configuration, folder)
    accounts = {
        name: EndpointAccount(name, each.region or "", each.account)
        for name, each in configuration.endpoints.items()
    }
    _load_services()
    failed = total = 0
    for path in cases:
        try:
            outcomes = [evaluate(case, decider, accounts) for case in read_cases(path)]
        except CaseError as error:
            _fail(str(error), 2)
        total += len(outcomes)
        for outcome in (each for each in outcomes if each.problem):
            failed += 1
            click.echo(f"{path}: {outcome.case.name}: {outcome.action}: {outcome.problem}", err=True)
    click.echo(f"{total - failed} of {total} cases are decided as expected")
    sys.exit(1 if failed else 0)


@policy.command()
@_CONFIG
def schema(config: Path) -> None:
    """Print the Cedar schema: all actions, and what conditions can look at."""
    click.echo(schema_of(tuple(_loaded(config).endpoints)))


def _loaded(path: Path) -> ServerConfig:
    try:
        return load(path)
    except ConfigError as error:
        _fail(str(error), 2)


def _compiled(config: ServerConfig, folder: Path | None) -> Decider:
    if folder is None and config.policies.folder is None:
        _fail("there is no folder: set [policies] folder, or --folder", 2)
    path, key = (folder, "--folder") if folder else (Path(str(config.policies.folder)), "policies.folder")
    if not path.is_dir():
        _fail(f"{key}: {path} is not a folder: create the folder, with a file NAME.cedar in it", 2)
    names = Configured(tuple(config.endpoints), config.authenticator_names)
    try:
        return compile_folder(path, names)
    except PolicyError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(1)


def _load_services() -> None:
    """Import the messages of every service of the contract, so that they are found by name."""
    for each in pkgutil.iter_modules(v1.__path__):
        if each.name.endswith("_service_pb2") or each.name == "table_admin_pb2":
            importlib.import_module(f"{v1.__name__}.{each.name}")


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"tableadmin-server: {message}", err=True)
    sys.exit(code)
