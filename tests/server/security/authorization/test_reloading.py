"""Policies that change while calls are decided."""

import asyncio
from pathlib import Path

from tableadmin.v1 import DescribeTableRequest
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.authorization.decisions import Facts, FactsNeeded
from tableadmin_server.security.authorization.required_permissions import RequiredPermission
from tests.server.security.authorization.policy_sets import ANA, CONFIGURED

PERMIT = '@id("p{number}") permit (principal in Group::"corp/music", action in Action::"read", resource);\n'
FORBID = '@id("no") forbid (principal in Group::"corp/music", action, resource);\n'
ASK = RequiredPermission("DescribeTable", "music-a", DescribeTableRequest(table_name="music-a"))


async def no_facts(_endpoint: str, _table: str, _needed: FactsNeeded) -> Facts:
    """Nothing is known of any table."""
    return Facts()


def authorizer(folder: Path) -> Authorizer:
    """What decides by the policies of FOLDER."""
    return Authorizer(folder, CONFIGURED, no_facts, lambda _endpoint, _table: False)


def reload(subject: Authorizer) -> None:
    """Look at the files twice: a change is taken at the second look."""
    subject.refresh()
    subject.refresh()


async def test_200_changes_under_64_callers(tmp_path: Path) -> None:
    """While policies are replaced, every call is decided, by the old ones or by the new ones."""
    file = tmp_path / "main.cedar"
    file.write_text(PERMIT.format(number=0))
    subject = authorizer(tmp_path)
    decided, running = 0, True

    async def caller() -> None:
        nonlocal decided
        while running:
            assert (await subject.decide(ANA, ASK, "staging")).allowed
            decided += 1
            # Without a pause the callers hold the GIL all the time. The thread that loads policies then waits
            # for the GIL after each system call, which takes minutes on a busy machine.
            await asyncio.sleep(0.001)

    callers = [asyncio.create_task(caller()) for _ in range(64)]
    hashes = {subject.sha256}
    for number in range(1, 201):
        file.write_text(PERMIT.format(number=number))
        await asyncio.to_thread(reload, subject)
        hashes.add(subject.sha256)
    running = False
    await asyncio.gather(*callers)
    assert 201 == len(hashes)
    assert decided >= 64


async def test_what_is_taken_away_is_out_at_once(tmp_path: Path) -> None:
    """A decision that was remembered does not outlive the policies that made it."""
    (tmp_path / "main.cedar").write_text(PERMIT.format(number=0))
    subject = authorizer(tmp_path)
    assert (await subject.decide(ANA, ASK, "staging")).allowed
    (tmp_path / "more.cedar").write_text(FORBID)
    reload(subject)
    assert not (await subject.decide(ANA, ASK, "staging")).allowed


async def test_a_change_is_taken_once_it_is_whole(tmp_path: Path) -> None:
    """A file that is being written is valid before its last policy is there, and is not taken yet."""
    file = tmp_path / "main.cedar"
    file.write_text(PERMIT.format(number=0) + FORBID)
    subject = authorizer(tmp_path)
    file.write_text(PERMIT.format(number=1))
    subject.refresh()
    file.write_text(PERMIT.format(number=1) + FORBID + " ")
    subject.refresh()
    assert not (await subject.decide(ANA, ASK, "staging")).allowed
    subject.refresh()
    assert not (await subject.decide(ANA, ASK, "staging")).allowed


async def test_a_folder_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    """The old policies stay in force where the folder cannot be read."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "main.cedar").write_text(PERMIT.format(number=0) + FORBID)
    subject = authorizer(folder)
    before = subject.sha256
    (folder / "main.cedar").unlink()
    folder.rmdir()
    reload(subject)
    assert before == subject.sha256
    assert not (await subject.decide(ANA, ASK, "staging")).allowed
