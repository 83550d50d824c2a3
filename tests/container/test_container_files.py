"""The Dockerfile, .dockerignore and compose.yaml, as far as they can be judged without a container."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tableadmin_server.command import command
from tests.server_process import running_server

_ROOT = Path(__file__).parents[2]
_COMPOSE = yaml.safe_load((_ROOT / "compose.yaml").read_text(encoding="utf-8"))


def _stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage of the Dockerfile: keyword and the rest, continued lines joined."""
    text = (_ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    instructions = [(keyword, rest) for keyword, _, rest in (line.partition(" ") for line in lines)]
    starts = [at for at, (keyword, _) in enumerate(instructions) if keyword == "FROM"]
    return [instructions[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _final(keyword: str) -> str:
    """The one instruction of that keyword in the stage that becomes the image."""
    (rest,) = [rest for found, rest in _stages()[-1] if found == keyword]
    return rest


def _environment(service: str) -> dict[str, str]:
    environment: dict[str, str] = _COMPOSE["services"][service]["environment"]
    return environment


def _checked_health(address: str, **environment: str) -> int:
    """Run the image's HEALTHCHECK with this Python against a server here; the exit code."""
    _, _, check = _final("HEALTHCHECK").partition(" CMD ")
    _, *arguments = json.loads(check)
    variables = os.environ | environment | {"TABLEADMIN_HEALTH_ADDRESS": address}
    result = subprocess.run([sys.executable, *arguments], env=variables, capture_output=True, check=False)
    return result.returncode


def test_hadolint() -> None:
    """Hadolint has nothing to say about the Dockerfile."""
    hadolint = Path(sys.executable).with_name("hadolint")
    result = subprocess.run([hadolint, "Dockerfile"], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (result.returncode, result.stdout + result.stderr)


def test_user() -> None:
    """The image runs as a user given by number, who is not root."""
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", _final("USER"))


def test_final_stage_builds_nothing() -> None:
    """The image is the base and what is copied from the builder: nothing is installed into it."""
    assert "RUN" not in [keyword for keyword, _ in _stages()[-1]]


def test_entrypoint() -> None:
    """The image starts a command that the package installs."""
    (script,) = json.loads(_final("ENTRYPOINT"))
    assert script in entry_points(group="console_scripts").names


def test_port() -> None:
    """The port that compose.yaml has the server listen at is the one that is exposed and published."""
    port = _environment("tableadmin")["TABLEADMIN_LISTEN"].rpartition(":")[2]
    assert port == _final("EXPOSE")
    assert [f"127.0.0.1:50051:{port}"] == _COMPOSE["services"]["tableadmin"]["ports"]


def test_an_image_alone_listens_on_loopback() -> None:
    """The image by itself opens nothing to other machines: neither calls nor health checks."""
    assert "TABLEADMIN_LISTEN" not in _final("ENV")
    assert re.search(r"TABLEADMIN_HEALTH_ADDRESS=127\.0\.0\.1:\d+", _final("ENV"))


def test_version() -> None:
    """The image's label says the package's version."""
    assert f'org.opencontainers.image.version="{version("tableadmin")}"' in _final("LABEL")


def test_base() -> None:
    """Each stage begins with the base that the build is given, or a stage that does; the label names it."""
    froms = [rest.split() for keyword, rest in (stage[0] for stage in _stages()) if keyword == "FROM"]
    names = {words[-1] for words in froms if "AS" in words}
    assert {words[0] for words in froms} <= {"${BASE}", *names}
    first = (_ROOT / "Dockerfile").read_text(encoding="utf-8").partition("\nFROM ")[0]
    base = re.search(r'image\.base\.name="([^"]+)"', _final("LABEL"))
    assert base
    assert f"\nARG BASE={base[1]}\n" in first


def test_same_build() -> None:
    """A build carries no time of its own and compiles sets in one order: builds of a source agree."""
    builder = _stages()[0]
    (variables,) = [rest for keyword, rest in builder if keyword == "ENV"]
    assert ["SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}", "PYTHONHASHSEED=0"] == variables.split()
    (run,) = [rest for keyword, rest in builder if keyword == "RUN"]
    assert 2 == run.count("--no-compile")
    assert "compileall -q --invalidation-mode unchecked-hash" in run


def test_allocator() -> None:
    """The image sets the allocator that it holds, and has Python use it for all objects."""
    assert f"LD_PRELOAD={_final_copy('allocator')}libjemalloc.so.2" in _final("ENV").split()
    assert "PYTHONMALLOC=malloc" in _final("ENV").split()


def _final_copy(stage: str) -> str:
    """Where the image has what it takes of STAGE."""
    (target,) = [
        rest.split()[-1]
        for keyword, rest in _stages()[-1]
        if keyword == "COPY" and f"--from={stage}" in rest.split()
    ]
    return target


def test_ignored() -> None:
    """The build's context holds what the Dockerfile copies from it, and nothing else."""
    lines = (_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [source for keyword, rest in _stages()[0] if keyword == "COPY" for source in rest.split()[:-1]]
    assert "*" in lines
    assert sorted(copied) == sorted(line.removeprefix("!") for line in lines if line.startswith("!"))


def _pinned(extras: str) -> dict[str, str]:
    """The version of each package that the image with EXTRAS installs, each with a hash."""
    text = (_ROOT / "server" / "locks" / f"{extras}.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==(\S+)(?: ;.*?)? \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))
    return {canonicalize_name(name): pinned for name, pinned in pins}


@pytest.mark.parametrize("extras", ["server,server-otel", "server,server-otel,embedded"])
def test_locks(extras: str) -> None:
    """The image installs only pinned packages, in versions that pyproject.toml allows."""
    (install,) = [rest for keyword, rest in _stages()[0] if keyword == "RUN"]
    assert '--require-hashes        --requirement "server/locks/${EXTRAS}.txt"' in install
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    needed = [*project["dependencies"], *(each for extra in extras.split(",") for each in optional[extra])]
    pinned = _pinned(extras)
    for requirement in map(Requirement, needed):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)], prereleases=True)


def test_lock_of_the_build() -> None:
    """The package is built by pinned packages alone, those that [build-system] asks for."""
    (install,) = [rest for keyword, rest in _stages()[0] if keyword == "RUN"]
    assert "install --no-cache-dir --require-hashes --requirement server/locks/build.txt" in install
    assert 1 == install.count("--no-build-isolation")
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"]["requires"] == project["dependency-groups"]["build"]
    pinned = _pinned("build")
    for requirement in map(Requirement, project["dependency-groups"]["build"]):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])


def test_health_of_a_server() -> None:
    """The health check succeeds for a server that serves, even where a proxy is configured."""
    flags = (
        "--endpoint-url",
        "http://127.0.0.1:1",
        "--region",
        "us-west-2",
        "--health-address",
        "127.0.0.1:0",
    )
    with running_server(*flags, "--health-address", "127.0.0.1:0") as server:
        assert server.health_address
        assert 0 == _checked_health(server.health_address, http_proxy="http://127.0.0.1:1", no_proxy="")


def test_health_of_nothing() -> None:
    """The health check fails with 1, the code that Docker asks for, where nothing serves."""
    assert 1 == _checked_health("127.0.0.1:1")


@pytest.mark.parametrize(
    "name", [name for name in _environment("tableadmin") if name.startswith("TABLEADMIN")]
)
def test_variables(name: str) -> None:
    """Each TABLEADMIN variable of compose.yaml is a flag of the server."""
    assert name.removeprefix("TABLEADMIN_").lower() in [parameter.name for parameter in command.params]


def test_engine_of_compose() -> None:
    """compose.yaml points the server at its DynamoDB Local, once that answers."""
    endpoint = urlsplit(_environment("tableadmin")["TABLEADMIN_ENDPOINT_URL"])
    engine: dict[str, Any] = _COMPOSE["services"][endpoint.hostname]
    assert re.fullmatch(r"amazon/dynamodb-local:\d+\.\d+\.\d+", engine["image"])
    assert 8000 == endpoint.port
    assert f"http://localhost:{endpoint.port}" in engine["healthcheck"]["test"]
    assert {endpoint.hostname: {"condition": "service_healthy"}} == _COMPOSE["services"]["tableadmin"][
        "depends_on"
    ]


def test_schema_of_compose() -> None:
    """compose.yaml is valid by the schema of the Compose specification, which allows no unknown keys."""
    check = Path(sys.executable).with_name("check-jsonschema")
    command = [str(check), "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    result = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert 0 == result.returncode, result.stdout + result.stderr


def _mounted(service: str) -> dict[str, Path]:
    """The files and folders of the tree that compose.yaml mounts into SERVICE, read-only, by their places."""
    mounts = [each.split(":") for each in _COMPOSE["services"][service]["volumes"]]
    assert {"ro"} == {mode for _, _, mode in mounts}
    return {target: _ROOT / source for source, target, _ in mounts}


def test_prometheus_of_compose() -> None:
    """Prometheus has the configuration and the alerts, and scrapes the server where it has its metrics."""
    folder = _mounted("prometheus")["/etc/prometheus"]
    config = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))
    assert all((folder / name).is_file() for name in config["rule_files"])
    ((target,),) = [each["targets"] for job in config["scrape_configs"] for each in job["static_configs"]]
    host, _, port = target.partition(":")
    assert f"0.0.0.0:{port}" == _environment(host)["TABLEADMIN_METRICS_ADDRESS"]
    # It is not published: the metrics need no credentials.
    assert not any(port in each for each in _COMPOSE["services"][host]["ports"])


def test_grafana_of_compose() -> None:
    """Grafana finds its Prometheus and the dashboard."""
    mounted = _mounted("grafana")
    provisioning = mounted["/etc/grafana/provisioning"]
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    url = urlsplit(source["url"])
    assert "prometheus" == source["type"]
    assert url.hostname in _COMPOSE["services"]
    assert f"127.0.0.1:{url.port}:{url.port}" in _COMPOSE["services"][url.hostname]["ports"]
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "tableadmin.yaml").read_text())["providers"]
    (dashboard,) = [
        path for target, path in mounted.items() if target.startswith(provider["options"]["path"])
    ]
    assert "tableadmin" == json.loads(dashboard.read_text(encoding="utf-8"))["uid"]


@pytest.mark.parametrize("name", _COMPOSE["services"])
def test_ports_of_compose(name: str) -> None:
    """What compose.yaml publishes, this machine alone reaches, and what has no version is built here."""
    service = _COMPOSE["services"][name]
    assert all(each.startswith("127.0.0.1:") for each in service.get("ports", []))
    assert "build" in service or re.fullmatch(r"[\w/-]+:v?\d+\.\d+\.\d+", service["image"])


def test_credentials_of_compose() -> None:
    """The dummy access key has letters and digits only: DynamoDB Local 2 refuses others."""
    assert _environment("tableadmin")["AWS_ACCESS_KEY_ID"].isalnum()
