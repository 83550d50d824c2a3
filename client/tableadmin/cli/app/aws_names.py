"""The equivalents of AWS CLI commands in tablectl."""

from __future__ import annotations

import difflib

# tablectl commands by AWS CLI command. Other operations are available through `tablectl call`.
COMMANDS = {
    "cancel-bulk-operation": "bulk cancel",
    "create-backup": "backup create",
    "create-global-table": "global-table create",
    "create-table": "table create",
    "delete-backup": "backup delete",
    "delete-resource-policy": "policy remove",
    "delete-table": "table delete",
    "describe-backup": "backup describe",
    "describe-bulk-operation": "bulk describe",
    "describe-continuous-backups": "pitr show",
    "describe-contributor-insights": "insights show",
    "describe-endpoints": "endpoints",
    "describe-export": "export-s3 describe",
    "describe-global-table": "global-table describe",
    "describe-global-table-settings": "global-table settings",
    "describe-import": "import describe",
    "describe-kinesis-streaming-destination": "kinesis list",
    "describe-limits": "limits",
    "describe-table": "table describe",
    "describe-table-replica-auto-scaling": "autoscaling show",
    "describe-time-to-live": "ttl show",
    "disable-kinesis-streaming-destination": "kinesis disable",
    "enable-kinesis-streaming-destination": "kinesis enable",
    "export-table-to-point-in-time": "export-s3 start",
    "get-resource-policy": "policy show",
    "import-table": "import start",
    "list-backups": "backup list",
    "list-bulk-operations": "bulk list",
    "list-contributor-insights": "insights list",
    "list-exports": "export-s3 list",
    "list-global-tables": "global-table list",
    "list-imports": "import list",
    "list-tables": "table list",
    "list-tags-of-resource": "tag list",
    "put-resource-policy": "policy set",
    "restore-table-from-backup": "restore from-backup",
    "restore-table-to-point-in-time": "restore to-point-in-time",
    "start-bulk-put-items": "bulk start",
    "tag-resource": "tag set",
    "untag-resource": "tag remove",
    "update-continuous-backups": "pitr enable",
    "update-contributor-insights": "insights enable",
    "update-global-table": "global-table update",
    "update-global-table-settings": "global-table update-settings",
    "update-kinesis-streaming-destination": "kinesis update",
    "update-table": "table update",
    "update-table-replica-auto-scaling": "autoscaling update",
    "update-time-to-live": "ttl enable",
    "wait": "wait",
}

# The AWS CLI commands that read or write items, and words that people try instead.
ITEMS = (
    *("batch-execute-statement", "batch-get-item", "batch-write-item", "delete-item", "execute-statement"),
    *("execute-transaction", "get-item", "put-item", "query", "scan", "transact-get-items"),
    *("transact-write-items", "update-item"),
)
_ITEM_WORDS = frozenset({*ITEMS, "item", "items"})
# The minimum similarity of a word and the command that is suggested.
_LIKENESS = 0.85


def hint(words: list[str]) -> str:
    """Return the tablectl command for WORDS of the AWS CLI, "" if no command is similar."""
    named_in = words if words[0] == "dynamodb" else words[:1]
    for named in named_in:
        command = COMMANDS.get(named) or _call(named)
        if command:
            return f"the AWS CLI's {named} is 'tablectl {command}'"
        if named in _ITEM_WORDS:
            return f"tablectl is for tables, not for items; use 'aws dynamodb {_of_items(words)}'"
    for named in named_in:
        for near in difflib.get_close_matches(
            named, [*COMMANDS, *ITEMS] if "-" in named else (), 1, _LIKENESS
        ):
            return hint([near])
    return ""


def _of_items(words: list[str]) -> str:
    """Return the AWS CLI command for WORDS, such as `put-item` for `item put`."""
    tried = [*words, *(f"{verb}-item" for verb in words)]
    return next((each for each in tried if each in ITEMS), "get-item, put-item, query or scan")


def _call(named: str) -> str:
    """Return the `tablectl call` command for the AWS CLI command NAMED, "" if the contract has none."""
    if "-" not in named:
        return ""
    from tableadmin.channel import SERVICE  # noqa: PLC0415 - protobuf

    rpc = "".join(map(str.capitalize, named.split("-")))
    return f"call {rpc}" if rpc in SERVICE.methods_by_name else ""
