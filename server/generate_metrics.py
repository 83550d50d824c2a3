"""Writes docs/reference/metrics.md from the definitions of the metrics; `make metrics` runs it.

python server/generate_metrics.py
"""

from pathlib import Path

from tableadmin_server.metrics.documentation import page

if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "reference" / "metrics.md").write_text(page(), encoding="utf-8")
