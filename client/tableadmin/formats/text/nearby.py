"""Text that looks familiar and is in no format that is read: what it is, and what to give instead."""

import re

_TAGS = "has tags of a template engine, such as {{ name }}; give the rendered file"
_DESCRIPTION = "give what `aws dynamodb describe-table` prints"
_PROGRAM = (
    "is source code; give what the program generates, such as the folder cdk.out of `cdk synth`, "
    "or what `aws dynamodb describe-table` prints of its tables"
)
_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^<{7} \S", re.MULTILINE), "has conflict markers of Git; resolve the conflict"),
    (
        re.compile(r"\A\s*<(?:!doctype|html|\?xml)", re.IGNORECASE),
        "is HTML or XML; give the file itself, not the page that shows the file",
    ),
    (re.compile(r"^(?:```|~~~)", re.MULTILINE), "is Markdown; give the text between the fences"),
    (
        re.compile(r"^Terraform used the selected providers|^Terraform will perform", re.MULTILINE),
        "is a plan as Terraform prints plans for people; give what `terraform show -json PLAN` prints",
    ),
    (
        re.compile(r"^aws dynamodb [a-z-]+ |\A#!.*sh$", re.MULTILINE),
        f"is a shell script; {_DESCRIPTION}, or the JSON that --cli-input-json takes",
    ),
    (
        re.compile(r"^[ -]*(?:[a-z]+\.aws\.)?dynamodb_table:", re.MULTILINE),
        f"is a playbook of Ansible; {_DESCRIPTION}",
    ),
    (re.compile(r"\A(?:\s|#.*\n)*@app$", re.MULTILINE), f"is a manifest of Architect; {_DESCRIPTION}"),
    (
        re.compile(r"^type \w+.*@model\b", re.MULTILINE),
        "is a GraphQL schema; give the template that Amplify generates",
    ),
    (
        re.compile(r"\A(?:\s|#.*\n)*(?:\[[\w.\"-]+\]\s*$|[\w-]+\s*=)", re.MULTILINE),
        "is a file of parameters, not a template; give the template, and parameters with --param-file",
    ),
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


def identify(text: str) -> str:
    """What TEXT, which can't be read, is, and what to give instead; empty where nothing is known."""
    return next((what for pattern, what in _KINDS if pattern.search(text)), "")
