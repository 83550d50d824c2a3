"""Limits the calls with wrong credentials from an address."""

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from tableadmin_server.security.authentication.refusals import too_many_failures

# So many addresses are kept. A client with more addresses is limited by the cost of connections.
_ADDRESSES = 10_000
_WINDOW = 60.0
_IPV6_PREFIX = 64


class FailedLogins:
    """Refuses an address after PER_MINUTE calls with wrong credentials within a minute.

    After 60/PER_MINUTE seconds one more call is allowed.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = _WINDOW / per_minute
        self._clock = clock
        # When each address will have its full allowance again. An absent address has it now.
        self._whole: OrderedDict[str, float] = OrderedDict()
        # The numbers of calls with wrong credentials, and of calls refused without a check of credentials.
        self.counts = Counter(denied=0, refused=0)

    def check(self, peer: str) -> None:
        """Raise Failure (RESOURCE_EXHAUSTED) if the address of PEER has used up its allowance."""
        over = self._whole.get(_address(peer), 0.0) - self._clock() + self._share - _WINDOW
        if round(over, 6) > 0:
            self.counts["refused"] += 1
            raise too_many_failures(over)

    def note(self, peer: str) -> None:
        """Count a call with wrong credentials from PEER."""
        self.counts["denied"] += 1
        address, now = _address(peer), self._clock()
        self._whole[address] = max(self._whole.pop(address, now), now) + self._share
        if len(self._whole) > _ADDRESSES:
            self._whole.popitem(last=False)


def _address(peer: str) -> str:
    """The address of PEER without its port; for IPv6 the /64 network, which belongs to one customer."""
    host = peer.rpartition(":")[0].strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
