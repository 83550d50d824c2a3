"""What importing the client costs those who only call the service."""

import subprocess
import sys

import pytest

import tableadmin

# What a program that calls the service must never load, and what it needs no more than the package for.
FOREIGN = ["boto3", "botocore", "tableadmin_server", "click", "rich"]


def loaded_by(statement: str) -> set[str]:
    """The modules that a new interpreter has loaded after STATEMENT."""
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("statement", ["from tableadmin import Client, NotFound", "import tableadmin.aio"])
def test_the_client_brings_neither_boto3_nor_the_server(statement: str) -> None:
    """Importing the client loads neither boto3, nor the server, nor what only tablectl needs."""
    assert not loaded_by(statement).intersection(FOREIGN)


def test_the_package_itself_is_free() -> None:
    """`import tableadmin` alone loads neither grpc nor protobuf: tablectl starts before it needs them."""
    assert not loaded_by("import tableadmin").intersection({"grpc", "google.protobuf"})


def test_what_is_public_can_be_imported() -> None:
    """Each name of `__all__` is there, and no other name is made up."""
    for name in tableadmin.__all__:
        assert getattr(tableadmin, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'tableadmin' has no attribute 'Nothing'"):
        _ = tableadmin.Nothing  # type: ignore[attr-defined] # the point


def test_parsers_are_loaded_for_their_files() -> None:
    """Reading specs loads no parser of Terraform's language: it is large and rarely needed."""
    reading = "from tableadmin import formats; formats.read('TableName: Music', name='f')"
    assert not loaded_by(reading).intersection({"hcl2", "lark"})
