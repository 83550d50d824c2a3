"""`python -m tests.server.harness.faulty_server`: a server whose calls to AWS break off once they are signed.

What is raised, and what a library logs on the way, has the signed request within reach.
"""

import logging
from collections.abc import Mapping
from typing import NoReturn

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from tableadmin_server.__main__ import main
from tableadmin_server.dynamodb.client.transport import Exchange

_log = logging.getLogger("some.library")
_sign = SigV4Auth.add_auth
_sign_read = Exchange.sign


def _break_off(headers: Mapping[str, str | None]) -> NoReturn:
    authorization = headers["Authorization"]
    token = headers["X-Amz-Security-Token"]
    raise KeyError(
        f"a fault below signing, with {len(str(authorization))} and {len(str(token))} characters at hand"
    )


def _add_auth(self: SigV4Auth, request: AWSRequest) -> None:
    _sign(self, request)
    secret = self.credentials.secret_key
    try:
        _break_off(dict(request.headers.items()))
    except KeyError:
        _log.exception("the library failed with a secret of %s characters", len(str(secret)))
        raise


def _sign_by_libcurl(self: Exchange, scope: str, credentials: ReadOnlyCredentials) -> None:
    _sign_read(self, scope, credentials)
    signed = {"Authorization": credentials.secret_key, "X-Amz-Security-Token": credentials.token}
    try:
        _break_off(signed)
    except KeyError:
        _log.exception("the library failed with %s fields", len(signed))
        raise


if __name__ == "__main__":
    SigV4Auth.add_auth = _add_auth  # type: ignore[method-assign]  # the fault
    Exchange.sign = _sign_by_libcurl  # type: ignore[method-assign]  # the fault, of reads
    main()
