"""`tableadmin-server token`: creates static tokens and their hashes."""

import secrets
import sys

import click

from tableadmin_server.security.authentication.static_tokens import digest_of

# Lets secret scanners recognize leaked tokens.
_PREFIX = "tableadmin_"
_RANDOM_BYTES = 32
# The least number of characters. A shorter token could be guessed from its hash.
_SHORTEST = 20


@click.group()
def token() -> None:
    """Make static tokens and their hashes."""


@token.command("hash")
def hash_token() -> None:
    """Print the hash of a token for the key sha256 of the configuration.

    The token is read from standard input. On a terminal, type the token: it is not shown.
    """
    given = click.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read()
    text = given.strip()
    if not all("!" <= char <= "~" for char in text):
        raise click.UsageError("A token is one line of ASCII characters without spaces.")
    if len(text) < _SHORTEST:
        raise click.UsageError(
            f"The token has {len(text)} characters. Use at least {_SHORTEST} random characters, "
            "or `tableadmin-server token create`."
        )
    click.echo(digest_of(text))


@token.command()
def create() -> None:
    """Print a new random token and its hash. The token is not stored anywhere."""
    text = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    click.echo(f"token:  {text}\nsha256: {digest_of(text)}")
