"""A server with the policies of docs/operate/security.md, and the consoles of its principals."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tableadmin import Client
from tableadmin_server.security.authentication.static_tokens import digest_of
from tests.browser.harness.console_process import ConsoleProcess, running_console
from tests.engines import Engine
from tests.server_process import running_server

_PAGE = Path(__file__).parents[3] / "docs" / "operate" / "security.md"
_SECTION = re.compile(r"^### Approval\n(.*?)^### ", re.MULTILINE | re.DOTALL)
# What the page of the test has beside: a principal who only reads, and tables that nobody changes.
_MORE = """
@id("readers") permit (principal == User::"corp/rita", action in [Action::"read", Action::"list"], resource);
@id("frozen") @advice("Ask the archive team.")
forbid (principal, action in [Action::"write", Action::"destroy"], resource)
when { resource.name like "music-frozen-*" };
"""


@dataclass(frozen=True)
class GuardedServer:
    """Where the server listens, the engine behind, and the folder with the tokens of the principals."""

    address: str
    engine: Engine
    folder: Path

    @contextmanager
    def console(self, principal: str) -> Iterator[ConsoleProcess]:
        """The console of ana, bert or rita."""
        home = self.folder / f"{principal}-home"
        home.mkdir(exist_ok=True)
        with running_console(self.address, home, "--token-file", str(self.folder / principal)) as console:
            yield console

    def client(self, principal: str) -> Client:
        """A client of ana, bert or rita."""
        return Client(self.address, metadata=[("authorization", f"Bearer {_token(principal)}")])


@contextmanager
def guarded_server(folder: Path, engine: Engine) -> Iterator[GuardedServer]:
    """A server in front of ENGINE as the page describes it under "Approval"."""
    section = _SECTION.search(_PAGE.read_text(encoding="utf-8"))
    assert section is not None
    toml, cedar = (re.search(rf"```{name}\n(.*?)```", section[1], re.DOTALL) for name in ("toml", "cedar"))
    assert toml is not None
    assert cedar is not None
    for name in ("ana", "bert", "rita"):
        (folder / name).write_text(_token(name))
        (folder / name).chmod(0o600)
    (folder / "policies").mkdir()
    (folder / "policies" / "main.cedar").write_text(cedar[1] + _MORE)
    tokens = f"""tokens = [\n  {{ name = "rita", sha256 = "{digest_of(_token("rita"))}", groups = [] }},"""
    text = toml[1].replace("tokens = [", tokens).replace('"policies"', f'"{folder}/policies"')
    for name in ("ana", "bert"):
        text = text.replace(f"HASH-OF-{name.upper()}", digest_of(_token(name)))
    # The last table of the page's file is that of the endpoint.
    text += f'endpoint_url = "{engine.url}"\noperations_table = "guarded-operations"\n'
    (folder / "tableadmin.toml").write_text(text)
    with running_server("--config", str(folder / "tableadmin.toml")) as process:
        yield GuardedServer(process.address, engine, folder)


def _token(name: str) -> str:
    return f"token-{name}-0123456789abcdef"
