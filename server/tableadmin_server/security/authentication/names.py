"""The names allowed for principals and groups."""

import unicodedata

# The largest number of characters. SPIFFE ids and ARNs of roles have at most as many.
_MAX_NAME = 2_048
# Both characters end or escape quoted text. Names of common identity providers do not have them.
_REFUSED = frozenset('"\\')


def is_name(text: object) -> bool:
    """Whether TEXT is an unambiguous name of a principal or group, for people and for policies.

    A name is printable, has Unicode's form NFC, and has no spaces at its ends, so that two names never look
    the same.
    """
    return (
        isinstance(text, str)
        and 0 < len(text) <= _MAX_NAME
        and text.isprintable()
        and text == text.strip()
        and _REFUSED.isdisjoint(text)
        and unicodedata.is_normalized("NFC", text)
    )
