"""Where the figures of a run are kept: bench.md, bench.json and the plot bench.png in docs/reference."""

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.parts.describing import Described
from bench.targets import Target

DOCS = Path(__file__).resolve().parents[1] / "docs" / "reference"


def write(lines: Sequence[str], described: Described, targets: Iterable[Target], python: Path) -> None:
    """Keep the LINES that were shown, and the figures. PYTHON is a Python that has matplotlib."""
    page = DOCS / "bench.md"
    page.write_text(with_block(page.read_text(encoding="utf-8"), lines), encoding="utf-8")
    file = DOCS / "bench.json"
    file.write_text(json_text(described, targets), encoding="utf-8")
    subprocess.run([python, "-m", "bench.plots", file, DOCS / "bench.png"], check=True)


def with_block(page: str, lines: Sequence[str]) -> str:
    """PAGE with LINES as its first block of text."""
    text = "\n".join(lines).strip()
    return re.sub(
        r"(?<=^```text\n).*?(?=^```$)", lambda _: f"{text}\n", page, count=1, flags=re.DOTALL | re.MULTILINE
    )


def json_text(described: Described, targets: Iterable[Target]) -> str:
    """The figures as JSON: calls a second, milliseconds; and each target with its bound."""
    document = {
        "calls": [
            {"contender": name, "callers": callers, **asdict(each)}
            for (name, callers), each in described.items()
        ],
        "targets": [{**asdict(each), "met": each.met} for each in targets],
    }
    return json.dumps(document, indent=2) + "\n"
