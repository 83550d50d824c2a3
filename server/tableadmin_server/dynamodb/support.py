"""Which operations, members and cooldowns an endpoint has: AWS has all; answers tell of another endpoint."""

from dataclasses import replace
from urllib.parse import urlsplit

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.failure import Failure

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def is_aws(endpoint_url: str | None) -> bool:
    """Whether ENDPOINT_URL is AWS, as the absent one is."""
    host = urlsplit(endpoint_url or "").hostname
    return not host or host.endswith(_AWS_DOMAINS)


# What endpoints say of an UpdateTable in which they know no member that changes anything.
_NOTHING_KNOWN = (
    "Nothing to update",
    "At least one of ProvisionedThroughput, BillingMode, ",
    "No provisioned throughput specified for the global secondary index",
    ".update.provisionedThroughput' failed to satisfy constraint: Member must not be null",
)


def knows_nothing_of(failure: Failure) -> bool:
    """Whether FAILURE, of UpdateTable, says that the endpoint knows none of the members that were sent."""
    return failure.code == Code.INVALID_ARGUMENT and any(each in failure.message for each in _NOTHING_KNOWN)


# What dynalite says of a new index of an on-demand table. With throughput, dynalite ignores the index.
_NO_INDEX_THROUGHPUT = ".create.provisionedThroughput' failed to satisfy constraint: Member must not be null"
_NO_NEW_INDEX = "this endpoint cannot add an index to an on-demand table; create the table with the index"


def explained(failure: Failure) -> Failure:
    """FAILURE, of UpdateTable, with what the caller can do where the endpoint's message does not tell."""
    if _NO_INDEX_THROUGHPUT not in failure.message:
        return failure
    return replace(failure, message=f"{_NO_NEW_INDEX} ({failure.message})")


class Support:
    """Remembers of one endpoint which operations and cooldowns it has, and which members it does not hold.

    COMPLETE says that it has and holds all of them, as AWS.
    """

    # The kinds of change that the endpoint refuses for a while after one of the kind.
    cooldowns: frozenset[Cooldown] = frozenset()

    def __init__(self, *, complete: bool = False) -> None:
        self._complete = complete
        self._known: dict[str, bool] = {}
        if complete:
            self.cooldowns = frozenset(Cooldown)
        # Members of specs that the endpoint accepts and does not hold.
        self.unheld: frozenset[str] = frozenset()

    def does_not_hold(self, members: frozenset[str]) -> bool:
        """Remember that the endpoint does not hold MEMBERS; whether this is possible and was not known."""
        new = frozenset() if self._complete else members - self.unheld
        self.unheld |= new
        return bool(new)

    def has_cooldown(self, cooldown: Cooldown) -> bool:
        """Remember that the endpoint has COOLDOWN; whether this was not known."""
        new = cooldown not in self.cooldowns
        self.cooldowns |= {cooldown}
        return new

    def has(self, operation: str) -> bool | None:
        """Whether the endpoint has OPERATION; None where no answer has told so far."""
        return True if self._complete else self._known.get(operation)

    def answered(self, operation: str) -> None:
        """The endpoint has answered OPERATION."""
        self._known[operation] = True

    def failed(self, operation: str, failure: Failure) -> None:
        """OPERATION has ended in FAILURE, which tells something where the endpoint has answered."""
        if failure.code == Code.UNIMPLEMENTED:
            self._known[operation] = False
        elif failure.metadata.get("aws_error_code"):
            self._known[operation] = True
