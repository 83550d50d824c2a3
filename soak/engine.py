"""DynamoDB Local on disk: an engine that can be killed and started again with its tables."""

import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.engines.dynamodb_local import dynamodb_local_command
from tests.engines.engine import Engine
from tests.engines.process import answers, free_port, leashed, stop


class DurableEngine:
    """The engine at `engine.url`, whose tables are in FOLDER."""

    def __init__(self, folder: Path) -> None:
        self._command, self._cwd = dynamodb_local_command("-dbPath", str(folder))
        self.port = free_port()
        self.engine = Engine("dynamodb-local", f"http://127.0.0.1:{self.port}")
        self._output = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Return when the engine answers; raises RuntimeError with what it wrote when it does not."""
        output = self._output.enter_context(tempfile.TemporaryFile("w+", errors="replace"))  # noqa: SIM115 - it is one
        self._process = leashed([*self._command, "-port", str(self.port)], self._cwd, output)
        if not answers(self._process, self.port):
            output.seek(0)
            raise RuntimeError(f"the engine did not answer:\n{output.read()[-2000:]}")

    def kill(self) -> None:
        """End the engine at once, as by `kill -9`."""
        if self._process is not None:
            stop(self._process)
            self._process = None
        self._output.close()
