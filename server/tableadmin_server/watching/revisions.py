"""The revisions of what is watched at one endpoint: a resume token names one of them."""

import os


class Revisions:
    """Numbers what is new, from 1.

    `instance` tells the revisions of this process from those of another. Tokens older than `forgotten` can't
    be honoured: a table that was watched then is forgotten.
    """

    def __init__(self) -> None:
        self.instance = os.urandom(8)
        self.newest = 1
        self.forgotten = 0

    def next(self) -> int:
        """The revision of something new."""
        self.newest += 1
        return self.newest

    def forget(self, revision: int) -> None:
        """Honour no token older than REVISION."""
        self.forgotten = max(self.forgotten, revision)
