"""The credentials of a call."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tableadmin_server.security.authentication.refusals import malformed_header

# Tokens with many groups can have some thousands of characters.
_TOKEN = re.compile(r"[!-~]{1,32768}")


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
