"""What docs/operate/security.md says of listeners can be done as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.cli.running import PROGRAM
from tests.server.harness.scripted_endpoint import answer, serving
from tests.server_process import clean_environment, running_server

PAGE = (Path(__file__).parents[3] / "docs" / "operate" / "security.md").read_text(encoding="utf-8")


def blocks(title: str, language: str) -> list[str]:
    """The blocks of code in LANGUAGE below the heading TITLE."""
    (section,) = re.findall(rf"^### {re.escape(title)}\n(.*?)^##", PAGE, re.DOTALL | re.MULTILINE)
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_tls_from_nothing(tmp_path: Path) -> None:
    """The commands make certificates, the server takes them, and tablectl and Python get in with them."""
    title = "TLS on one machine, from nothing"
    make = blocks("Two principals with different rights", "sh")[0]
    (use,) = blocks(title, "sh")
    (config,) = blocks(title, "toml")
    (program,) = blocks(title, "python")
    environment = clean_environment(
        XDG_CONFIG_HOME=str(tmp_path), PATH=f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    )

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout

    run("sh", "-ec", make)
    with serving(answer({"TableNames": ["Music"]})) as endpoint:
        text = config.replace("[endpoints.embedded]", f'[endpoints.local]\nendpoint_url = "{endpoint.url}"')
        text = text.replace(":50051", ":0")
        (tmp_path / "tableadmin.toml").write_text(text.replace('"tls/', f'"{tmp_path}/tls/'))
        with running_server("--config", str(tmp_path / "tableadmin.toml"), listen=None) as server:
            assert "Music" in run("sh", "-ec", use.replace("localhost:50051", server.address))
            shown = run(sys.executable, "-c", program.replace("localhost:50051", server.address))
            assert "['Music']\n" == shown
