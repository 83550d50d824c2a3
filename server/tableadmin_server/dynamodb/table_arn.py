"""Which table a name or an ARN means: DynamoDB takes either where it takes one of them."""

import re

# Also in the ARNs of a table's indexes, streams, backups, exports and imports.
_TABLE = re.compile(r":table/([^/:]+)")


def table_of(name_or_arn: str) -> str:
    """The name of the table in an ARN of any region and account; what has none is a name itself."""
    found = _TABLE.search(name_or_arn)
    return found[1] if found else name_or_arn
