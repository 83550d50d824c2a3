"""Ctrl-C at any moment of a run of tablectl, in a process of its own."""

import subprocess
import sys

import pytest

_COMMAND = """
import signal, sys, threading
from tableadmin.cli import main
from tableadmin.cli.app import group, program

def interrupt(*_):
    signal.raise_signal(signal.SIGINT)

class Interrupting:
    def __del__(self):
        interrupt()

def in_a_finalizer():
    Interrupting()
    threading.Event().wait()

def at_the_end_after_a_finalizer():
    Interrupting()

def converted():
    try:
        interrupt()
    except KeyboardInterrupt as error:
        raise RuntimeError("Error calling __set_name__") from error

def twice():
    try:
        interrupt()
    finally:
        interrupt()

def swallowed():
    try:
        interrupt()
    except KeyboardInterrupt:
        pass

def in_the_last_flush():
    sys.stdout.flush = interrupt

def alone():
    interrupt()

sys.argv = ["tablectl", "probe"]
program.tablectl.add_command(group.Command("probe", callback=globals()[MOMENT], example=""))
main()
"""


@pytest.mark.parametrize(
    "moment",
    [
        "alone",
        "converted",
        "swallowed",
        "twice",
        "in_a_finalizer",
        "at_the_end_after_a_finalizer",
        "in_the_last_flush",
    ],
)
def test_ctrl_c_in_a_command(moment: str) -> None:
    """Ctrl-C ends the run with 130 and an empty line, whatever a library made of KeyboardInterrupt."""
    assert (130, "", "\n") == _ended(_COMMAND.replace("MOMENT", repr(moment)))


_LOADING = """
import signal, sys
from tableadmin.cli import interrupts, main

lines = 0

def interrupt(frame, event, _):
    global lines
    lines += event == "line"
    if lines == LAST:
        sys.settrace(None)
        signal.raise_signal(signal.SIGINT)
    return interrupt

sys.argv = ["tablectl", "schema"]
install, exit_ = interrupts.install, interrupts.os._exit

def traced():
    install()
    sys.settrace(interrupt)

def counted(code):
    sys.settrace(None)
    if LAST < 0:
        sys.stderr.write(str(lines))
        sys.stderr.flush()
    exit_(code)

interrupts.install, interrupts.os._exit = traced, counted
main()
"""


def test_ctrl_c_at_any_line() -> None:
    """Ctrl-C ends the run with 130 and an empty line, from the first line of tablectl to the last one."""
    code, _, counted = _ended(_LOADING.replace("LAST", "-1"))
    assert 0 == code, counted
    lines = int(counted)
    for last in (1, *(lines * part // 10 for part in range(1, 10)), lines - 3, lines - 1, lines):
        code, _, text = _ended(_LOADING.replace("LAST", str(last)))
        assert (130, "\n") == (code, text), last


def test_an_ignored_signal_stays_ignored() -> None:
    """A process that is started with SIGINT ignored, as by `nohup`, goes on."""
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    assert (0, "", "") == _ended(ignore + _COMMAND.replace("MOMENT", "'alone'"))


def _ended(script: str) -> tuple[int, str, str]:
    """Run SCRIPT as a process. Return its exit code and what it wrote to the standard streams."""
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr
