"""Compare the Regions in spec files with the Region of the endpoint."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.app.session import Session
from tableadmin.cli.specs.spec_files import LoadedSpec, print_notes

any_region_option = click.option(
    "--any-region",
    "any_region",
    is_flag=True,
    help="Apply specs even if a file names a Region other than the Region of the endpoint.",
)


def mismatches(session: Session, loaded: Sequence[LoadedSpec]) -> list[str]:
    """Return a line for each of the specs LOADED whose file names a Region other than the endpoint's.

    If no file names a Region, the service is not called. Raises TableAdminError.
    """
    if not any(each.region for each in loaded):
        return []
    here = session.region()
    return [
        f"{each.file}: table {each.spec.table_name} is in {each.region}, but the endpoint is in {here}"
        for each in loaded
        if each.region and here and each.region != here
    ]


def tell(session: Session, loaded: Sequence[LoadedSpec]) -> list[str]:
    """Print the `mismatches`, and return them."""
    found = mismatches(session, loaded)
    print_notes(found)
    return found


def check(session: Session, loaded: Sequence[LoadedSpec], *, any_region: bool) -> None:
    """Print the `mismatches`. Raises CommandFailed if there are any, unless ANY_REGION."""
    found = tell(session, loaded)
    if found and not any_region:
        raise CommandFailed(f"nothing changed: {found[0]}; to apply it here, give --any-region")
