"""A TLS channel that is replaced when its certificate files change. gRPC reads the files only once."""

import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import grpc

from tableadmin.transport.tls import Tls, UnusableCredentials

# How often the files are checked, in seconds.
_INTERVAL = 1.0


class _Opened:
    """A channel, its RPCs and its calls in progress."""

    def __init__(self, channel: Any) -> None:  # noqa: ANN401  # of either client
        self.channel = channel
        self.rpcs: dict[_Rpc, Any] = {}
        self.calls: WeakSet[Any] = WeakSet()


class RenewedChannel:
    """A channel that OPEN_CHANNEL opens with the credentials of TLS, and opens again when the files change.

    New calls use the newest channel. A call in progress keeps its channel until the call ends. Unusable
    files, such as half-written files, are ignored.
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
        """Return the channel for new calls. Opens a channel if the files have changed."""
        if time.monotonic() >= self._next_look:
            with self._lock:
                self._look()
        return self._newest

    def _look(self) -> None:
        if time.monotonic() < self._next_look:
            return  # another thread has checked the files
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
        """Return the RPC. Its calls use the newest channel."""
        return _Rpc(self, "unary_unary", args, kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> "_Rpc":  # noqa: ANN401  # what stubs give to a channel
        """Return the RPC. Its calls use the newest channel."""
        return _Rpc(self, "unary_stream", args, kwargs)

    def close(self, *args: Any) -> Any:  # noqa: ANN401  # of either client
        """Close all channels. For channels of grpc.aio, the caller awaits the result."""
        with self._lock:
            self._next_look = float("inf")
            closed = [each.channel.close(*args) for each in (*self._older, self._newest)]
        return _all(closed) if closed[-1] is not None else None


async def _all(closing: list[Any]) -> None:
    for each in closing:
        await each


class _Rpc:
    """An RPC of OWNER. KIND is the channel method that creates the RPC, with ARGS and KWARGS."""

    def __init__(self, owner: RenewedChannel, kind: str, args: Any, kwargs: Any) -> None:  # noqa: ANN401  # as given
        self._owner = owner
        self._kind, self._args, self._kwargs = kind, args, kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the call, of whichever kind
        """Start a call on the newest channel."""
        opened = self._owner.newest()
        call = self._on(opened)(*args, **kwargs)
        opened.calls.add(call)
        return call

    def with_call(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the response and the call
        """Return the response of a call, and the call."""
        return self._on(self._owner.newest()).with_call(*args, **kwargs)

    def _on(self, opened: _Opened) -> Any:  # noqa: ANN401  # gRPC's own RPC
        if self not in opened.rpcs:
            opened.rpcs[self] = getattr(opened.channel, self._kind)(*self._args, **self._kwargs)
        return opened.rpcs[self]
