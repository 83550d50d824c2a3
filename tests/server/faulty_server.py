"""`python -m tests.server.faulty_server`: a server in which every call to AWS breaks off once it is signed.

What is raised, and what a library logs on the way, has the signed request within reach.
"""

import logging
from typing import NoReturn

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tableadmin_server.__main__ import main

_log = logging.getLogger("some.library")
_sign = SigV4Auth.add_auth


def _break_off(request: AWSRequest) -> NoReturn:
    authorization = request.headers["Authorization"]
    token = request.headers["X-Amz-Security-Token"]
    raise KeyError(
        f"a fault below signing, with {len(str(authorization))} and {len(str(token))} characters at hand"
    )


def _add_auth(self: SigV4Auth, request: AWSRequest) -> None:
    _sign(self, request)
    secret = self.credentials.secret_key
    try:
        _break_off(request)
    except KeyError:
        _log.exception("the library failed with a secret of %s characters", len(str(secret)))
        raise


if __name__ == "__main__":
    SigV4Auth.add_auth = _add_auth  # type: ignore[method-assign]  # the fault
    main()
