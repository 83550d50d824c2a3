"""The configuration of limits for callers."""

import re
from typing import Annotated, Any

import msgspec

from tableadmin_server.config.keys import ConfigError, file_key

_PRINCIPAL = re.compile(r"(User|Service)::[^/]+/.+")


class PrincipalLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of one principal."""

    calls_per_second: Annotated[
        float,
        file_key("Average rate of calls that a principal may make.", "calls per second", gt=0, le=1_000_000),
    ] = 1000.0
    burst: Annotated[
        int, file_key("Number of calls that a principal may make at once after a pause.", ge=1, le=1_000_000)
    ] = 10_000
    concurrent_calls: Annotated[
        int,
        file_key("Calls of a principal in progress at the same time, without streams.", ge=1, le=1_000_000),
    ] = 1000
    streams: Annotated[
        int, file_key("Watches, waits and other streams of a principal at the same time.", ge=1, le=1_000_000)
    ] = 1000


class LimitsConfig(PrincipalLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of each principal, and of addresses with wrong credentials."""

    failed_logins_per_minute: Annotated[
        int,
        file_key(
            "Calls with wrong credentials from one address. More are refused with RESOURCE_EXHAUSTED, unless "
            "the server has verified their credentials before.",
            ge=1,
            le=1_000_000,
        ),
    ] = 60
    principals: Annotated[
        dict[str, dict[str, Any]],
        file_key(
            "Other limits of single principals, a table for each, such as "
            '`[limits.principals."Service::ci/deploy"]`.'
        ),
    ] = {}

    def of(self, principal: str) -> PrincipalLimits:
        """Return the limits of PRINCIPAL, such as `User::corp/ana`. Raises msgspec.ValidationError."""
        shared = {name: getattr(self, name) for name in PrincipalLimits.__struct_fields__}
        return msgspec.convert({**shared, **self.principals.get(principal, {})}, PrincipalLimits)


def check_limits(config: LimitsConfig) -> None:
    """Raise ConfigError for the first principal with invalid limits."""
    for name in config.principals:
        where = f'limits.principals."{name}"'
        if not _PRINCIPAL.fullmatch(name):
            raise ConfigError(f"{where}: must have the form User::AUTHENTICATOR/NAME or Service::...")
        try:
            config.of(name)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{where}: {error}") from error
