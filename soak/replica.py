"""A server process that is killed, stopped, frozen and started again, and what it shows of itself."""

import json
import signal
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from soak.clock import Clock
from soak.leaks import Sample
from soak.proxy import Proxy
from tests.server_process import ServerProcess, running_server

_TASKS = "tableadmin_event_loop_tasks"
_SCRAPE_SECONDS = 10.0


class Replica:
    """The server NAME at ADDRESS, with the configuration file CONFIG, which reaches the engine by PROXY.

    What the server logs is added to a file in the folder LOGS.
    """

    def __init__(self, name: str, address: str, config: Path, proxy: Proxy, logs: Path) -> None:
        self.name = name
        self.address = address
        self.proxy = proxy
        # The errors that the server has logged, by what is logged.
        self.errors: Counter[str] = Counter()
        self.clock = Clock(config.with_suffix(".clock"))
        self._config = config
        self._logs = logs
        self._running = ExitStack()
        self._process: ServerProcess | None = None

    @property
    def process(self) -> ServerProcess:
        """The process, which runs."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start, and return when calls are answered."""
        flags = ("--config", str(self._config), "--log-level", "warning")
        server = running_server(*flags, env=self.clock.environment, fresh=True, listen=None)
        self._process = self._running.enter_context(server)

    def stop(self, number: signal.Signals) -> int:
        """End by the signal NUMBER; the exit code."""
        process = self.process
        process.process.send_signal(number)
        code = process.process.wait(60)
        self.close()
        return code

    def close(self) -> None:
        """Leave nothing running, and keep what was logged."""
        if self._process is not None:
            self._note(self._process.log)
            self._process = None
        self._running.close()

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self.process.process.send_signal(number)

    def sample(self) -> Sample:
        """What the process holds now."""
        with urlopen(f"http://{self.process.metrics_address}/metrics", timeout=_SCRAPE_SECONDS) as response:
            families = text_string_to_metric_families(response.read().decode())
        values = {each.name: each.value for family in families for each in family.samples}
        status = Path(f"/proc/{self.process.process.pid}/status").read_text()
        threads = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Threads:"))
        return Sample(
            memory=int(values["process_resident_memory_bytes"]),
            tasks=int(values[_TASKS]),
            threads=threads,
            descriptors=int(values["process_open_fds"]),
        )

    def _note(self, log: str) -> None:
        with (self._logs / f"soak-{self.name}.log").open("a") as kept:
            kept.write(log)
        for line in log.splitlines():
            with suppress(ValueError):
                entry = json.loads(line)
                if entry.get("level") in {"error", "critical"}:
                    self.errors[f"{entry.get('event')} {entry.get('loop', '')}".strip()] += 1
                continue
            self.errors[f"not JSON: {line[:80]}"] += 1
