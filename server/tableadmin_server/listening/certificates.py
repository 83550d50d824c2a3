"""The certificate, key and client CAs of a listener, which can be replaced while the server runs."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import grpc
import structlog

from tableadmin_server.config import ConfigError, TlsConfig
from tableadmin_server.listening.certificate_files import CertificateFiles, UnusableFile, read

_log = structlog.get_logger()

# The log warns of a certificate so long before it expires.
_NEAR_EXPIRY = timedelta(days=7)


class Certificates:
    """The certificate and the client CAs of the listener with the configuration key KEY: the files of CONFIG.

    Files that can't be used are ignored. gRPC takes changed files at a handshake, in its own thread.
    """

    def __init__(self, key: str, config: TlsConfig) -> None:
        """Read the files; raises ConfigError."""
        self._key = key
        self._config = config
        try:
            self._files = read(config)
        except UnusableFile as error:
            raise ConfigError(f"{key}.tls.{error}") from error
        self._problem = self._logged_problem = ""
        self._logged_expiry = ""
        # The numbers of changed files that were loaded and refused.
        self.loads = Counter(loaded=1, refused=0)
        self._lock = threading.Lock()
        self._changed: grpc.ServerCertificateConfiguration | None = None
        self._log_expiry()

    @property
    def key(self) -> str:
        """The configuration key of the listener."""
        return self._key

    @property
    def expires(self) -> datetime:
        """The expiry of the certificate in use."""
        return self._files.expires

    def credentials(self) -> grpc.ServerCredentials:
        """Return credentials for a gRPC server, which follow changes of the files."""
        return grpc.dynamic_ssl_server_credentials(
            _configuration(self._files),
            self._take_changed,  # type: ignore[arg-type]  # the stubs lack that None means no change
            require_client_authentication=self._config.client_ca is not None,
        )

    def refresh(self) -> None:
        """Read the files. If they have changed and can be used, they apply from the next handshake on."""
        try:
            files = read(self._config)
        except UnusableFile as error:
            self._log_problem(str(error))
        else:
            self._problem = self._logged_problem = ""
            if files != self._files:
                self._use(files)
        self._log_expiry()

    def _use(self, files: CertificateFiles) -> None:
        with self._lock:
            self._files = files
            self._changed = _configuration(files)
        self._logged_expiry = ""
        self.loads["loaded"] += 1
        _log.info("certificates were replaced", listener=self._key, expires=files.expires.isoformat())

    def _take_changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new configuration for gRPC, None if nothing has changed.

        A new configuration ends the resumption of TLS sessions, so gRPC gets each only once.
        """
        with self._lock:
            changed, self._changed = self._changed, None
        return changed

    def _log_problem(self, problem: str) -> None:
        """Log PROBLEM once, if two reads in a row find it: files may be replaced one after the other."""
        if problem == self._problem and problem != self._logged_problem:
            self._logged_problem = problem
            self.loads["refused"] += 1
            _log.error("certificates could not be replaced", listener=self._key, problem=problem)
        self._problem = problem

    def _log_expiry(self) -> None:
        """Warn once that the certificate expires soon, and once that it has expired."""
        left = self._files.expires - datetime.now(UTC)
        event = "certificate has expired" if left <= timedelta(0) else "certificate expires soon"
        if left < _NEAR_EXPIRY and event != self._logged_expiry:
            self._logged_expiry = event
            _log.warning(event, listener=self._key, expires=self._files.expires.isoformat())


def _configuration(files: CertificateFiles) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(files.key, files.cert)], files.client_ca)
