"""The memory allocator of the image."""

import re
from pathlib import Path

_DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"
_SETTINGS = ("PYTHONMALLOC", "LD_PRELOAD", "MALLOC_CONF")


def allocator_of_the_image() -> dict[str, str] | None:
    """The environment variables of the image that choose the allocator, with this machine's copy of jemalloc.

    None where this machine has no jemalloc (Debian's package libjemalloc2).
    """
    library = next(Path("/usr/lib").glob("*/libjemalloc.so.2"), None)
    if library is None:
        return None
    dockerfile = _DOCKERFILE.read_text(encoding="utf-8")
    settings = {name: re.findall(rf"\b{name}=(\S+)", dockerfile)[-1] for name in _SETTINGS}
    return {**settings, "LD_PRELOAD": str(library)}
