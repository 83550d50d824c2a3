"""Names that principals and groups may have."""

import unicodedata

# Characters at most: a SPIFFE id has 2,048, the ARN of a role as many.
_MAX_NAME = 2_048
# Neither is in a name of the common identity providers, and both end or escape quoted text.
_REFUSED = frozenset('"\\')


def is_name(text: object) -> bool:
    """Whether TEXT names one principal or group, for people and for policies.

    A name is printable and looks like no other spelling of the same name: Unicode's form NFC, and no space at
    the ends.
    """
    return (
        isinstance(text, str)
        and 0 < len(text) <= _MAX_NAME
        and text.isprintable()
        and text == text.strip()
        and _REFUSED.isdisjoint(text)
        and unicodedata.is_normalized("NFC", text)
    )
