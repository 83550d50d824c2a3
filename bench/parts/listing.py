"""`tablectl table list` against `aws dynamodb list-tables`: processes from start to end."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.engines.engine import REGION
from tests.server_process import clean_environment

_ROUNDS = 11


@dataclass(frozen=True)
class Listing:
    """Milliseconds of wall time that a listing of all tables takes."""

    tablectl: float
    aws: float


def measure_listing(server: str, engine_url: str, aws: Path) -> Listing:
    """List the tables by turns: through the service at SERVER, and with the program AWS from the engine."""
    commands = [
        [str(Path(sys.executable).with_name("tablectl")), "--server", server, "table", "list"],
        [str(aws), "dynamodb", "list-tables", "--endpoint-url", engine_url, "--region", REGION],
    ]
    # The first round is not counted: it fills the caches of files and of compiled modules.
    rounds = [[_seconds(command) for command in commands] for _ in range(_ROUNDS + 1)][1:]
    tablectl, of_aws = zip(*rounds, strict=True)
    return Listing(median(tablectl) * 1e3, median(of_aws) * 1e3)


def _seconds(command: Sequence[str]) -> float:
    environment = clean_environment(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench")
    # What is installed has its bytecode beside it; the first round writes that of a checkout.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin
