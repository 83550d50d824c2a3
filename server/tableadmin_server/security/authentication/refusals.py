"""Why a call is not served before its caller is known.

A reason says what an honest caller can do. It says nothing of which tokens, keys or principals there are.
What exactly was wrong is in the log alone.
"""

from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure

# The reason where the credentials prove nothing, and somebody may be guessing.
INVALID = "CREDENTIALS_INVALID"


class Unproved(Exception):
    """What was wrong with a proof, for the log: no part of a token is in the text."""


def missing() -> Failure:
    """The call shows neither a token nor a client certificate."""
    return _unauthenticated(
        "CREDENTIALS_MISSING",
        "the call has no credentials; pass a token (tablectl --token-file FILE) or a client certificate",
    )


def malformed(problem: str) -> Failure:
    """The header with the token is not one `Bearer TOKEN`."""
    return _unauthenticated("CREDENTIALS_MALFORMED", f"authorization: {problem}")


def invalid(why: str) -> Failure:
    """The credentials prove nothing; WHY is for the log."""
    failure = _unauthenticated(
        INVALID, "the credentials are not valid here; check that they are meant for this server"
    )
    failure.__cause__ = Unproved(why)
    return failure


def expired(what: str = "token") -> Failure:
    """WHAT the call shows was valid."""
    return _unauthenticated(
        "CREDENTIALS_EXPIRED", f"the {what} has expired; get a new one and retry the call"
    )


def not_yet_valid(what: str = "token") -> Failure:
    """WHAT the call shows will be valid."""
    return _unauthenticated(
        "CREDENTIALS_NOT_YET_VALID", f"the {what} is not valid yet; check the clocks of issuer and server"
    )


def unfit(reason: str, problem: str) -> Failure:
    """The issuer has signed the token, but the token can't be used here: PROBLEM says why."""
    return _unauthenticated(reason, f"the token cannot be used here: {problem}")


def keys_unavailable(why: str) -> Failure:
    """The keys that verify the token have not been read yet."""
    failure = Failure(
        Code.UNAVAILABLE,
        "the keys that verify tokens are not available; retry the call later",
        reason="KEYS_UNAVAILABLE",
        retry_delay=5.0,
    )
    failure.__cause__ = Unproved(why)
    return failure


def too_many_failures(seconds: float) -> Failure:
    """Too many calls from the address of the caller have failed to prove who makes them."""
    return Failure(
        Code.RESOURCE_EXHAUSTED,
        "too many calls with wrong credentials came from this address; correct the credentials, then retry",
        reason="TOO_MANY_FAILED_LOGINS",
        retry_delay=seconds,
    )


def _unauthenticated(reason: str, message: str) -> Failure:
    return Failure(Code.UNAUTHENTICATED, message, reason=reason)
