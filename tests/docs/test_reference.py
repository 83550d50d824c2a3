"""The pages that `make docs` makes of the contract and of the commands."""

import click
import pytest

from docs.generate import commands, contract
from tableadmin import v1
from tableadmin.cli.app.program import tablectl

CONTRACT = contract.pages()
COMMANDS = commands.pages()
_ROOT = click.Context(tablectl, info_name="tablectl", **tablectl.context_settings)


def test_each_rpc_is_described() -> None:
    """The page of a service has a heading, an explanation and the messages for each RPC."""
    page = CONTRACT["table_admin"]
    for name, rpc in v1.table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name.items():
        _, _, text = page.partition(f"\n## {name}\n\n")
        assert text[:1].isupper(), name
        assert f"| request | [{rpc.input_type.name}](#tableadmin.v1.{rpc.input_type.name}) |" in text


def test_fields_have_their_comments() -> None:
    """A row has the name of a field, its type, which leads to the type's entry, and its comment."""
    row = "| `type` | [TableEventType](#tableadmin.v1.TableEventType) | The type of the event. |"
    assert row in CONTRACT["watch"]
    assert "(tableadmin.v1.TableEventType)=\n\n## TableEventType" in CONTRACT["watch"]


def test_what_a_call_loses_is_said() -> None:
    """An RPC that deletes something says what."""
    _, _, text = CONTRACT["table_admin"].partition("\n## DeleteTable\n")
    assert "| effect | DESTRUCTIVE: " in text.split("\n## ", maxsplit=1)[0]


@pytest.mark.parametrize("name", tablectl.list_commands(_ROOT))
def test_each_command_has_a_page(name: str) -> None:
    """The page of a group has each of its commands, with usage and options."""
    command = tablectl.get_command(_ROOT, name)
    assert command is not None
    assert COMMANDS[name].startswith(f"# tablectl {name}\n\n```text\ntablectl {name} ")
    below = command.list_commands(_ROOT) if isinstance(command, click.Group) else []
    for each in below:
        assert f"\n## tablectl {name} {each}\n" in COMMANDS[name]


def test_options_of_all_commands_are_described_once() -> None:
    """The options that every command takes stand on the page of tablectl alone."""
    assert "`--token-file FILE`" in COMMANDS["tablectl"]
    assert "`--token-file FILE`" not in COMMANDS["table"]
    assert "`--hash-key NAME:TYPE`" in COMMANDS["table"]


def test_the_server_has_a_page() -> None:
    """The page of the server has its flags and its commands."""
    page = COMMANDS["tableadmin-server"]
    assert "`--embedded" in page
    assert "\n### tableadmin-server policy test\n" in page


def test_values_have_their_meanings() -> None:
    """The page of a command explains the values of an argument as `--help` does."""
    assert "| `settled` | No change of the table is in progress" in COMMANDS["wait"]


def test_the_help_option_is_as_in_the_program() -> None:
    """The commands keep their help option, with its short form."""
    option = tablectl.get_help_option(_ROOT)
    assert option is not None
    assert ["-h", "--help"] == option.opts
