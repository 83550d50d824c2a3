"""What the command line gives for the settings, wherever in it they stand."""

from __future__ import annotations

from typing import cast

import click

_GIVEN = "tableadmin.cli.app.given"


def given(ctx: click.Context) -> dict[str, str]:
    """The settings that the command line of CTX gives, as texts by name."""
    return cast("dict[str, str]", ctx.meta.setdefault(_GIVEN, {}))
