"""The credentials of a call, and the names that they may give to principals and groups."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tableadmin_server.security.authentication.refusals import malformed_header

# Tokens with many groups can have some thousands of characters.
_TOKEN = re.compile(r"[!-~]{1,32768}")
# The largest number of characters. SPIFFE ids and ARNs of roles have at most as many.
_MAX_NAME = 2_048
# Both characters end or escape quoted text. Names of common identity providers do not have them.
_REFUSED = frozenset('"\\')


@dataclass(frozen=True)
class Credentials:
    """The `authorization` headers of a call, its client certificate as PEM, its peer and user agent.

    The listener has verified the chain of the certificate. It is None if the client has none.
    """

    authorization: Sequence[str | bytes] = ()
    certificate: bytes | None = None
    peer: str = ""
    user_agent: str = ""

    def token(self) -> str | None:
        """Return the bearer token, None if the call has none. Raises Failure for malformed headers."""
        if not self.authorization:
            return None
        if len(self.authorization) > 1:
            raise malformed_header("the header is given twice; give it once")
        header = self.authorization[0]
        scheme, _, token = (header if isinstance(header, str) else "").partition(" ")
        if scheme.lower() != "bearer" or not _TOKEN.fullmatch(token):
            raise malformed_header("must have the form `Bearer TOKEN`")
        return token


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
