"""Poll loops of resources other than tables: backups, exports and imports."""

from collections.abc import Callable
from functools import partial

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.polling.poller import Poller
from tableadmin_server.watching.polled_endpoint import PolledEndpoint, polling_calls


class ResourcePolls:
    """One poll loop for each resource of ENDPOINT, shared by all its waits. POLLER creates poll loops."""

    def __init__(self, endpoint: PolledEndpoint, poller: Callable[..., Poller[AwsDict]]) -> None:
        self._endpoint = endpoint
        self._poller = poller
        self._by_resource: dict[tuple[object, ...], Poller[AwsDict]] = {}

    @property
    def count(self) -> int:
        """The number of poll loops."""
        return len(self._by_resource)

    def of(self, operation: str, params: AwsDict) -> Poller[AwsDict]:
        """Return the poll loop of the resource that OPERATION reads with PARAMS. Release it with `drop`."""
        resource = (operation, *params.items())
        if resource not in self._by_resource:
            priority = PollPriority()
            read = partial(polling_calls(self._endpoint, priority), operation, params)
            self._by_resource[resource] = self._poller(read, lambda *_: True, priority)
        return self._by_resource[resource]

    def drop(self, poller: Poller[AwsDict]) -> None:
        """Remove POLLER if it has no watchers."""
        if not poller.watched:
            self._by_resource = {key: each for key, each in self._by_resource.items() if each is not poller}
