"""`python -m bench [AWS]`: measure the service beside what it is made of, with DynamoDB Local behind.

AWS is the AWS CLI's program. A target that is missed is reported, and is no failure: machines are noisy.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from bench.describing import loads, measure_describing
from bench.echo import running_echo
from bench.listing import measure_listing
from bench.reading import measure_reading
from bench.report import describing_lines, listing_lines, reading_lines, target_lines
from bench.tables import create_tables, description
from bench.targets import targets
from tableadmin.awsshape import from_aws
from tableadmin.v1.table_pb2 import DescribeTableResponse
from tests.engines import dynamodb_local
from tests.engines.engine import REGION
from tests.server_process import running_server


def main(aws: Path = Path(".venv-bench/bin/aws")) -> None:
    """Run everything and print it, or say at once that AWS is not there."""
    if not aws.is_file():
        sys.exit(f"bench: there is no {aws}: `make bench` installs it")
    with (
        dynamodb_local() as engine,
        running_echo() as echo,
        running_server("--endpoint-url", engine.url, "--region", REGION) as server,
    ):
        create_tables(engine)
        answer = description(engine)
        described = measure_describing(
            loads(echo, engine, server, from_aws(answer, DescribeTableResponse, []))
        )
        _show(describing_lines(described))
        reading = measure_reading(answer)
        _show(reading_lines(reading))
        listing = measure_listing(server.address, engine.url, aws)
        _show(listing_lines(listing))
        _show(target_lines(targets(described, reading, listing)))


def _show(lines: Iterable[str]) -> None:
    print(*lines, sep="\n", end="\n\n", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
