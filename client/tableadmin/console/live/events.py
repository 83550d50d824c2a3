"""Changes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from tableadmin.console.live.board import Changes

# A comment, which keeps the connection open and shows whether the page is still there.
_ALIVE = b": alive\n\n"


def encode_events(batches: Iterable[Changes]) -> Iterator[bytes]:
    """BATCHES as events: `reset` with all values, then `changes`; a comment for a batch without changes."""
    name = "reset"
    for batch in batches:
        yield _event(name, batch) if batch or name == "reset" else _ALIVE
        name = "changes"


def _event(name: str, changes: Changes) -> bytes:
    by_kind: dict[str, dict[str, object]] = {}
    for (kind, key), value in changes.items():
        by_kind.setdefault(kind, {})[key] = value
    # JSON has no line break, so the data is one line.
    data = json.dumps(by_kind, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\ndata: {data}\n\n".encode()
