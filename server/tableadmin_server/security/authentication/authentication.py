"""Authenticates the calls of a listener."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from tableadmin_server.config.authenticator import AuthenticatorConfig, CertificateConfig, TokenConfig
from tableadmin_server.failure import Failure
from tableadmin_server.security.authentication import certificates, refusals
from tableadmin_server.security.authentication.certificates import (
    CertificateAuthenticator,
    RefusedCertificate,
)
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.authentication.failed_logins import FailedLogins
from tableadmin_server.security.authentication.json_web_tokens import JsonWebTokens, unverified_issuer
from tableadmin_server.security.authentication.static_tokens import StaticTokens, digest_of
from tableadmin_server.security.identity import Caller


class Authentication:
    """Identifies callers by the AUTHENTICATORS of a listener.

    If a call has a token, the token decides: after an invalid token the client certificate is not tried.
    Invalid credentials count as failed logins of the address. A known token is accepted also if its address
    has too many failed logins.
    """

    def __init__(
        self,
        authenticators: Iterable[CertificateAuthenticator | JsonWebTokens | StaticTokens],
        failed_logins: FailedLogins,
        clock: Callable[[], float] = time.time,
    ) -> None:
        given = list(authenticators)
        self._certificates = [each for each in given if isinstance(each, CertificateAuthenticator)]
        self._tokens = [each for each in given if isinstance(each, StaticTokens)]
        self._issuers = {each.issuer: each for each in given if isinstance(each, JsonWebTokens)}
        self._failed_logins = failed_logins
        self._clock = clock
        # The callers of certificates, because the calls of a connection have the same one.
        self._known = lru_cache(certificates.KEPT)(self._matching)

    async def caller(self, shown: Credentials) -> Caller:
        """Return the caller with the credentials SHOWN. Raises Failure if they prove no principal.

        A client certificate must be valid also if the call has a token.
        """
        token = shown.token()
        ends = None if shown.certificate is None else self._end(shown.certificate, shown)
        if token is not None:
            known = await self._by_token(token, shown)
        elif self._certificates and shown.certificate is not None:
            known = self._by_certificate(shown.certificate, shown)
        else:
            raise refusals.missing_credentials()
        expires = min((each for each in (known.expires, ends) if each is not None), default=None)
        return Caller(known.principal, known.proof, shown.peer, shown.user_agent, expires)

    async def _by_token(self, token: str, shown: Credentials) -> Caller:
        digest = digest_of(token)
        known = self._static(digest) or self._remembered(digest)
        if known is None:
            self._failed_logins.check(shown.peer)
            claimed = unverified_issuer(token)
            issuer = self._issuers.get(claimed.issuer) if claimed else None
            if claimed is None or issuer is None:
                raise self._failed("unknown token or issuer", shown)
            try:
                known = await issuer.caller(token, claimed.key_id, digest)
            except Failure as failure:
                self._note(failure, shown)
                raise
        if known.expires is not None and known.expires <= self._clock():
            raise refusals.expired_credentials()
        return known

    def _static(self, digest: str) -> Caller | None:
        return next((found for each in self._tokens if (found := each.caller(digest))), None)

    def _remembered(self, digest: str) -> Caller | None:
        return next((found for each in self._issuers.values() if (found := each.remembered(digest))), None)

    def _by_certificate(self, pem: bytes, shown: Credentials) -> Caller:
        try:
            known = self._known(pem)
        except RefusedCertificate as error:
            raise self._failed(f"client certificate: {error}", shown) from error
        if known is None:
            raise self._failed("client certificate: no name matches a pattern", shown)
        return known

    def _matching(self, pem: bytes) -> Caller | None:
        """The caller with the certificate PEM, None if no name matches. Raises RefusedCertificate."""
        names = certificates.names_of(pem)
        return next(filter(None, (each.caller(names) for each in self._certificates)), None)

    def _end(self, pem: bytes, shown: Credentials) -> float:
        try:
            return certificates.check_validity(pem, self._clock())
        except RefusedCertificate as error:
            raise self._failed(f"client certificate: {error}", shown) from error

    def _failed(self, why: str, shown: Credentials) -> Failure:
        failure = refusals.invalid_credentials(f"{why} (from {shown.peer})")
        self._note(failure, shown)
        return failure

    def _note(self, failure: Failure, shown: Credentials) -> None:
        if failure.reason == refusals.INVALID:
            self._failed_logins.note(shown.peer)


class Authenticators:
    """The authenticators of the configuration, which the listeners share.

    Raises ConfigError for a file that can't be read.
    """

    def __init__(
        self, configs: Mapping[str, AuthenticatorConfig], failed_logins_per_minute: int = 60
    ) -> None:
        self._by_name = {name: _authenticator(name, config) for name, config in configs.items()}
        self.failed_logins = FailedLogins(failed_logins_per_minute)

    @property
    def loads(self) -> dict[str, Mapping[str, int]]:
        """The numbers of loaded and refused files and keys, by authenticator, without certificates."""
        return {
            name: each.loads
            for name, each in self._by_name.items()
            if not isinstance(each, CertificateAuthenticator)
        }

    def authentication(self, names: Sequence[str]) -> Authentication:
        """Return the authentication of a listener with the authenticators NAMES."""
        return Authentication((self._by_name[name] for name in names), self.failed_logins)


def _authenticator(
    name: str, config: AuthenticatorConfig
) -> CertificateAuthenticator | JsonWebTokens | StaticTokens:
    if isinstance(config, CertificateConfig):
        return CertificateAuthenticator(name, config)
    return StaticTokens(name, config) if isinstance(config, TokenConfig) else JsonWebTokens(name, config)
