"""Writes docs/reference/settings.md from the configuration structs; `make settings` runs it.

python server/generate_settings.py
"""

from pathlib import Path

from tableadmin_server.settings import page

if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "reference" / "settings.md").write_text(page(), encoding="utf-8")
