"""Reads a table for an operation: all parts first and last, in between only parts that may have changed."""

from collections.abc import Mapping

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.planned import observed_again, read_for_plan
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import part_transitions


class CachedReader:
    """Reads the table NAME, with the parts that SPEC has."""

    def __init__(self, endpoint: Endpoint, name: str, spec: Mapping[str, AwsValue]) -> None:
        self._endpoint = endpoint
        self._name = name
        self._spec = spec
        self._seen: Snapshot | None = None
        # Whether the checks of the request have read `_seen`.
        self._is_checked = False
        self._changing: set[Part] = set()
        self.is_whole = False

    async def read(self) -> Snapshot:
        """Return the current table. `is_whole` says whether all parts were read again. Raises Failure."""
        # The checks have read all parts after the request came, and no change was sent since.
        self.is_whole, self._is_checked = self._seen is None or self._is_checked, False
        if self._seen is None:
            self._changing.clear()
            self._seen = await read_for_plan(self._endpoint, self._name, self._spec)
        else:
            self._seen = await observed_again(self._endpoint, self._seen, self._changing, self._spec)
        self._changing.update(part for part in ROWS if any(part_transitions(self._seen, part)))
        return self._seen

    def start_from(self, seen: Snapshot) -> None:
        """Start from SEEN, which the checks have read. The first `read` reads the description only."""
        self._seen, self._is_checked = seen, True

    async def description(self) -> AwsDict | None:
        """Return the current answer of DescribeTable, None if the table does not exist. Raises Failure."""
        if self._seen is None:
            return (await self.read()).description
        return (await observed_again(self._endpoint, self._seen, (), self._spec)).description

    def touched(self, part: Part | None) -> None:
        """Read PART from now on, because a change of PART was sent. None is the table itself."""
        if part is not None:
            self._changing.add(part)

    def forget(self) -> None:
        """Read all parts at the next read."""
        self._seen = None
