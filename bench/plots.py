"""`python -m bench.plots FIGURES PNG`: draws calls a second and latency against callers.

It runs with the packages of `.venv-bench`, which has matplotlib.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib.pyplot as plt  # type: ignore[import-not-found]  # it is in .venv-bench only

_PANELS = (("rate", "calls a second"), ("p50", "median latency, ms"), ("p99", "99th percentile, ms"))


def draw(figures: Path, picture: Path) -> None:
    """Draw the calls of FIGURES, a JSON file that the benchmark has written, as the file PICTURE."""
    lines: dict[str, list[dict[str, float]]] = defaultdict(list)
    for each in json.loads(figures.read_text(encoding="utf-8"))["calls"]:
        lines[each["contender"]].append(each)
    drawing, panels = plt.subplots(1, len(_PANELS), figsize=(12, 3.6), layout="constrained")
    for panel, (figure, title) in zip(panels, _PANELS, strict=True):
        for contender, calls in lines.items():
            panel.plot(
                [each["callers"] for each in calls],
                [each[figure] for each in calls],
                marker="o",
                label=contender,
            )
        panel.set(title=title, xlabel="callers", xscale="log", yscale="log")
        panel.set_xticks([each["callers"] for each in next(iter(lines.values()))])
        panel.xaxis.set_major_formatter("{x:.0f}")
        panel.grid(alpha=0.3)
    panels[0].legend()
    drawing.suptitle("DescribeTable, a table for each caller: bare gRPC, boto3, and the service")
    drawing.savefig(picture, dpi=110)


if __name__ == "__main__":
    draw(*map(Path, sys.argv[1:]))
