"""Run the image beside DynamoDB Local as docs/operate/container.md says, and print what is seen.

`build_and_run.sh` calls it with the image and the podman command that knows it. It ends with an
AssertionError or a CalledProcessError at the first thing that is not as promised.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tableadmin import Client, v1
from tests.engines.dynamodb_local import dynamodb_local

_START_SECONDS = 60.0
_TOO_LATE = 125
_NAME = "tableadmin-build-and-run"
# What compose.yaml asks for, too.
_HARDENING = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges")
# Without a bridge, and with limits that root may set even where it may not raise its own.
_HERE = ("--network=host", "--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096")
_MOST_MIB = 200
_COMPILERS = ("ar", "as", "c++", "cc", "clang", "g++", "gcc", "ld", "make", "rustc", "tcc")


@dataclass(frozen=True)
class Podman:
    """The podman command, with where it keeps its images."""

    command: tuple[str, ...]

    def __call__(self, *arguments: str) -> str:
        """What podman answers on standard output; raises CalledProcessError."""
        return self._run(*arguments, check=True).stdout.strip()

    def exit_code(self, *arguments: str) -> int:
        """What the command ends with."""
        return self._run(*arguments, check=False).returncode

    def log(self, container: str) -> str:
        """What a container has written on standard error."""
        return self._run("logs", container, check=True).stderr

    def _run(self, *arguments: str, check: bool) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments], check=check, capture_output=True, text=True, timeout=120
        )


def main(image: str, again: str, *command: str) -> None:
    """See the image, that another build of it is the same, then a container of it."""
    podman = Podman(command)
    _see_image(podman, image)
    _see_same(podman, image, again)
    address = f"0.0.0.0:{_free_port()}"
    with dynamodb_local() as engine, _container(podman, image, address, engine.url):
        _see_health(podman)
        _see("user", podman("exec", _NAME, "id", "-u"), "10001")
        in_use = "print('/opt/tableadmin/lib/libjemalloc.so.2' in open('/proc/1/maps').read())"
        _see("the allocator is in use", podman("exec", _NAME, "python", "-c", in_use), "True")
        _see_tables(address)
        _see_end(podman)


def _see_image(podman: Podman, image: str) -> None:
    (inspected,) = json.loads(podman("image", "inspect", image))
    (base,) = json.loads(
        podman("image", "inspect", inspected["Labels"]["org.opencontainers.image.base.name"])
    )
    sys.stdout.write(
        f"size: {inspected['Size'] >> 20} MiB, of which the base image {base['Size'] >> 20} MiB\n"
    )
    assert inspected["Size"] - base["Size"] <= _MOST_MIB << 20, f"more than {_MOST_MIB} MiB beside the base"
    as_root = ("run", "--rm", *_HERE, "--user=0", "--entrypoint=find", image, "/", "-xdev")
    names = [word for name in _COMPILERS for word in ("-o", "-name", name)][1:]
    _see("compilers", podman(*as_root, "-perm", "/111", "-type", "f,l", "(", *names, ")").split(), [])
    _see("pip caches", podman(*as_root, "-path", "*/.cache/pip*").split(), [])
    # What Debian's own Python has, which stands in for the official image, is no part of the image.
    installers = ("(", "-name", "pip", "-o", "-name", "setuptools", "-o", "-name", "ensurepip", ")")
    ours = ("run", "--rm", *_HERE, "--user=0", "--entrypoint=find", image, "/opt", "/usr/local")
    _see("installers", podman(*ours, *installers).split(), [])


def _see_same(podman: Podman, image: str, again: str) -> None:
    """Both builds have the same layers, byte for byte; else each file that differs is named."""
    first, second = ([*_files(podman, each)] for each in (image, again))
    differing = sorted({path for path, _ in {*first} ^ {*second}})
    _see("files that differ between two builds", differing, [])
    sys.stdout.write(f"files that are the same in both builds: {len(first)}\n")
    layers = [podman("image", "inspect", "--format", "{{.RootFS.Layers}}", each) for each in (image, again)]
    _see("layers of the other build", layers[1], layers[0])


def _files(podman: Podman, image: str) -> Iterator[tuple[str, str]]:
    """The files of ours in IMAGE: path, and kind, mode, owner, time, target of a link and hash."""
    find = "find /opt /usr/local -xdev -printf '%p\\t%y %m %U:%G %T@ %l\\n'"
    hashes = "find /opt /usr/local -xdev -type f -exec sha256sum {} +"
    run = ("run", "--rm", *_HERE, "--user=0", "--entrypoint=sh", image, "-c")
    contents = {path: digest for digest, path in _pairs(podman(*run, hashes), "  ")}
    for path, facts in _pairs(podman(*run, find), "\t"):
        yield path, f"{facts} {contents.get(path, '')}"


def _pairs(text: str, separator: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        first, _, second = line.partition(separator)
        yield first, second


@contextmanager
def _container(podman: Podman, image: str, address: str, engine_url: str) -> Iterator[None]:
    environment = {
        "TABLEADMIN_LISTEN": address,
        "TABLEADMIN_INSECURE_LISTEN": "true",
        "TABLEADMIN_HEALTH_ADDRESS": f"127.0.0.1:{_free_port()}",
        "TABLEADMIN_ENDPOINT_URL": engine_url,
        "TABLEADMIN_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "tableadmin",
        "AWS_SECRET_ACCESS_KEY": "tableadmin",
    }
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    podman("run", "--detach", f"--name={_NAME}", *_HERE, *_HARDENING, *variables, image)
    try:
        yield
    finally:
        podman("rm", "--force", "--time=0", _NAME)


def _see_health(podman: Podman) -> None:
    """Ask for the health as Docker would every ten seconds; without systemd podman does not by itself."""
    deadline = time.monotonic() + _START_SECONDS
    while podman.exit_code("healthcheck", "run", _NAME) and time.monotonic() < deadline:
        time.sleep(0.2)
    _see("health", _inspected(podman, ".State.Healthcheck.Status"), "healthy")
    podman("kill", "--signal=STOP", _NAME)
    _see("health check of a frozen server", _checked(podman), 1)
    podman("kill", "--signal=CONT", _NAME)
    _see("health check of it thawed", _checked(podman), 0)


def _checked(podman: Podman) -> int:
    """The exit code of a health check that has ended in its time: podman itself ends with 125 otherwise."""
    deadline = time.monotonic() + _START_SECONDS
    while (code := podman.exit_code("healthcheck", "run", _NAME)) == _TOO_LATE:
        assert time.monotonic() < deadline, f"no health check ended in its time for {_START_SECONDS} s"
    return code


def _see_tables(address: str) -> None:
    with Client(address) as client:
        _see("tables", list(client.list_tables().table_names), [])
        client.create_table(
            table_name="Music",
            attribute_definitions=[
                v1.AttributeDefinition(
                    attribute_name="Artist", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
                )
            ],
            key_schema=[v1.KeySchemaElement(attribute_name="Artist", key_type=v1.KeyType.KEY_TYPE_HASH)],
            billing_mode=v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST,
        )
        _see("tables after create", list(client.list_tables().table_names), ["Music"])
        _see("tables to tablectl", _tablectl("--server", address, "table", "list"), "Music")
        client.delete_table(table_name="Music")
        _see("tables after delete", list(client.list_tables().table_names), [])


def _tablectl(*arguments: str) -> str:
    command = [sys.executable, "-m", "tableadmin.cli", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout.strip()


def _see_end(podman: Podman) -> None:
    """SIGTERM, and SIGKILL after 20 seconds, which would end it with 137."""
    started = time.monotonic()
    podman("stop", "--time=20", _NAME)
    _see("exit code after SIGTERM", _inspected(podman, ".State.ExitCode"), "0")
    sys.stdout.write(f"stopped within {time.monotonic() - started:.1f} s\n")
    events = [json.loads(line)["event"] for line in podman.log(_NAME).splitlines()]
    _see("last events", events[-2:], ["server started draining", "server stopped"])


def _inspected(podman: Podman, field: str) -> str:
    return podman("inspect", "--format", f"{{{{{field}}}}}", _NAME)


def _see(what: str, seen: object, expected: object) -> None:
    sys.stdout.write(f"{what}: {seen}\n")
    assert expected == seen, f"{what}: expected {expected!r}, seen {seen!r}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


if __name__ == "__main__":
    main(*sys.argv[1:])
