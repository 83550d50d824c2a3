"""The Failures of calls whose caller can't be authenticated.

A reason says what an honest caller can do. It does not tell which tokens, keys or principals exist. The exact
problem is only logged.
"""

from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure

# The reason of invalid credentials, which may be an attempt to guess.
INVALID = "CREDENTIALS_INVALID"


class InvalidCredentials(Exception):
    """The problem of credentials, for the log. The text has no part of a token."""


def missing_credentials() -> Failure:
    """Return the Failure of a call without a token and without a client certificate."""
    return _unauthenticated(
        "CREDENTIALS_MISSING",
        "the call has no credentials; pass a token (tablectl --token-file FILE) or a client certificate",
    )


def malformed_header(problem: str) -> Failure:
    """Return the Failure of a call whose authorization header is not exactly one `Bearer TOKEN`."""
    return _unauthenticated("CREDENTIALS_MALFORMED", f"authorization: {problem}")


def invalid_credentials(why: str) -> Failure:
    """Return the Failure of a call with invalid credentials. WHY is for the log."""
    failure = _unauthenticated(
        INVALID, "the credentials are not valid here; check that they are meant for this server"
    )
    failure.__cause__ = InvalidCredentials(why)
    return failure


def expired_credentials(what: str = "token") -> Failure:
    """Return the Failure of a call whose WHAT (token or certificate) has expired."""
    return _unauthenticated(
        "CREDENTIALS_EXPIRED", f"the {what} has expired; get a new one and retry the call"
    )


def not_yet_valid(what: str = "token") -> Failure:
    """Return the Failure of a call whose WHAT (token or certificate) is not valid yet."""
    return _unauthenticated(
        "CREDENTIALS_NOT_YET_VALID", f"the {what} is not valid yet; check the clocks of issuer and server"
    )


def unfit(reason: str, problem: str) -> Failure:
    """Return the Failure of a call with a signed token that can't be used here. PROBLEM says why."""
    return _unauthenticated(reason, f"the token cannot be used here: {problem}")


def keys_unavailable(why: str) -> Failure:
    """Return the Failure of a call whose token can't be verified, because no keys were read yet."""
    failure = Failure(
        Code.UNAVAILABLE,
        "the keys that verify tokens are not available; retry the call later",
        reason="KEYS_UNAVAILABLE",
        retry_delay=5.0,
    )
    failure.__cause__ = InvalidCredentials(why)
    return failure


def too_many_failures(seconds: float) -> Failure:
    """Return the Failure of a call from an address with too many failed logins."""
    return Failure(
        Code.RESOURCE_EXHAUSTED,
        "too many calls with wrong credentials came from this address; correct the credentials, then retry",
        reason="TOO_MANY_FAILED_LOGINS",
        retry_delay=seconds,
    )


def _unauthenticated(reason: str, message: str) -> Failure:
    return Failure(Code.UNAUTHENTICATED, message, reason=reason)
