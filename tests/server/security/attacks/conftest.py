"""The server that is attacked: one for all tests of a worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import grpc
import pytest

from tableadmin.v1 import WhoAmIRequest
from tests.server.conftest import wait_for
from tests.server.listening.test_tls import has_come, resuming
from tests.server.security.attacks.target import OURS, Target, ended, target_in


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The server that is attacked."""
    with target_in(tmp_path_factory.mktemp("target")) as running:
        yield running


@pytest.fixture(scope="session")
def channel(target: Target) -> Iterator[grpc.Channel]:
    """A channel to the listener that takes tokens."""
    with grpc.insecure_channel(target.for_tokens) as opened:
        yield opened


@pytest.fixture(scope="session")
def expired_channel(target: Target) -> Iterator[grpc.Channel]:
    """A channel that has resumed a TLS session with a client certificate that has expired since."""
    options = resuming()
    for seconds in (2, 10, 30):
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        credentials = OURS.credentials(OURS.client("admin", not_after=expires))
        with grpc.secure_channel(target.for_certificates, credentials, options) as channel:
            # On a busy machine the certificate may have expired before it was shown.
            if "OK" == ended(channel, WhoAmIRequest(), ()).code:
                break
    wait_for(partial(has_come, expires), seconds=60)
    with grpc.secure_channel(target.for_certificates, credentials, options) as resumed:
        yield resumed
