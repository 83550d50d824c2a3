"""The revisions of the watched tables of one endpoint. A resume token contains a revision."""

import os


class Revisions:
    """Numbers new states, from 1.

    `instance` distinguishes the revisions of this process from those of another. Tokens older than
    `forgotten` can't be used, because the states of a table were dropped since.
    """

    def __init__(self) -> None:
        self.instance = os.urandom(8)
        self.newest = 1
        self.forgotten = 0

    def next(self) -> int:
        """Return the revision of a new state."""
        self.newest += 1
        return self.newest

    def forget(self, revision: int) -> None:
        """Make tokens older than REVISION invalid."""
        self.forgotten = max(self.forgotten, revision)
