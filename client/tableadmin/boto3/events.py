"""The events of a client: handlers by the name of an event, as botocore's `client.meta.events` has them."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeAlias

Handler: TypeAlias = Callable[..., Any]

_FIRST, _MIDDLE, _LAST = range(3)


class _Registered(NamedTuple):
    name: str
    handler: Handler
    unique_id: object
    order: int


class Events:
    """Calls handlers when an event is emitted: those of its name, or of the first parts of its name.

    A handler of `after-call.dynamodb` gets `after-call.dynamodb.CreateTable` too. `*` stands for any part.
    Handlers get keyword arguments, among them `event_name`. A handler that is registered twice under one
    `unique_id` is called once.
    """

    def __init__(self) -> None:
        self._registered: list[_Registered] = []

    def register(self, event_name: str, handler: Handler, unique_id: object = None) -> None:
        """Call HANDLER after those registered before."""
        self._add(_Registered(event_name, handler, unique_id, _MIDDLE))

    def register_first(self, event_name: str, handler: Handler, unique_id: object = None) -> None:
        """Call HANDLER before those of `register`."""
        self._add(_Registered(event_name, handler, unique_id, _FIRST))

    def register_last(self, event_name: str, handler: Handler, unique_id: object = None) -> None:
        """Call HANDLER after those of `register`."""
        self._add(_Registered(event_name, handler, unique_id, _LAST))

    def unregister(self, event_name: str, handler: Handler | None = None, unique_id: object = None) -> None:
        """Forget the handler of that name, by itself or by its `unique_id`; one that is not there is fine."""
        self._registered = [
            each
            for each in self._registered
            if each.name != event_name
            or (each.handler != handler if unique_id is None else each.unique_id != unique_id)
        ]

    def emit(self, event_name: str, **kwargs: Any) -> list[tuple[Handler, Any]]:  # noqa: ANN401 - the event's own
        """Each handler of the event with what it has returned."""
        handlers = [each.handler for each in self._registered if _is_of(event_name, each.name)]
        return [(handler, handler(event_name=event_name, **kwargs)) for handler in handlers]

    def emit_until_response(self, event_name: str, **kwargs: Any) -> tuple[Handler | None, Any]:  # noqa: ANN401 - the same
        """The first handler of the event that returns something, and what; (None, None) without one."""
        for each in self._registered:
            if _is_of(event_name, each.name):
                response = each.handler(event_name=event_name, **kwargs)
                if response is not None:
                    return each.handler, response
        return None, None

    def _add(self, new: _Registered) -> None:
        if new.unique_id is not None and any(
            (each.name, each.unique_id) == (new.name, new.unique_id) for each in self._registered
        ):
            return
        self._registered.append(new)
        self._registered.sort(key=lambda each: each.order)


def _is_of(event_name: str, registered: str) -> bool:
    """Whether a handler of the name REGISTERED gets the event."""
    parts, wanted = event_name.split("."), registered.split(".")
    return len(wanted) <= len(parts) and all(map(fnmatchcase, parts, wanted))
