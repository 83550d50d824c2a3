"""Writes docs/reference/settings.md from the configuration structs; `make settings` runs it.

python server/generate_settings.py
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tableadmin_server.settings import SECTIONS, Section, Setting


def page() -> str:
    """Return the documentation of all settings as Markdown."""
    return "\n".join(
        [
            "# Settings of the server",
            "",
            "Generated from `server/tableadmin_server/config/` by `make settings`: do not edit.",
            "",
            "Each setting is a key of the configuration file. A setting with a flag can also be given by the",
            "flag or by the environment variable. An empty variable counts as absent, unless the table says",
            "that an empty value has a meaning. A flag takes precedence over a variable.",
            "",
            *(line for section in SECTIONS for line in _section(section)),
        ]
    )


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {section.title}", "")
    if section.text:
        yield from (section.text, "")
    yield from _table(section.settings)
    yield ""


def _table(described: Iterable[Setting]) -> Iterator[str]:
    yield "| key | meaning | unit | default; bounds | flag, variable |"
    yield "|---|---|---|---|---|"
    for each in described:
        given = f"`{each.flag}`, `{each.variable}`" if each.has_flag else "configuration file only"
        meaning = each.description
        if each.choices:
            meaning += f" One of {', '.join(f'`{choice}`' for choice in each.choices)}."
        yield f"| `{each.name}` | {meaning} | {each.unit or ''} | {each.limits} | {given} |"


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "reference" / "settings.md").write_text(page(), encoding="utf-8")
