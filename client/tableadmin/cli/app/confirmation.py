"""Asking before something is done that is not easily undone."""

from __future__ import annotations

import sys

import click

from tableadmin.cli.app.exit_codes import CommandFailed, InputError


def confirm_name(name: str, warning: str, *, yes: bool) -> None:
    """Ask for NAME to be typed; return if it was, or if YES was given. WARNING says what will be lost.

    Raises CommandFailed for another answer, and InputError where nobody is there to answer.
    """
    if yes:
        return
    _needs_a_person(warning)
    click.echo(f"{warning}.", err=True)
    answer = _answer("Type the name to confirm: ")
    if answer != name:
        raise CommandFailed(f"nothing changed: {answer!r} is not {name!r}")


def confirm(question: str, what: str, *, yes: bool) -> None:
    """Ask QUESTION; return for y and yes, or if YES was given. WHAT says what is to be done.

    Raises what `confirm_name` does.
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
    # Not click's prompt: it takes Ctrl-C for the end of the input.
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        click.echo(err=True)
    return answer.strip()
