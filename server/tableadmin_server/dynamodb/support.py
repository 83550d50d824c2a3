"""Which operations an endpoint has: AWS has all of them, of any other endpoint its answers tell."""

from urllib.parse import urlsplit

from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def is_aws(endpoint_url: str | None) -> bool:
    """Whether ENDPOINT_URL is AWS, as the absent one is."""
    host = urlsplit(endpoint_url or "").hostname
    return not host or host.endswith(_AWS_DOMAINS)


class Support:
    """Remembers of one endpoint which operations it has. COMPLETE says that it has all of them, as AWS."""

    def __init__(self, *, complete: bool = False) -> None:
        self._complete = complete
        self._known: dict[str, bool] = {}

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
