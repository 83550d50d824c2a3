"""The operations, members and cooldowns that an endpoint has. AWS has all, of others answers tell."""

from dataclasses import replace
from urllib.parse import urlsplit

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.failure import Failure

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def is_aws(endpoint_url: str | None) -> bool:
    """Whether ENDPOINT_URL is of AWS. None is AWS."""
    host = urlsplit(endpoint_url or "").hostname
    return not host or host.endswith(_AWS_DOMAINS)


# Error texts of endpoints that know no member of an UpdateTable.
_NOTHING_KNOWN = (
    "Nothing to update",
    "At least one of ProvisionedThroughput, BillingMode, ",
    "No provisioned throughput specified for the global secondary index",
    ".update.provisionedThroughput' failed to satisfy constraint: Member must not be null",
)


def knows_nothing_of(failure: Failure) -> bool:
    """Whether FAILURE of UpdateTable says that the endpoint knows none of the sent members."""
    return failure.code == Code.INVALID_ARGUMENT and any(each in failure.message for each in _NOTHING_KNOWN)


# dynalite's error text for a new index of an on-demand table. With throughput, dynalite ignores the index.
_NO_INDEX_THROUGHPUT = ".create.provisionedThroughput' failed to satisfy constraint: Member must not be null"
_NO_NEW_INDEX = "this endpoint cannot add an index to an on-demand table; create the table with the index"


def with_advice(failure: Failure) -> Failure:
    """Return FAILURE of UpdateTable, with advice if the endpoint's message has none."""
    if _NO_INDEX_THROUGHPUT not in failure.message:
        return failure
    return replace(failure, message=f"{_NO_NEW_INDEX} ({failure.message})")


class Support:
    """Remembers the operations and cooldowns that an endpoint has, and the members that it does not keep.

    COMPLETE says that the endpoint has and keeps all of them, as AWS does.
    """

    # The cooldowns that the endpoint has.
    cooldowns: frozenset[Cooldown] = frozenset()

    def __init__(self, *, complete: bool = False) -> None:
        self._complete = complete
        self._known: dict[str, bool] = {}
        if complete:
            self.cooldowns = frozenset(Cooldown)
        # Members of specs that the endpoint ignores: it accepts and does not store them.
        self.ignored_members: frozenset[str] = frozenset()

    def learn_ignored(self, members: frozenset[str]) -> bool:
        """Note that the endpoint ignores MEMBERS. Returns whether this is new; False for AWS."""
        new = frozenset() if self._complete else members - self.ignored_members
        self.ignored_members |= new
        return bool(new)

    def has_cooldown(self, cooldown: Cooldown) -> bool:
        """Note that the endpoint has COOLDOWN. Returns whether this is new."""
        new = cooldown not in self.cooldowns
        self.cooldowns |= {cooldown}
        return new

    def has(self, operation: str) -> bool | None:
        """Whether the endpoint has OPERATION; None if no answer has shown it yet."""
        return True if self._complete else self._known.get(operation)

    def answered(self, operation: str) -> None:
        """Note that the endpoint has answered OPERATION."""
        self._known[operation] = True

    def failed(self, operation: str, failure: Failure) -> None:
        """Note that OPERATION ended with FAILURE. Only an answer of the endpoint counts."""
        if failure.code == Code.UNIMPLEMENTED:
            self._known[operation] = False
        elif failure.metadata.get("aws_error_code"):
            self._known[operation] = True
