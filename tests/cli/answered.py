"""tablectl in this process against a service that answers what a test has written down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import AwsDict, from_aws, to_aws
from tableadmin.channel import SERVICE
from tableadmin.cli.app.program import run
from tests.client.scripted import Step, answer, serving

# An RPC's name with what it takes or answers, as AWS shapes it.
Exchange: TypeAlias = tuple[str, AwsDict]


@dataclass(frozen=True)
class Ran:
    """How tablectl ended, what it wrote and what it asked."""

    code: int
    out: str
    err: str
    asked: Sequence[Exchange]


Answered: TypeAlias = Callable[..., Ran]


def answered_runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Answered:
    """What runs tablectl: `run(*arguments, answers=[("DescribeTable", {...})])`."""

    def ran(*arguments: str, answers: Sequence[Exchange]) -> Ran:
        with serving(*(_step(*each) for each in answers)) as service:
            monkeypatch.setenv("TABLEADMIN_SERVER", service.target)
            code = run(arguments)
        out, err = capsys.readouterr()
        return Ran(code, out, err, [(each.rpc, to_aws(each.request)) for each in service.seen])

    return ran


def _step(rpc: str, members: AwsDict) -> Step:
    return answer(from_aws(members, GetMessageClass(SERVICE.methods_by_name[rpc].output_type)))
