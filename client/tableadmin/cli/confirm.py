"""Asking before something is lost."""

from __future__ import annotations

import sys

import click

from tableadmin.cli.endings import Refusal


def confirm(name: str, warning: str, *, yes: bool) -> None:
    """Ask for NAME to be typed; return if it was, or if YES was given. WARNING says what will be lost.

    Raises Refusal for another answer, and where nobody is there to answer.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refusal(f"{warning}: needs --yes where there is no terminal to ask")
    click.echo(f"{warning}.", err=True)
    click.echo("Type its name to go on: ", err=True, nl=False)
    # Not click's prompt: it takes Ctrl-C for the end of the input.
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        click.echo(err=True)
    if answer.strip() != name:
        raise Refusal(f"nothing was done: {answer.strip()!r} is not {name!r}")
