"""What a call shows of who makes it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tableadmin_server.security.authentication.refusals import malformed

# Corporate tokens with many groups have some thousands of characters.
_TOKEN = re.compile(r"[!-~]{1,32768}")


@dataclass(frozen=True)
class Credentials:
    """The `authorization` headers of a call and its client certificate as PEM, and where it came from.

    The certificate is that of a client whose chain the listener has verified, None without one.
    """

    authorization: Sequence[str | bytes] = ()
    certificate: bytes | None = None
    peer: str = ""
    user_agent: str = ""

    def token(self) -> str | None:
        """The bearer token, None where the call shows none; raises Failure for anything but one token."""
        if not self.authorization:
            return None
        if len(self.authorization) > 1:
            raise malformed("the header is given twice; give it once")
        header = self.authorization[0]
        scheme, _, token = (header if isinstance(header, str) else "").partition(" ")
        if scheme.lower() != "bearer" or not _TOKEN.fullmatch(token):
            raise malformed("must have the form `Bearer TOKEN`")
        return token
