"""Text that looks familiar and is in no format that is read: what it is, and what to give instead."""

import re

_PROGRAM = "is source code; give what the program generates, such as the folder cdk.out of `cdk synth`"
_TAGS = "has tags of a template engine, such as {{ name }}; give the rendered file"
_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"\A-{3,}\n\|\s*(?:DescribeTable|ListTables)|\ATABLE\t|\ATABLENAMES\t"),
        "is in the AWS CLI's format `table` or `text`; give the output with `--output json`",
    ),
    (
        re.compile(r"^(?:import |from \S+ import |export |module\.exports|(?:const|let|var) )", re.MULTILINE),
        _PROGRAM,
    ),
    (re.compile(r"\{%|\{\{(?!resolve:)"), _TAGS),
)


def named(text: str) -> str:
    """What TEXT, which can't be read, is, and what to give instead; empty where nothing is known."""
    return next((what for pattern, what in _KINDS if pattern.search(text)), "")
