"""Ask for confirmation of changes that lose data or interrupt a table."""

from __future__ import annotations

import sys

import click

from tableadmin.cli.app.exit_codes import CommandFailed, InputError


def confirm_name(name: str, warning: str, *, yes: bool) -> None:
    """Show WARNING and ask the user to type NAME, unless YES was given.

    Raises CommandFailed for another answer, and InputError without a terminal.
    """
    if yes:
        return
    _needs_a_person(warning)
    click.echo(f"{warning}.", err=True)
    answer = _answer("Type the name to confirm: ")
    if answer != name:
        raise CommandFailed(f"nothing changed: {answer!r} is not {name!r}")


def confirm(question: str, what: str, *, yes: bool) -> None:
    """Ask QUESTION, unless YES was given. Return for the answers y and yes. WHAT describes the change.

    Raises what `confirm_name` raises.
    """
    if yes:
        return
    _needs_a_person(what)
    if _answer(f"{question} [y/N] ").lower() not in ("y", "yes"):
        raise CommandFailed("nothing changed")


def _needs_a_person(what: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(f"{what}. Without a terminal, tablectl requires --yes")


def _answer(prompt: str) -> str:
    click.echo(prompt, err=True, nl=False)
    # click's prompt does not distinguish Ctrl-C from the end of the input.
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        click.echo(err=True)
    return answer.strip()
