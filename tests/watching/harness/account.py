"""The tables of an account in memory, and an endpoint that answers about them as DynamoDB would."""

import asyncio
import copy
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.dynamodb.support import Support
from tableadmin_server.failure import Failure

# Seconds that a call takes.
LATENCY = 0.002


@dataclass(frozen=True)
class Asked:
    """A call that came in, and when on the event loop's clock."""

    at: float
    operation: str
    about: str


def active(name: str, **members: AwsValue) -> AwsDict:
    """What DescribeTable shows of a table that is ACTIVE, with MEMBERS."""
    return {
        "TableName": name,
        "TableStatus": "ACTIVE",
        "TableArn": f"arn:aws:dynamodb:us-west-2:123456789012:table/{name}",
        "TableId": f"id-of-{name}",
        "ItemCount": 0,
        **members,
    }


def unavailable(code: int = Code.UNAVAILABLE, text: str = "the endpoint cannot be reached") -> Failure:
    """A failure of the endpoint."""
    return Failure(code, text, reason="ENDPOINT_UNREACHABLE")


def access_denied(operation: str) -> Failure:
    """What whoever may not do OPERATION is told."""
    return Failure(
        Code.PERMISSION_DENIED, f"not authorized to perform {operation}", reason="ACCESS_DENIED_EXCEPTION"
    )


@dataclass
class Account:
    """What there is, what was asked about it, and what a test wants answered instead."""

    name: str = "account"
    tables: dict[str, AwsDict] = field(default_factory=dict)
    time_to_live: dict[str, AwsDict] = field(default_factory=dict)
    backups: dict[str, AwsDict] = field(default_factory=dict)
    tags: dict[str, list[AwsDict]] = field(default_factory=dict)
    # The answers to operations that are not about tables, by operation.
    others: dict[str, AwsDict] = field(default_factory=dict)
    # What an operation fails with instead of answering, if it does.
    failing: Callable[[str], Failure | None] = lambda _: None
    # What is forbidden: an operation, and the table that it is about or "" for any.
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    # What an operation answers instead.
    garbage: Mapping[str, AwsDict] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    support: Support = field(default_factory=Support)
    latency: float = LATENCY
    # The largest number of names in an answer to ListTables.
    page: int = 100

    def add(self, name: str, **members: AwsValue) -> None:
        """Make a table."""
        self.tables[name] = active(name, **members)

    def change(self, name: str, **members: AwsValue) -> None:
        """Change what DescribeTable shows of a table."""
        self.tables[name] = {**self.tables[name], **members}

    def counts(self) -> Counter[str]:
        """How often each operation was asked for since this was asked last."""
        counted = Counter(asked.operation for asked in self.asked)
        self.asked.clear()
        return counted

    def spacing(self, operation: str) -> float:
        """Nothing is limited here."""
        del operation
        return 0.0

    async def poll(self, operation: str, params: AwsDict, priority: PollPriority) -> Answer:
        """What there is when the call ends."""
        del priority
        about = str(params.get("TableName") or params.get("ResourceArn", "")).rpartition("/")[2]
        self.asked.append(Asked(asyncio.get_running_loop().time(), operation, about))
        await asyncio.sleep(self.latency)
        failure = self.failing(operation)
        if failure is None and self.forbidden & {(operation, about), (operation, "")}:
            failure = access_denied(operation)
        if failure is not None:
            raise failure
        if operation in self.garbage:
            return Answer(self.garbage[operation], "")
        answer = copy.deepcopy(self._answer(operation, about))
        return Answer(self._page(answer, params) if operation == "ListTables" else answer, "request")

    def _page(self, answer: AwsDict, params: AwsDict) -> AwsDict:
        """The names of ANSWER that follow the last name in PARAMS."""
        last = str(params.get("ExclusiveStartTableName", ""))
        left = [name for name in cast("list[str]", answer["TableNames"]) if name > last]
        names = cast("list[AwsValue]", left[: self.page])
        return {
            "TableNames": names,
            **({"LastEvaluatedTableName": names[-1]} if len(left) > self.page else {}),
        }

    def _answer(self, operation: str, about: str) -> AwsDict:
        if operation == "ListTables":
            return {"TableNames": cast("AwsValue", sorted(self.tables))}
        if operation in self.others:
            return self.others[operation]
        if about not in self.tables:
            raise Failure(Code.NOT_FOUND, f"no {about}", reason="RESOURCE_NOT_FOUND_EXCEPTION")
        answers: Mapping[str, Callable[[], AwsDict]] = {
            "DescribeTable": lambda: {"Table": self.tables[about]},
            "DescribeTimeToLive": lambda: {
                "TimeToLiveDescription": self.time_to_live.get(about, {"TimeToLiveStatus": "DISABLED"})
            },
            "DescribeContinuousBackups": lambda: {
                "ContinuousBackupsDescription": self.backups.get(
                    about, {"ContinuousBackupsStatus": "DISABLED"}
                )
            },
            "ListTagsOfResource": lambda: {"Tags": cast("AwsValue", self.tags.get(about, []))},
        }
        return answers[operation]()
