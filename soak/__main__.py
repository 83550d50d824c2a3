"""`python -m soak SECONDS`: a mixed load while everything breaks. Nothing may be lost, doubled or leaked.

Two servers with TLS, policies and an audit stand in front of DynamoDB Local. The exit code is 1 if an effect
was lost or made twice, something leaks, or a call ends as none may. The report is also written as JSON.
"""

import argparse
import asyncio
import secrets
import sys
from pathlib import Path

from soak.run import soak


def main() -> int:
    """Run a soak as the arguments say; the exit code."""
    arguments = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    arguments.add_argument("seconds", type=float, help="how long callers call, in seconds")
    arguments.add_argument("--seed", type=int, default=secrets.randbits(32), help="decides what breaks when")
    arguments.add_argument(
        "--json",
        type=Path,
        default=Path("dist/soak.json"),
        help="where the JSON goes, beside the logs",
    )
    given = arguments.parse_args()
    print(f"Soak of {given.seconds:.0f} s, seed {given.seed}, begins", flush=True)
    folder = given.json.parent
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("soak-*.log"):
        old.unlink()
    report = asyncio.run(soak(given.seconds, given.seed, folder))
    print(*report.lines(), sep="\n", flush=True)
    report.write(given.json)
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
