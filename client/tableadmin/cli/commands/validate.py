"""`tablectl validate`: list the errors in spec files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, aws, pass_session
from tableadmin.cli.output.blocks import Lines
from tableadmin.cli.specs import planning, spec_files
from tableadmin.cli.specs.spec_files import SpecOptions

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.specs.spec_files import LoadedSpec
    from tableadmin.v1 import SpecViolation, ValidateTablesResponse


@click.command(cls=Command, example="tablectl validate -f tables.yaml")
@spec_files.spec_options(required=True)
@pass_session
def validate(session: Session, spec_options: SpecOptions) -> None:
    """Check specs and list every violation.

    The service checks the specs without calls to AWS. The exit code is 1 if there are violations.
    """
    loaded, notes = spec_files.read(spec_options, session.region)
    response = session.client.validate(each.spec for each in loaded)
    _show(session, response, loaded, notes)
    if response.violations:
        raise CommandFailed(planning.count_violations(response, loaded))


def _show(
    session: Session, response: ValidateTablesResponse, loaded: Sequence[LoadedSpec], notes: Sequence[str]
) -> None:
    found = response.violations
    if session.in_blocks:
        are = "is" if len(loaded) == 1 else "are"
        valid = [f"{planning.count(len(loaded))} {are} valid"]
        session.show_blocks([Lines(planning.violation_lines(found, loaded) or valid)])
    else:
        answer: AwsDict = {"Violations": [_record(each, loaded) for each in found]}
        session.show_document(planning.add_notes(answer, "Notes", notes))


def _record(violation: SpecViolation, loaded: Sequence[LoadedSpec]) -> AwsDict:
    files = [each.file for each in loaded if each.spec.table_name == violation.table_name]
    return {"File": files[0], **aws(violation)} if files else aws(violation)
