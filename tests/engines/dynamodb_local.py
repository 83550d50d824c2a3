"""DynamoDB Local 1.25.1, AWS's own engine, which the npm package amplify-dynamodb-simulator carries."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines.cache import cached, npm, program, unpack
from tests.engines.engine import Engine
from tests.engines.process import running

_PACKAGE = "amplify-dynamodb-simulator"
_VERSION = "2.9.30"
_INTEGRITY = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
# It lives for minutes beside other work: optimizing would take more CPU time than it saves.
_FRUGAL = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xshare:auto",
    # A hash has verified the classes already; to verify their bytecode takes half a second of CPU time.
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
)


@contextmanager
def dynamodb_local(*, delay_transient_statuses: bool = False) -> Iterator[Engine]:
    """Run DynamoDB Local in memory, or use the one that runs already at ``DYNAMODB_LOCAL_URL``.

    With ``delay_transient_statuses`` new and deleted indexes stay CREATING and DELETING for a while; since
    one that runs already cannot be told so, this always starts one. It listens on every interface: it
    knows no option against that. Raises EngineUnavailable without Java, or without npm on first use.
    """
    url = os.environ.get("DYNAMODB_LOCAL_URL")
    if url and not delay_transient_statuses:
        yield Engine("dynamodb-local", url)
        return
    options = ["-inMemory", *(["-delayTransientStatuses"] if delay_transient_statuses else [])]
    command, emulator = dynamodb_local_command(*options)
    with running(lambda port: [*command, "-port", str(port)], cwd=emulator) as url:
        yield Engine("dynamodb-local", url)


def dynamodb_local_command(*options: str) -> tuple[list[str], Path]:
    """The command that runs DynamoDB Local with OPTIONS, without the port, and the folder where to run it.

    Raises EngineUnavailable without Java, or without npm on first use.
    """
    java = program("java", "DynamoDB Local needs a Java 17 runtime, or DYNAMODB_LOCAL_URL to one that runs")
    emulator = cached(f"{_PACKAGE}-{_VERSION}", _fetch) / "package" / "emulator"
    library = "-Djava.library.path=DynamoDBLocal_lib"
    jar = ("-jar", "DynamoDBLocal.jar", "-sharedDb", "-disableTelemetry")
    return [java, *_FRUGAL, library, *jar, *options], emulator


def _fetch(directory: Path) -> None:
    npm("pack", f"{_PACKAGE}@{_VERSION}", cwd=directory)
    archive = directory / f"{_PACKAGE}-{_VERSION}.tgz"
    unpack(archive, _INTEGRITY, into=directory)
    archive.unlink()
