"""Writes the synchronous client from the asyncio client; `make sync-client` runs it.

    python client/generate_sync.py [OUTPUT]

OUTPUT is the file to write; without it, `client/tableadmin/client.py`. The two clients are the same code but
for `async` and for the sentences below. What differs in more than that stands in `calls.py` and `streams.py`.
"""

import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).resolve().parent / "tableadmin"

# What the documentation says differently: the asyncio client, the synchronous client.
SENTENCES = (
    (
        (
            "The asyncio client: `tableadmin.aio.Client`.\n\n"
            "`client.py` is generated from this file: run `make sync-client` after each change.\n"
        ),
        (
            "The synchronous client: `tableadmin.Client`.\n\n"
            "Generated from aio.py by `make sync-client`: do not edit.\n"
        ),
    ),
    ("or await their `result`", "or wait for their `result`"),
    ("`async for` yields each operation", "Iterating yields each operation"),
    ("Each RPC is a method to await.", "Each RPC is a method."),
    (
        "Several tasks of one running event loop can use a client. Other event loops raise WrongEventLoop.",
        "Several threads can use a client.",
    ),
)

# What the code says differently: a pattern, what replaces it.
CODE = (
    (r"  # noqa: ASYNC\d+.*", ""),
    (r"\basync (?=def|for|with)", ""),
    (r"\bawait ", ""),
    (r"\bCoroutine\[None, None, (\w+)\]", r"\1"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\b__a(?=enter__|exit__|iter__)", "__"),
    (r"\baclosing\b", "closing"),
    (r"\bgrpc\.aio\.", "grpc."),
)

_RUFF = Path(sys.executable).with_name("ruff")
# Import order, imports that only the asyncio client uses, loops that `yield from` or `list` can replace.
_RULES = "I001,F401,UP028,C416"


def sync_source(source: str) -> str:
    """Return the module of the synchronous client. Raises ValueError for text that has no translation."""
    for sentence, replacement in SENTENCES:
        if sentence not in source:
            raise ValueError(f"aio.py no longer says {sentence!r}: correct SENTENCES")
        source = source.replace(sentence, replacement)
    for pattern, replacement in CODE:
        source = re.sub(pattern, replacement, source)
    if left := re.search(r".*\b(?:async|asyncio|await|event loop)\b.*", source):
        raise ValueError(f"not translated, add a row to SENTENCES or CODE: {left[0].strip()}")
    return _ruff("format", _ruff("check", source, "--fix", "--unsafe-fixes", f"--select={_RULES}", "--quiet"))


def _ruff(command: str, source: str, *options: str) -> str:
    arguments = [str(_RUFF), command, *options, f"--stdin-filename={CLIENT / 'client.py'}", "-"]
    return subprocess.run(arguments, input=source, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else CLIENT / "client.py"
    output.write_text(sync_source((CLIENT / "aio.py").read_text(encoding="utf-8")), encoding="utf-8")
