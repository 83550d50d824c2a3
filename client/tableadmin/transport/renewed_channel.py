"""A channel with TLS that is opened anew when its files have changed. gRPC itself reads them only once."""

import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import grpc

from tableadmin.transport.tls import Tls, UnusableCredentials

# Seconds between two looks at the files.
_INTERVAL = 1.0


class _Opened:
    """A channel, its RPCs, and those calls on it that are under way."""

    def __init__(self, channel: Any) -> None:  # noqa: ANN401  # of either client
        self.channel = channel
        self.rpcs: dict[_Rpc, Any] = {}
        self.calls: WeakSet[Any] = WeakSet()


class RenewedChannel:
    """Stands for the channel that OPEN makes of the credentials of TLS, with a new one once files change.

    New calls use the newest channel. Calls under way stay on theirs, which is kept until they end. Files that
    can't be used, as while somebody replaces them, change nothing.
    """

    def __init__(self, tls: Tls, open_channel: Callable[[grpc.ChannelCredentials], Any]) -> None:
        self._tls = tls
        self._open = open_channel
        self._lock = threading.Lock()
        self._state = tls.state()
        self._newest = _Opened(open_channel(tls.credentials()))
        self._older: list[_Opened] = []
        self._next_look = time.monotonic() + _INTERVAL

    def newest(self) -> _Opened:
        """The channel of calls that begin now."""
        if time.monotonic() >= self._next_look:
            with self._lock:
                self._look()
        return self._newest

    def _look(self) -> None:
        if time.monotonic() < self._next_look:
            return  # another thread has looked
        self._next_look = time.monotonic() + _INTERVAL
        state = self._tls.state()
        if state == self._state:
            return
        try:
            credentials = self._tls.credentials()
        except UnusableCredentials:
            return
        self._state = state
        self._older = [each for each in (*self._older, self._newest) if each.calls]
        self._newest = _Opened(self._open(credentials))

    def unary_unary(self, *args: Any, **kwargs: Any) -> "_Rpc":  # noqa: ANN401  # what stubs give to a channel
        """The RPC, on the newest channel."""
        return _Rpc(self, "unary_unary", args, kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> "_Rpc":  # noqa: ANN401  # what stubs give to a channel
        """The RPC, on the newest channel."""
        return _Rpc(self, "unary_stream", args, kwargs)

    def close(self, *args: Any) -> Any:  # noqa: ANN401  # of either client
        """Close all channels; what the newest one returns, which the asynchronous client awaits."""
        with self._lock:
            self._next_look = float("inf")
            closed = [each.channel.close(*args) for each in (*self._older, self._newest)]
        return _all(closed) if closed[-1] is not None else None


async def _all(closing: list[Any]) -> None:
    for each in closing:
        await each


class _Rpc:
    """An RPC of OWNER: KIND is the method of a channel that makes it, with these arguments."""

    def __init__(self, owner: RenewedChannel, kind: str, args: Any, kwargs: Any) -> None:  # noqa: ANN401  # as given
        self._owner = owner
        self._kind, self._args, self._kwargs = kind, args, kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the call, of whichever kind
        """Begin a call."""
        opened = self._owner.newest()
        call = self._on(opened)(*args, **kwargs)
        opened.calls.add(call)
        return call

    def with_call(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the response and the call
        """The response of a call, and the call."""
        return self._on(self._owner.newest()).with_call(*args, **kwargs)

    def _on(self, opened: _Opened) -> Any:  # noqa: ANN401  # gRPC's own RPC
        if self not in opened.rpcs:
            opened.rpcs[self] = getattr(opened.channel, self._kind)(*self._args, **self._kwargs)
        return opened.rpcs[self]
