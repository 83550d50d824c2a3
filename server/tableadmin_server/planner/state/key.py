"""KMS keys: whether the key of a spec, an ARN, id or alias, is the key that a table has."""

from collections.abc import Mapping
from enum import Enum, auto

# The key that AWS manages for DynamoDB in each account and Region.
AWS_MANAGED_KEY = "alias/aws/dynamodb"


class Same(Enum):
    """Whether two keys are the same key."""

    YES = auto()
    NO = auto()
    # Only KMS knows which key an alias is of.
    UNKNOWN = auto()


def compare_keys(desired: str, live: str, aliases: Mapping[str, str], *, is_aws: bool) -> Same:
    """Whether DESIRED, a key by ARN, id or alias, or "" for AWS_MANAGED_KEY, is the key with the ARN LIVE.

    ALIASES has the ARNs of the keys of aliases, as far as KMS has told them. An endpoint that is not AWS has
    no KMS: what it shows of the key that AWS manages contains the alias.
    """
    alias = desired or AWS_MANAGED_KEY
    if desired == live or (is_alias(alias) and live.endswith(f":{alias.rpartition(':')[2]}")):
        return Same.YES
    if alias in aliases:
        return Same.YES if aliases[alias] == live else Same.NO
    if not desired and not is_aws:
        return Same.YES if _MANAGED_BY_AWS in live else Same.NO
    if is_alias(alias) or not live:
        return Same.UNKNOWN
    return Same.YES if ":" not in desired and live.rpartition("/")[2] == desired else Same.NO


_MANAGED_BY_AWS = "aws/dynamodb"


def is_alias(key: str) -> bool:
    """Whether KEY is an alias."""
    return key.startswith("alias/") or ":alias/" in key
