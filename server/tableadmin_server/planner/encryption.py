"""Whether two names of KMS keys are the same key, as far as can be told without asking KMS."""


def is_alias(key: str) -> bool:
    """Whether KEY names a key by alias, or not at all, which means AWS's managed key."""
    return not key or key.startswith("alias/") or ":alias/" in key


def same_key(desired: str, live: str) -> bool:
    """Whether DESIRED, an ARN, id or alias, may be the key LIVE, an ARN.

    An alias is taken to be the same: to send it again would encrypt anew and spend quota.
    """
    if is_alias(desired) or desired == live:
        return True
    return ":" not in desired and live.rpartition("/")[2] == desired
