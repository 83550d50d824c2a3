"""Foreign clients that this machine does not have."""

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import EngineUnavailable
from tests.foreign import tools


@pytest.mark.parametrize(
    ("tool", "advice"),
    [
        (tools.node, "node is not installed: the Node client needs Node.js 18 or later with npm"),
        (tools.grpcurl, "grpcurl is not installed: install grpcurl 1.8.6 or later"),
        (tools.kubectl, "kubectl is not installed: install kubectl 1.30 or later"),
        (tools.prometheus, "apt-get is not installed: install prometheus 2.42 or later, which has promtool"),
    ],
)
def test_missing_tool_says_what_to_install(
    tool: Callable[[], object], advice: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A client that is not there, nor runs here if fetched, is unavailable, with advice."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(EngineUnavailable, match=advice):
        tool()


@pytest.mark.parametrize(
    ("ci", "ending"),
    [("true", pytest.fail.Exception), ("1", pytest.fail.Exception), ("", pytest.skip.Exception)],
)
def test_missing_tool_under_pytest(
    ci: str, ending: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that cannot be had skips its tests with advice, and fails them in CI."""

    def missing() -> str:
        raise EngineUnavailable("install it")

    monkeypatch.setenv("CI", ci)
    with pytest.raises(ending, match="install it"):
        tools.required(missing)
