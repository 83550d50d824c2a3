"""`tablectl` with operations that wait for approval or for their time, on a server with policies."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tableadmin.cli.views.operations.operation_text import STATES
from tableadmin.v1 import OperationState
from tests.cli.running import Run, process_runner, runner
from tests.engines import Engine
from tests.operations.harness.world import until
from tests.server.security.authorization.approving import ADVICE, approving
from tests.server.security.authorization.guarded import Guarded, token
from tests.server.security.authorization.test_guarded_operations import table
from tests.server_process import clean_environment

SPEC = """
TableName: {name}
BillingMode: PAY_PER_REQUEST
KeySchema: [{{AttributeName: id, KeyType: HASH}}]
AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
"""


@pytest.fixture(scope="module")
def server(
    start_engine: Callable[[str], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """A server with policies that require approval."""
    with approving(tmp_path_factory.mktemp("approval"), start_engine("ministack")) as running:
        yield running


@pytest.fixture
def name(server: Guarded, table_name: str) -> str:
    """A table with an index, which belongs to the music team."""
    name = f"music-{table_name}"
    with server.client("olga") as olga:
        olga.apply([table(name, "genre")]).result(60)
    return name


@pytest.fixture
def spec(name: str, tmp_path: Path) -> str:
    """A file with the spec of the table without the index."""
    file = tmp_path / "tables.yaml"
    file.write_text(SPEC.format(name=name))
    return str(file)


def environment(server: Guarded, who: str, home: Path) -> dict[str, str]:
    """The environment of WHO, who calls SERVER."""
    return clean_environment(
        TABLEADMIN_SERVER=server.process.address, TABLEADMIN_TOKEN=token(who), XDG_CONFIG_HOME=str(home)
    )


@pytest.fixture
def ana(server: Guarded, tmp_path: Path) -> Run:
    """Tablectl of a member of the music team."""
    return runner(environment(server, "ana", tmp_path))


@pytest.fixture
def bert(server: Guarded, tmp_path: Path) -> Run:
    """Tablectl of an approver."""
    return runner(environment(server, "bert", tmp_path))


def waiting(bert: Run, name: str) -> list[str]:
    """The operations on the table NAME that wait for approval."""
    ran = bert("operation", "list", "--table", name, "--state", "awaiting-approval", "-o", "json")
    assert 0 == ran.returncode, ran.stderr
    return [each["OperationId"] for each in json.loads(ran.stdout)["Operations"]]


def test_plans_say_whose_approval(ana: Run, spec: str, name: str) -> None:
    """A plan says which step needs whose approval, and `can` says how the action is possible."""
    ran = ana("plan", "-f", spec)
    assert "needs approval by a member of ci/approvers (policy music-destroy)" in ran.stdout
    for action, how in (
        ("DeleteIndex", "with 'tablectl apply', which waits"),
        ("DeleteTable", "ask a member"),
    ):
        ran = ana("can", action, name, "-o", "table")
        assert (3, "") == (ran.returncode, ran.stderr)
        needed = "needs approval by a member of ci/approvers (policy music-destroy): "
        assert ran.stdout.startswith(needed)
        assert all(text in ran.stdout for text in (how, ADVICE))
        ran = ana("can", action, name, "-o", "json")
        answer = json.loads(ran.stdout)
        assert (3, False, ["music-destroy"]) == (ran.returncode, answer["Permitted"], answer["Policies"])
        assert ["ci/approvers"] == [each["Group"] for each in answer["RequiredApprovals"]]


def test_apply_waits(server: Guarded, bert: Run, spec: str, name: str, tmp_path: Path) -> None:
    """`apply` waits for the approval, and says who can approve and the command that does."""
    program = process_runner(environment(server, "ana", tmp_path))
    with ThreadPoolExecutor(1) as applying:
        applied = applying.submit(program, "apply", "-f", spec, "--allow-destructive", "--yes")
        until(lambda: waiting(bert, name), 60)
        (operation_id,) = waiting(bert, name)
        shown = bert("operation", "show", operation_id).stdout
        for text in ("AWAITING_APPROVAL", "music-destroy", "UpdateTable", "User::ci/ana"):
            assert text in shown
        approved = bert("operation", "approve", operation_id, "--comment", "as agreed")
        assert 0 == approved.returncode, approved.stderr
        ran = applied.result()
    assert 0 == ran.returncode, ran.stderr
    assert "waits for approval by a member of ci/approvers; to approve, run" in ran.stderr
    assert f"operation approve {operation_id}" in ran.stderr
    assert "awaiting approval" in ran.stdout
    shown = bert("operation", "show", operation_id).stdout
    assert "as agreed" in shown
    assert "User::ci/bert" in shown


def test_the_command_to_approve_has_no_credentials_of_the_requester(
    ana: Run, bert: Run, spec: str, name: str, tmp_path: Path
) -> None:
    """The command that `apply` shows to approvers leaves out the token of the principal that asked."""
    file = tmp_path / "ana.token"
    file.write_text(token("ana"))
    ran = ana("apply", "-f", spec, "--allow-destructive", "--yes", "--detach", "--token-file", str(file))
    assert 0 == ran.returncode, ran.stderr
    (operation_id,) = waiting(bert, name)
    assert f"to approve, run 'tablectl operation approve {operation_id}'" in ran.stderr
    assert f"operation cancel {operation_id} --token-file {file}" in ran.stderr
    assert "the changes wait for approval; to see them, run" in ran.stderr
    assert 0 == bert("operation", "reject", operation_id).returncode


def test_rejections(ana: Run, bert: Run, spec: str, name: str) -> None:
    """A rejected operation ends with exit code 1 and the comment; a refused approver gets one line."""
    ran = ana("apply", "-f", spec, "--allow-destructive", "--yes", "--detach")
    assert (0, True) == (ran.returncode, "operation approve" in ran.stderr), ran.stderr
    (operation_id,) = waiting(bert, name)
    refused = ana("operation", "approve", operation_id)
    assert (1, True) == (refused.returncode, "POLICY_DENIED" in refused.stderr)
    rejected = bert("operation", "reject", operation_id, "--comment", "not in May")
    assert "has ended: aborted" in rejected.stdout
    watched = ana("operation", "watch", operation_id)
    assert (1, True) == (
        watched.returncode,
        "User::ci/bert rejected the operation: not in May" in watched.stdout,
    )


def test_not_before(ana: Run, bert: Run, spec: str, name: str) -> None:
    """`--not-before` takes a time or a duration; the operation then waits for its time."""
    wrong = ana("apply", "-f", spec, "--yes", "--not-before", "soon")
    assert (64, True) == (wrong.returncode, "is not a time such as 2h" in wrong.stderr)
    ran = ana("apply", "-f", spec, "--allow-destructive", "--yes", "--detach", "--not-before", "2h")
    assert 0 == ran.returncode, ran.stderr
    (operation_id,) = waiting(bert, name)
    approved = bert("operation", "approve", operation_id)
    assert "is approved: scheduled" in approved.stdout
    assert "not before 20" in ana("operation", "list", "--table", name, "-o", "json").stdout
    cancelled = ana("operation", "cancel", operation_id)
    assert "is cancelled; completed: 0 of 1 calls" in cancelled.stdout


def test_states() -> None:
    """Tablectl knows all states of the contract."""
    names = (name.removeprefix("OPERATION_STATE_") for name in OperationState.keys())  # noqa: SIM118  # no dict
    assert set(STATES) == {*names} - {"UNSPECIFIED"}
