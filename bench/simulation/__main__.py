"""Write the figures of the simulation into docs/operate/scale.md; `--measure` prints the measured ones."""

import sys
from pathlib import Path

from bench.simulation.measuring import measured
from bench.simulation.page import written

_PAGE = Path("docs/operate/scale.md")


def main() -> None:
    """Write, or measure."""
    if "--measure" in sys.argv:
        sys.stdout.write(f"{measured()}\n")
    else:
        _PAGE.write_text(written(_PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
