"""A Node program with ``@grpc/grpc-js`` which has the .proto files and nothing else of this project."""

import subprocess
from pathlib import Path

import google.rpc.status_pb2

from tests.foreign.tour import tour_text
from tests.server_process import ServerProcess

_PROGRAM = Path(__file__).with_name("node") / "tour.js"
_CONTRACT = Path(__file__).parents[2] / "proto"
# googleapis-common-protos carries the .proto files of google.rpc beside their Python.
_GOOGLE = Path(google.rpc.status_pb2.__file__).parents[2]
_LINES = [
    "CreateTable answered",
    "DescribeTable answered",
    "UpdateTable answered",
    "DescribeTable answered",
    "UpdateTable answered",
    "DescribeTable answered",
    "CreateTable refused: ALREADY_EXISTS",
    "ListTables answered",
    "DeleteTable answered",
    "DescribeTable refused: NOT_FOUND",
]


def test_tour(
    node_program: tuple[str, Path], empty_server: ServerProcess, table_name: str, tmp_path: Path
) -> None:
    """grpc-js with the .proto files takes the tour, and reads the details of what is refused."""
    program, packages = node_program
    tour = tmp_path / "tour.json"
    tour.write_text(tour_text(table_name), encoding="utf-8")
    done = subprocess.run(
        [program, _PROGRAM, empty_server.address, tour, _CONTRACT, _GOOGLE],
        env={"NODE_PATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ("", 0) == (done.stderr, done.returncode)
    assert _LINES == done.stdout.splitlines()
