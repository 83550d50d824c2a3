"""`python -m bench [AWS]`: measure the service beside what it is made of, with DynamoDB Local behind.

The figures are printed, and kept in docs/reference/: bench.md, bench.json and bench.png.
AWS is the AWS CLI's program.
A target that is missed is reported, and is no failure: machines are noisy.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import pages
from bench.load.echo import running_echo
from bench.load.tables import create_tables, description
from bench.measuring import measure_counting, measure_metrics, metrics_lines, metrics_targets
from bench.parts.applying import FLAGS, applying_lines, applying_targets, measure_applying
from bench.parts.auditing import auditing_lines, auditing_targets, measure_auditing
from bench.parts.authorizing import (
    authorizing_lines,
    authorizing_targets,
    measure_authorizing,
    measure_decisions,
)
from bench.parts.console import console_lines, console_targets, measure_console
from bench.parts.dead_endpoints import dead_endpoints_lines, dead_endpoints_targets, measure_dead_endpoints
from bench.parts.describing import Described, loads, measure_describing
from bench.parts.fan_out import fan_out_lines, fan_out_targets, measure_fan_out
from bench.parts.inventory import measure_inventory
from bench.parts.listing import measure_listing
from bench.parts.logs import log_lines, log_targets, measure_line
from bench.parts.reading import measure_reading
from bench.parts.replicas import NoQuotaError, measure_replicas, replicas_lines, replicas_targets
from bench.parts.securing import (
    measure_secured_reads,
    measure_secured_watching,
    securing_lines,
    securing_targets,
)
from bench.parts.sharing import measure_sharing
from bench.parts.tracing import measure_tracing, tracing_lines, tracing_targets
from bench.parts.watching import measure_watching, measure_watching_in_image
from bench.report import (
    describing_lines,
    image_lines,
    inventory_lines,
    listing_lines,
    reading_lines,
    sharing_lines,
    target_lines,
    watching_lines,
)
from bench.targets import (
    Target,
    call_targets,
    image_targets,
    inventory_targets,
    sharing_targets,
    watching_targets,
)
from tableadmin.awsshape import from_aws
from tableadmin.v1.table_pb2 import DescribeTableResponse
from tests.engines import Engine, dynamodb_local, ministack
from tests.engines.engine import REGION
from tests.server_process import running_server


def main(aws: Path = Path(".venv-bench/bin/aws")) -> None:
    """Run everything and print it, or say at once that AWS is not there."""
    if not aws.is_file():
        sys.exit(f"bench: there is no {aws}: `make bench` installs it")
    with dynamodb_local() as engine:
        create_tables(engine)
        described, of_calls = _calls(engine, aws)
        targets = [*of_calls, *_watches(engine), *_metrics(engine)]
        targets += [*_replicas(engine), *_dead_endpoints(engine)]
    targets += [*_inventory(), *_applying(), *_fan_out(), *_auditing(), *_authorizing(), *_console()]
    _show(target_lines(targets))
    pages.write(_shown, described, targets, aws.with_name("python"))


def _calls(engine: Engine, aws: Path) -> tuple[Described, Sequence[Target]]:
    with (
        running_echo() as echo,
        running_server("--endpoint-url", engine.url, "--region", REGION, fresh=True) as server,
    ):
        answer = description(engine)
        contenders = loads(echo, engine, server, from_aws(answer, DescribeTableResponse, []))
        described = measure_describing(contenders)
        _show(describing_lines(described))
        sharing = measure_sharing(contenders["echo"], engine, server)
        _show(sharing_lines(sharing))
        reading = measure_reading(answer)
        _show(reading_lines(reading))
        listing = measure_listing(server.address, engine.url, aws)
        _show(listing_lines(listing))
    return described, [*call_targets(described, reading, listing), *sharing_targets(sharing)]


def _auditing() -> Iterable[Target]:
    with ministack() as engine:
        create_tables(engine)
        auditing = measure_auditing(engine)
    _show(auditing_lines(auditing))
    return auditing_targets(auditing)


def _authorizing() -> Iterable[Target]:
    decisions = measure_decisions()
    with dynamodb_local() as engine:
        create_tables(engine)
        described = measure_authorizing(engine)
    _show(authorizing_lines(decisions, described))
    return authorizing_targets(decisions, described)


def _console() -> Iterable[Target]:
    figures = measure_console()
    _show(console_lines(figures))
    return console_targets(figures)


def _watches(engine: Engine) -> Iterable[Target]:
    watching = measure_watching(engine)
    _show(watching_lines(watching))
    in_image = measure_watching_in_image(engine)
    _show(image_lines(in_image))
    reads, secured = measure_secured_reads(engine), measure_secured_watching(engine)
    _show(securing_lines(reads, secured))
    return *watching_targets(watching), *image_targets(in_image), *securing_targets(reads, secured)


def _metrics(engine: Engine) -> Iterable[Target]:
    counting, measured = measure_counting(), measure_metrics(engine)
    _show(metrics_lines(counting, measured))
    traced = measure_tracing(engine)
    _show(tracing_lines(traced))
    line = measure_line()
    _show(log_lines(*line))
    return *metrics_targets(counting, measured), *tracing_targets(traced), *log_targets(*line)


def _dead_endpoints(engine: Engine) -> Iterable[Target]:
    measured = measure_dead_endpoints(engine)
    _show(dead_endpoints_lines(measured))
    return dead_endpoints_targets(measured)


def _replicas(engine: Engine) -> Iterable[Target]:
    try:
        replicas = measure_replicas(engine)
    except NoQuotaError as error:
        _show([f"Two replicas were not measured: no CPU quota by cgroup v1 here: {error}"])
        return ()
    _show(replicas_lines(replicas))
    return replicas_targets(replicas)


def _inventory() -> Iterable[Target]:
    with (
        ministack() as engine,
        running_server("--endpoint-url", engine.url, "--region", REGION, fresh=True) as server,
    ):
        inventory = measure_inventory(engine, server.address)
    _show(inventory_lines(inventory))
    return inventory_targets(inventory)


def _fan_out() -> Iterable[Target]:
    with (
        ministack() as engine,
        running_server("--endpoint-url", engine.url, "--region", REGION, "--operations-table", "") as server,
    ):
        fan_out = measure_fan_out(engine, server.address)
    _show(fan_out_lines(fan_out))
    return fan_out_targets(fan_out)


def _applying() -> Iterable[Target]:
    with (
        ministack() as engine,
        running_server("--endpoint-url", engine.url, "--region", REGION, *FLAGS, fresh=True) as server,
    ):
        applying = measure_applying(engine, server.address)
    _show(applying_lines(applying))
    return applying_targets(applying)


# What was shown, for the page.
_shown: list[str] = []


def _show(lines: Iterable[str]) -> None:
    found = [*lines, ""]
    _shown.extend(found)
    print(*found, sep="\n", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
