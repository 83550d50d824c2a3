"""Reads a table for an operation: everything at first and at last, between them what may have changed."""

from collections.abc import Mapping

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.planned import observed, observed_again
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import part_transitions


class CachedReader:
    """Reads the table NAME, and what SPEC, its spec, is about."""

    def __init__(self, endpoint: Endpoint, name: str, spec: Mapping[str, AwsValue]) -> None:
        self._endpoint = endpoint
        self._name = name
        self._spec = spec
        self._seen: Snapshot | None = None
        # Whether `_seen` is what the checks of the request read.
        self._is_checked = False
        self._changing: set[Part] = set()
        self.is_whole = False

    async def read(self) -> Snapshot:
        """The table now; `is_whole` says whether all of it was read for that. Raises Failure."""
        # The checks read all of it after the change was asked for, and nothing was sent since.
        self.is_whole, self._is_checked = self._seen is None or self._is_checked, False
        if self._seen is None:
            self._changing.clear()
            self._seen = await observed(self._endpoint, self._name, self._spec)
        else:
            self._seen = await observed_again(self._endpoint, self._seen, self._changing, self._spec)
        self._changing.update(part for part in ROWS if any(part_transitions(self._seen, part)))
        return self._seen

    def start_from(self, seen: Snapshot) -> None:
        """Take SEEN, which the checks of the request read: the first read reads the description alone."""
        self._seen, self._is_checked = seen, True

    async def description(self) -> AwsDict | None:
        """What DescribeTable answers now, None where there is no table. Raises Failure."""
        if self._seen is None:
            return (await self.read()).description
        return (await observed_again(self._endpoint, self._seen, (), self._spec)).description

    def touched(self, part: Part | None) -> None:
        """A change of PART was sent, None for the table itself: it is read from now on."""
        if part is not None:
            self._changing.add(part)

    def forget(self) -> None:
        """Read everything at the next read."""
        self._seen = None
