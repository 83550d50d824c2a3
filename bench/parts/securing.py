"""What mutual TLS, identity and policies cost together: a hot read, and watchers by the thousand."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load.channels import ClientFiles
from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from bench.parts.describing import Described
from bench.parts.watching import MOST, Watching, measure_most
from bench.report import figures_lines, watching_lines
from bench.targets import Target
from tableadmin.v1 import DescribeTableRequest
from tests.authority import Authority, chain
from tests.engines.engine import REGION, Engine
from tests.server_process import ServerProcess, running_server

_CALLERS = 16
_METHOD = "/tableadmin.v1.TableAdmin/DescribeTable"
_BOUND = 1.15
_KB_EACH_BOUND = 30

_CONFIG = """
[[listeners]]
address = "127.0.0.1:0"
tls = {{ cert = "{cert}", key = "{key}", client_ca = "{client_ca}" }}
authenticators = ["mesh"]

[authenticators.mesh]
kind = "certificate"
principals = "Service"
common_name = "client"

[policies]
folder = "{policies}"

[limits]
calls_per_second = 100000
burst = 100000
concurrent_calls = 20000
streams = 20000

[endpoints.local]
endpoint_url = "{url}"
region = "{region}"
operations_table = ""
"""
_POLICY = '@id("client") permit (principal == Service::"mesh/client", action, resource);'


@contextmanager
def secured(engine: Engine) -> Iterator[tuple[ServerProcess, ClientFiles]]:
    """A server in front of ENGINE with mutual TLS and policies, and what its client needs."""
    authority = Authority()
    with tempfile.TemporaryDirectory(prefix="tableadmin-secured-") as name:
        folder = Path(name)
        (folder / "policies").mkdir()
        (folder / "policies" / "main.cedar").write_text(_POLICY)
        tls = authority.write_server(folder, authority)
        config = folder / "server.toml"
        config.write_text(_CONFIG.format(**tls, policies=folder / "policies", url=engine.url, region=REGION))
        client = authority.client()
        files = ClientFiles(authority.pem, client.private_key_pem.bytes(), chain(client))
        with running_server("--config", str(config), fresh=True, listen=None) as server:
            yield server, files


def measure_secured_reads(engine: Engine) -> Described:
    """Callers who describe tables of ENGINE, by turns with everything and with nothing."""
    flags = ("--endpoint-url", engine.url, "--region", REGION, "--operations-table", "")
    payloads = [DescribeTableRequest(table_name=name).SerializeToString() for name in NAMES]
    with running_server(*flags, fresh=True) as plain, secured(engine) as (server, files):
        return by_turns(
            {
                ("plain", _CALLERS): RpcLoad(plain.address, plain.process.pid, _METHOD, payloads),
                ("secured", _CALLERS): RpcLoad(
                    server.address, server.process.pid, _METHOD, payloads, files=files
                ),
            }
        )


def measure_secured_watching(engine: Engine) -> Watching:
    """The most watchers of a table of ENGINE that there may be, each with mutual TLS."""
    with secured(engine) as (server, files):
        return measure_most(server, engine, files)


def securing_lines(reads: Described, watching: Watching) -> Iterator[str]:
    """A line for each contender, and one for the watchers."""
    yield "DescribeTable, with mutual TLS, identity and policies, and without"
    yield from figures_lines(reads)
    yield "Watchers with mutual TLS, identity and policies"
    yield from watching_lines([watching])


def securing_targets(reads: Described, watching: Watching) -> Iterable[Target]:
    """Of a hot read, and of watchers, whose bounds are those of watchers without security."""
    ratio = reads["secured", _CALLERS].cpu / reads["plain", _CALLERS].cpu
    yield Target("CPU of a hot read, with mutual TLS, identity and policies / without", ratio, _BOUND)
    yield Target(f"{MOST} watchers with mutual TLS: errors", len(watching.errors), 0)
    each = (watching.during - watching.before) / MOST / 1024
    yield Target(f"{MOST} watchers with mutual TLS: KB of memory each", each, _KB_EACH_BOUND)
