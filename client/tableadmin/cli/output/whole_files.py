"""Files that are written at once or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Readable by the owner alone, and by everybody.
PRIVATE, PUBLIC = 0o600, 0o644


def replace(path: Path, text: str, mode: int) -> None:
    """Make TEXT the content of PATH with the permissions MODE; a reader never sees a part. Raises OSError."""
    target = path.resolve()
    # The file of a temporary name is made for its owner alone.
    number, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(mode)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
