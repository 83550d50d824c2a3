"""What is watched at one endpoint: a shared poll loop for each table, and the memory of resume tokens."""

import asyncio
import os
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import TablePart
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.watching.conditions import transitions
from tableadmin_server.watching.observation import Observation, Part, differences
from tableadmin_server.watching.poller import SLOWEST, Poller, Watcher

# Seconds for which a table nobody watches is remembered, so that a stream that broke can resume.
_RETENTION = 300.0
# States remembered of a table: a resume token older than the oldest of them can't be honoured.
_HISTORY = 32
# Seconds between reads of time to live, backups and tags while nothing suggests that they have changed.
_PARTS_INTERVAL = 5.0
_PARTS_INTERVAL_FAST = 1.0
# Seconds of success that end an outage: an endpoint that fails now and then has one outage, not many.
_CALM = 5.0

_TRANSIENT = frozenset(
    {
        Code.ABORTED,
        Code.DEADLINE_EXCEEDED,
        Code.INTERNAL,
        Code.RESOURCE_EXHAUSTED,
        Code.UNAVAILABLE,
        Code.UNKNOWN,
    }
)


def is_transient(failure: Failure) -> bool:
    """Whether the same read may succeed later."""
    return failure.code in _TRANSIENT


@dataclass(frozen=True)
class Outage:
    """A time in which the endpoint could not be asked: its number, when it began (epoch seconds), and why."""

    number: int
    since: float
    reason: str


class Track:
    """One table that is or was watched: its poll loop and its last states, by revision."""

    def __init__(self, hub: "Hub", name: str) -> None:
        self.name = name
        self._hub = hub
        self._parts: Counter[Part] = Counter()
        self._parts_read = float("-inf")
        self._poked = 0.0
        self.history: deque[tuple[int, Observation]] = deque(maxlen=_HISTORY)
        self.trimmed = False
        self.poller = Poller(self._read, lambda seen: bool(transitions(seen)), self._publish)

    @property
    def newest(self) -> Observation:
        """The newest state; there is one once a poll has succeeded."""
        return self.history[-1][1]

    @property
    def revision(self) -> int:
        """The revision of the newest state, 0 while there is none."""
        return self.history[-1][0] if self.history else 0

    def join(self, watcher: Watcher, parts: Iterable[Part], slowest: float = SLOWEST) -> None:
        """Look on, PARTS included."""
        self._parts.update(parts)
        self._poked = self._hub.now()
        self.poller.join(watcher, slowest)

    def leave(self, watcher: Watcher, parts: Iterable[Part]) -> None:
        """Look no longer."""
        self._parts.subtract(parts)
        self.poller.leave(watcher)
        if not self.poller.watched:
            self._hub.unwatched(self)

    def poke(self) -> None:
        """Poll as soon as may be, every part included."""
        self._poked = self._hub.now()
        self.poller.poke()

    def at(self, revision: int) -> Observation | None:
        """The state at REVISION; None if the table was not watched then."""
        return next((seen for since, seen in reversed(self.history) if since <= revision), None)

    def forgot(self, revision: int) -> bool:
        """Whether the state at REVISION was known once and is no more."""
        return self.trimmed and self.history[0][0] > revision

    async def _read(self) -> Observation:
        description = await self._hub.described(self.name)
        if description is None:
            return Observation(self.name, None)
        now = self._hub.now()
        previous = self.newest if self.history else None
        if previous and self._parts_read > self._poked and now - self._parts_read < self._parts_interval:
            return previous.described(description)
        self._parts_read = now
        return await self._hub.with_parts(self.name, description, +self._parts)

    @property
    def _parts_interval(self) -> float:
        return _PARTS_INTERVAL_FAST if self.history and transitions(self.newest) else _PARTS_INTERVAL

    def _publish(self, seen: Observation) -> bool:
        self._hub.answered()
        if self.history and not differences(self.newest, seen, sizes=True):
            return False
        self.trimmed = self.trimmed or len(self.history) == _HISTORY
        self.history.append((self._hub.next_revision(), seen))
        return True


class Hub:
    """The tables of one endpoint that are watched, and what all watches of the endpoint share."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._tracks: dict[str, Track] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._things: dict[tuple[object, ...], Poller[AwsDict]] = {}
        self._names = Poller(self._read_names, lambda _: False, self._publish_names)
        self._newest_names: tuple[str, ...] | None = None
        self._last_failure = float("-inf")
        self._stopping = False
        # Who is told of outages, and of the end.
        self.watches: set[Watcher] = set()
        # Tokens of another instance mean nothing here.
        self.instance = os.urandom(8)
        self.revision = 1
        self.forgotten = 0
        self.outage: Outage | None = None
        self.outages = 0

    @property
    def names(self) -> Poller[tuple[str, ...]]:
        """The poll loop of the names of all tables."""
        return self._names

    def now(self) -> float:
        """Seconds on the event loop's clock."""
        return asyncio.get_running_loop().time()

    def track(self, name: str) -> Track:
        """The track of the table NAME, remembered or new."""
        expiry = self._expiries.pop(name, None)
        if expiry is not None:
            expiry.cancel()
        return self._tracks.setdefault(name, Track(self, name))

    def thing(self, operation: str, params: AwsDict) -> Poller[AwsDict]:
        """The poll loop of something that OPERATION with PARAMS reads; give it back with `dropped`."""
        key = (operation, *params.items())
        if key not in self._things:
            self._things[key] = Poller(lambda: self.read(operation, params), lambda _: True, lambda _: True)
        return self._things[key]

    def dropped(self, poller: Poller[AwsDict]) -> None:
        """Forget the poll loop of a thing that nobody looks at."""
        if not poller.watched:
            self._things = {key: each for key, each in self._things.items() if each is not poller}

    def tracks(self) -> list[Track]:
        """Every track that is remembered."""
        return list(self._tracks.values())

    def unwatched(self, track: Track) -> None:
        """Nobody looks at TRACK any more: it is remembered for a while."""
        loop = asyncio.get_running_loop()
        self._expiries[track.name] = loop.call_later(_RETENTION, self._forget, track.name)

    def poke(self, name: str) -> None:
        """The table NAME may just have been changed, made or deleted: look at once, if anybody watches."""
        if name in self._tracks:
            self._tracks[name].poke()
        if self._names.watched:
            self._names.poke()

    def stop(self) -> None:
        """End every watch and wait."""
        self._stopping = True
        for watch in list(self.watches):
            watch.wake()

    def check_running(self) -> None:
        """Raise Failure (UNAVAILABLE) when the server stops: callers go on elsewhere."""
        if self._stopping:
            raise Failure(Code.UNAVAILABLE, "the server is stopping", reason="SERVER_STOPPING")

    def next_revision(self) -> int:
        """The revision of something new."""
        self.revision += 1
        return self.revision

    async def described(self, name: str) -> AwsDict | None:
        """What DescribeTable shows of the table NAME, None where there is none; raises Failure."""
        try:
            return cast("AwsDict", (await self.read("DescribeTable", {"TableName": name}))["Table"])
        except Failure as failure:
            if failure.code != Code.NOT_FOUND:
                raise
            self.answered()
            return None

    async def with_parts(self, name: str, description: AwsDict, parts: Iterable[Part]) -> Observation:
        """The table NAME with its DESCRIPTION and PARTS, those left out that the endpoint does not have."""
        wanted = [part for part in parts if part in _PART_READS]
        answers = await asyncio.gather(*(_PART_READS[part](self, name, description) for part in wanted))
        seen: dict[Part, _Answer] = {
            part: answer for part, answer in zip(wanted, answers, strict=True) if answer is not None
        }
        return Observation(
            name,
            description,
            time_to_live=cast("AwsDict | None", seen.get(TablePart.TABLE_PART_TIME_TO_LIVE)),
            continuous_backups=cast("AwsDict | None", seen.get(TablePart.TABLE_PART_CONTINUOUS_BACKUPS)),
            tags=cast("list[AwsDict] | None", seen.get(TablePart.TABLE_PART_TAGS)),
            unsupported=frozenset(wanted) - frozenset(seen),
        )

    async def read(self, operation: str, params: AwsDict) -> AwsDict:
        """What the endpoint answers, within its budget; raises Failure; a transient one begins an outage."""
        try:
            return (await self._endpoint.background_call(operation, params)).data
        except Failure as failure:
            if is_transient(failure):
                self._failed(failure)
            raise

    def answered(self) -> None:
        """The endpoint has answered: an outage is over when it has done so for a while."""
        if self.outage and self.now() - self._last_failure >= _CALM:
            self.outage = None

    def _failed(self, failure: Failure) -> None:
        self._last_failure = self.now()
        if self.outage is None:
            self.outages += 1
            self.outage = Outage(self.outages, time.time(), failure.message)
            for watch in list(self.watches):
                watch.wake()

    async def _read_names(self) -> tuple[str, ...]:
        names: list[str] = []
        params: AwsDict = {}
        while True:
            page = await self.read("ListTables", params)
            names += cast("list[str]", page["TableNames"])
            if "LastEvaluatedTableName" not in page:
                return tuple(names)
            params = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}

    def _publish_names(self, names: tuple[str, ...]) -> bool:
        self.answered()
        news = names != self._newest_names
        self._newest_names = names
        return news

    def _forget(self, name: str) -> None:
        del self._tracks[name], self._expiries[name]
        self.forgotten = self.next_revision()


_Answer = AwsDict | list[AwsDict]


async def _time_to_live(hub: Hub, name: str, description: AwsDict) -> _Answer:
    del description
    answer = await hub.read("DescribeTimeToLive", {"TableName": name})
    return cast("AwsDict", answer["TimeToLiveDescription"])


async def _continuous_backups(hub: Hub, name: str, description: AwsDict) -> _Answer:
    del description
    answer = await hub.read("DescribeContinuousBackups", {"TableName": name})
    return cast("AwsDict", answer["ContinuousBackupsDescription"])


async def _tags(hub: Hub, name: str, description: AwsDict) -> _Answer:
    del name
    tags: list[AwsDict] = []
    params: AwsDict = {"ResourceArn": description["TableArn"]}
    while True:
        page = await hub.read("ListTagsOfResource", params)
        tags += cast("list[AwsDict]", page.get("Tags", []))
        if "NextToken" not in page:
            return tags
        params = {**params, "NextToken": page["NextToken"]}


# What a part is not: the endpoint does not have the operation, or the table is on its way in or out.
_WITHOUT = frozenset({Code.UNIMPLEMENTED, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.INVALID_ARGUMENT})


def _if_there(
    read: Callable[[Hub, str, AwsDict], Awaitable[_Answer]],
) -> Callable[[Hub, str, AwsDict], Awaitable[_Answer | None]]:
    async def part(hub: Hub, name: str, description: AwsDict) -> _Answer | None:
        try:
            return await read(hub, name, description)
        except Failure as failure:
            if failure.code not in _WITHOUT:
                raise
            return None

    return part


_PART_READS: Mapping[Part, Callable[[Hub, str, AwsDict], Awaitable[_Answer | None]]] = {
    TablePart.TABLE_PART_TIME_TO_LIVE: _if_there(_time_to_live),
    TablePart.TABLE_PART_CONTINUOUS_BACKUPS: _if_there(_continuous_backups),
    TablePart.TABLE_PART_TAGS: _if_there(_tags),
}
