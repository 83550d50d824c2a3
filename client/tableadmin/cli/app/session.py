"""A run of tablectl: settings, client and output."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from tableadmin.cli.app import context_file
from tableadmin.cli.app.confirmation import confirm_name
from tableadmin.cli.app.context_file import Contexts
from tableadmin.cli.app.exit_codes import InputError
from tableadmin.cli.app.lazy_imports import lazy_imports
from tableadmin.cli.app.settings import SYSTEM_CA, SettingValue, duration, from_flags, resolve
from tableadmin.cli.output.blocks import Block, Rows
from tableadmin.cli.output.output_formats import FORMATS, blocks_of, plain, print_response

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tableadmin.awsshape import AwsDict, AwsValue
    from tableadmin.client import Client, Rpc
    from tableadmin.methods import Request, Response
    from tableadmin.transport.tls import Tls

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound="Message")

# gRPC imports its asyncio API, and protobuf its implementation in Python. Most commands use neither.
_UNUSED_BY_MOST = ("asyncio", "grpc.aio", "google.protobuf.internal.python_message")


class Session:
    """The settings, the client and the output of a command. Each is loaded on first use."""

    def __init__(self, ctx: click.Context) -> None:
        self._ctx = ctx

    @cached_property
    def settings(self) -> dict[str, SettingValue]:
        """All settings of this run. Raises InputError for an invalid setting."""
        flags = from_flags(self._ctx)
        contexts = context_file.load(context_file.path())
        name = self._context_name(flags, contexts)
        try:
            return resolve(flags, os.environ, contexts.get(name) if name else {}, name)
        except ValueError as error:
            raise InputError(str(error)) from error

    @staticmethod
    def _context_name(flags: Mapping[str, str], contexts: Contexts) -> str | None:
        return flags.get("context") or os.environ.get("TABLEADMIN_CONTEXT") or contexts.current

    @property
    def output(self) -> str:
        """The output format, one of output.FORMATS."""
        return self.settings["output"].text or "table"

    @property
    def in_blocks(self) -> bool:
        """Whether the output is blocks for people, not AWS-shaped dicts."""
        return FORMATS[self.output].of_blocks and self.query is None

    @property
    def query(self) -> str | None:
        """The JMESPath expression of --query."""
        return from_flags(self._ctx).get("query")

    @property
    def timeout(self) -> float:
        """The deadline of each call in seconds."""
        return duration(self.settings["timeout"].text or "")

    @cached_property
    def client(self) -> Client:
        """The client of the service. It is closed when the command ends."""
        # gRPC's log on standard error would repeat the error message of tablectl.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        with lazy_imports(*_UNUSED_BY_MOST):
            from tableadmin.client import Client  # noqa: PLC0415 - --help need not wait for grpc
        from tableadmin.transport.tls import UnusableCredentials  # noqa: PLC0415 - the same
        from tableadmin.transport.tokens import InsecureTarget  # noqa: PLC0415 - the same

        settings = self.settings
        try:
            client = Client(
                settings["server"].text or "",
                credentials=self._tls(),
                token=settings["token"].text,
                token_file=settings["token_file"].text,
                token_command=settings["token_command"].text,
                timeout=self.timeout,
                endpoint=settings["endpoint"].text,
            )
        except (InsecureTarget, UnusableCredentials) as error:
            raise InputError(str(error)) from error
        self._ctx.call_on_close(client.close)
        return client

    def _tls(self) -> Tls | None:
        """Return the TLS settings, None without TLS."""
        from tableadmin.transport.tls import Tls  # noqa: PLC0415 - --help need not wait for grpc

        ca, cert, key = (self.settings[name].text for name in ("tls_ca", "tls_cert", "tls_key"))
        if not (ca or cert or key):
            return None
        if bool(cert) != bool(key):
            raise InputError("a client certificate needs its private key: give both --tls-cert and --tls-key")
        return Tls(None if ca == SYSTEM_CA else ca, cert, key)

    def region(self) -> str:
        """Return the Region of the endpoint of this run. Raises TableAdminError."""
        client = self.client
        name = client.options.endpoint
        chosen = (
            each for each in client.list_endpoints() if (each.name == name if name else each.is_default)
        )
        return next((each.region for each in chosen), "")

    @property
    def rpcs(self) -> type[Client]:
        """The object that has each RPC as an attribute, for `send`."""
        return type(self.client)

    def send(self, rpc: Rpc[..., Request, Response], members: Mapping[str, AwsValue]) -> Response:
        """Call RPC with a request of these AWS MEMBERS, and return the response.

        Raises TableAdminError, and ShapeError for members that do not fit the request.
        """
        from tableadmin.awsshape import from_aws  # noqa: PLC0415 - --help need not wait for protobuf

        return self.client.invoke(rpc, from_aws(members, rpc.request_type), self.client.options)

    def change(
        self,
        rpc: Rpc[..., Request, Response],
        members: Mapping[str, AwsValue],
        *,
        yes: bool,
        warning: str = "",
        name: str = "",
    ) -> Response:
        """`send` RPC after the user has confirmed its losses. Also raises the errors of `confirm`."""
        self.confirm(rpc, members, yes=yes, warning=warning, name=name)
        return self.send(rpc, members)

    def confirm(
        self,
        rpc: Rpc[..., Request, Response],
        members: Mapping[str, AwsValue],
        *,
        yes: bool,
        warning: str = "",
        name: str = "",
    ) -> None:
        """Ask the user to confirm a request of MEMBERS, if the contract declares a loss.

        The user types NAME after WARNING. The defaults are the name of the resource and the contract's text.
        Raises CommandFailed if the user refuses, and InputError without a terminal.
        """
        if yes:
            return
        from tableadmin.awsshape import from_aws  # noqa: PLC0415 - protobuf
        from tableadmin.cli.app.losses import disruptive_effects, subject  # noqa: PLC0415 - protobuf

        losses = disruptive_effects(from_aws(members, rpc.request_type), self.client)
        called = name or subject(members)
        # The service refuses a request without the name of a resource, so nothing is lost.
        if losses and called:
            loss = "; ".join(each.description for each in losses)
            confirm_name(called, warning or f"{rpc.rpc} {called}: {loss}", yes=False)

    def command_line(self, *words: str, endpoint: str | None, of_caller: bool = True) -> str:
        """Return the command line of WORDS for this run's service and ENDPOINT.

        Without OF_CALLER, the command line is for another principal and has no options with credentials.
        """
        kept = ("server", "tls_ca") + (("context", "token_file", "tls_cert", "tls_key") if of_caller else ())
        flags = {name.replace("_", "-"): text for name, text in from_flags(self._ctx).items() if name in kept}
        if endpoint and (endpoint != self.settings["endpoint"].text or "endpoint" in from_flags(self._ctx)):
            flags["endpoint"] = endpoint
        where = [part for name, text in flags.items() for part in (f"--{name}", text)]
        return shlex.join(["tablectl", *words, *where])

    def show(self, response: M, view: Callable[[M], Sequence[Block]]) -> None:
        """Print RESPONSE: the blocks of VIEW, or the AWS-shaped dict for formats such as JSON and YAML."""
        self.show_each([response], view)

    def show_each(self, responses: Sequence[M], view: Callable[[M], Sequence[Block]]) -> None:
        """Print each of RESPONSES as `show` does. The dicts are printed as a list."""
        if self.in_blocks:
            # The first block names the resource of the response.
            most = 1 if self.output == "name" else None
            self.show_blocks([block for response in responses for block in view(response)[:most]])
        elif len(responses) == 1:
            self.show_document(aws(responses[0]))
        else:
            self.show_document([aws(response) for response in responses])

    def show_together(self, responses: Sequence[M], view: Callable[[], Sequence[Block]]) -> None:
        """Print RESPONSES together: the blocks of VIEW for all of them, or a list of dicts."""
        if self.in_blocks:
            # The first block names the resources of the responses.
            self.show_blocks(view()[: 1 if self.output == "name" else None])
        else:
            self.show_each(responses, lambda _: [])

    def show_all(
        self, name: str, messages: Sequence[M], view: Callable[[Sequence[M]], Sequence[Block]]
    ) -> None:
        """Print MESSAGES: the blocks of VIEW, or a list NAME of AWS-shaped dicts."""
        if self.in_blocks:
            self.show_blocks(view(messages))
        else:
            self.show_document({name: [aws(message) for message in messages]})

    def show_blocks(self, blocks: Sequence[Block]) -> None:
        """Print BLOCKS, for people."""
        if "no_headers" in from_flags(self._ctx):
            blocks = [replace(each, headers=False) if isinstance(each, Rows) else each for each in blocks]
        print_response(blocks, self.output)

    def show_document(self, document: object) -> None:
        """Print DOCUMENT, an AWS-shaped dict or a list of them, or the result of --query on it."""
        found = self._queried(document)
        if FORMATS[self.output].of_blocks:
            self.show_blocks(blocks_of(found))
        else:
            FORMATS[self.output].write(found)

    def show_item(self, document: AwsDict) -> None:
        """Print DOCUMENT, one of a sequence of documents, or the result of --query on it."""
        found = self._queried(document)
        if self.query and FORMATS[self.output].of_blocks:
            self.show_blocks(blocks_of(found))
        else:
            FORMATS[self.output].write_item(found)

    def _queried(self, document: object) -> object:
        if self.query is None:
            return document
        import jmespath  # noqa: PLC0415 - of use here alone

        try:
            return jmespath.search(self.query, plain(document))
        except jmespath.exceptions.JMESPathError as error:
            raise InputError(f"--query: {error}") from error


def aws(message: Message) -> AwsDict:
    """Return MESSAGE as a boto3 dict."""
    from tableadmin.awsshape import to_aws  # noqa: PLC0415 - protobuf

    return to_aws(message)


def pass_session(command: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    """Pass the Session to a command as its first argument."""

    @wraps(command)
    def with_session(*args: P.args, **kwargs: P.kwargs) -> R:
        return command(Session(click.get_current_context()), *args, **kwargs)

    return with_session
