"""How many calls with wrong credentials an address may make."""

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from tableadmin_server.security.authentication.refusals import too_many_failures

# Addresses that are remembered. Whoever has more of them is limited by the cost of a connection.
_ADDRESSES = 10_000
_WINDOW = 60.0
_IPV6_PREFIX = 64


class FailedLogins:
    """Refuses an address once PER_MINUTE calls from it have shown wrong credentials within a minute.

    One more is allowed as soon as its share of the minute has passed.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = _WINDOW / per_minute
        self._clock = clock
        # When the allowance of each address will be whole again; absent: it is.
        self._whole: OrderedDict[str, float] = OrderedDict()
        # Calls with wrong credentials, and calls that were refused without a look at theirs.
        self.counts = Counter(denied=0, refused=0)

    def check(self, peer: str) -> None:
        """Raise Failure (RESOURCE_EXHAUSTED) where the address of PEER has used its allowance up."""
        over = self._whole.get(_address(peer), 0.0) - self._clock() + self._share - _WINDOW
        if round(over, 6) > 0:
            self.counts["refused"] += 1
            raise too_many_failures(over)

    def note(self, peer: str) -> None:
        """The credentials of a call from PEER were wrong."""
        self.counts["denied"] += 1
        address, now = _address(peer), self._clock()
        self._whole[address] = max(self._whole.pop(address, now), now) + self._share
        if len(self._whole) > _ADDRESSES:
            self._whole.popitem(last=False)


def _address(peer: str) -> str:
    """The address of PEER without its port; of IPv6 the network, which is one customer's."""
    host = peer.rpartition(":")[0].strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
