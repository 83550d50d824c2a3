"""Replace files atomically."""

from __future__ import annotations

import os
from pathlib import Path

# Permissions: readable by the owner only, and by everybody.
PRIVATE, PUBLIC = 0o600, 0o644


def replace(path: Path, text: str, mode: int) -> None:
    """Replace PATH atomically with TEXT and the permissions MODE. Raises OSError."""
    import tempfile  # noqa: PLC0415 - most commands write no file, and tempfile loads random

    target = path.resolve()
    # Only the owner can read a new temporary file.
    number, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(mode)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
