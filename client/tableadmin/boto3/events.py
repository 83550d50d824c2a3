"""The events of a client, with the interface of botocore's `client.meta.events`."""

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
    """Calls the handlers of an event: those for its name, or for the first parts of its name.

    A handler of `after-call.dynamodb` also gets `after-call.dynamodb.CreateTable`. `*` matches any part.
    Handlers get keyword arguments, including `event_name`. A handler that is registered twice with the same
    `unique_id` is called once.
    """

    def __init__(self) -> None:
        self._registered: list[_Registered] = []

    def register(self, event_name: str, handler: Handler, unique_id: object = None) -> None:
        """Call HANDLER after the handlers registered before."""
        self._add(_Registered(event_name, handler, unique_id, _MIDDLE))

    def register_first(self, event_name: str, handler: Handler, unique_id: object = None) -> None:
        """Call HANDLER before the handlers of `register`."""
        self._add(_Registered(event_name, handler, unique_id, _FIRST))

    def register_last(self, event_name: str, handler: Handler, unique_id: object = None) -> None:
        """Call HANDLER after the handlers of `register`."""
        self._add(_Registered(event_name, handler, unique_id, _LAST))

    def unregister(self, event_name: str, handler: Handler | None = None, unique_id: object = None) -> None:
        """Remove HANDLER, or the handler with `unique_id`, from EVENT_NAME, if it is registered."""
        self._registered = [
            each
            for each in self._registered
            if each.name != event_name
            or (each.handler != handler if unique_id is None else each.unique_id != unique_id)
        ]

    def emit(self, event_name: str, **kwargs: Any) -> list[tuple[Handler, Any]]:  # noqa: ANN401 - each event has other arguments
        """Call the handlers of the event. Return each handler with its result."""
        handlers = [each.handler for each in self._registered if _is_of(event_name, each.name)]
        return [(handler, handler(event_name=event_name, **kwargs)) for handler in handlers]

    def emit_until_response(self, event_name: str, **kwargs: Any) -> tuple[Handler | None, Any]:  # noqa: ANN401 - the same
        """Call handlers until one returns a result. Return this handler and the result, or (None, None)."""
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
    """Whether a handler that is registered for REGISTERED gets EVENT_NAME."""
    parts, wanted = event_name.split("."), registered.split(".")
    return len(wanted) <= len(parts) and all(map(fnmatchcase, parts, wanted))
