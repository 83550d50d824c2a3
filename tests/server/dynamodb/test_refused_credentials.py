"""What becomes of an error that is about the credentials of the service: its text may repeat secrets."""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing

import pytest

from tableadmin import Client, TableAdminError, Unauthenticated
from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.errors import reason_of
from tableadmin_server.failure import Failure
from tests.server.harness.scripted_endpoint import REQUEST_ID, Answer, ScriptedEndpoint, error, serving
from tests.server_process import ServerProcess, running_server

TOKEN = "IQoJb3JpZ2luX2VjEXAMPLETOKEN"  # the token that must not show
# What AWS says of a signature that does not match: all that should have been signed.
ECHO = (
    "The request signature we calculated does not match the signature you provided. The Canonical String for "
    f"this request should have been 'POST\n/\n\nhost:localhost\nx-amz-security-token:{TOKEN}\n'"
)


@pytest.fixture
def sts() -> Iterator[ScriptedEndpoint]:
    """An STS that refuses the signature of whoever asks for a role."""
    text = f"<Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>{ECHO}</Message></Error>"
    namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
    body = f'<ErrorResponse xmlns="{namespace}">{text}<RequestId>1</RequestId></ErrorResponse>'.encode()
    with serving(lambda _: Answer(403, body, "text/xml")) as endpoint:
        yield endpoint


READ: Callable[[Client], object] = lambda client: client.describe_table(table_name="Music")  # noqa: E731
WRITE: Callable[[Client], object] = lambda client: client.delete_table(table_name="Music")  # noqa: E731


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidSignatureException", 400),
        ("SignatureDoesNotMatch", 403),
        ("UnrecognizedClientException", 400),
        ("ExpiredTokenException", 400),
        ("ExpiredToken", 403),
        ("InvalidToken", 403),
        ("NewlyInventedException", 401),
        ("AccessDeniedException", 400),
    ],
)
def test_callers_get_a_text_of_ours(
    endpoint: ScriptedEndpoint,
    scripted_client: Client,
    scripted_server: ServerProcess,
    code: str,
    status: int,
    call: Callable[[Client], object],
) -> None:
    """The status names AWS's code, not AWS's text, which repeats a session token; nor does the log."""
    endpoint.step = error(code, ECHO, status)
    with pytest.raises(TableAdminError) as raised:
        call(scripted_client)
    refused = raised.value
    assert isinstance(refused, Unauthenticated)
    assert f"{refused.operation}: the endpoint refuses the service's credentials ({code})" == refused.message
    assert (code, reason_of(code), REQUEST_ID) == (refused.aws_code, refused.reason, refused.aws_request_id)
    assert TOKEN not in repr(refused.__cause__) + repr(vars(refused))
    assert TOKEN not in scripted_server.log


@pytest.mark.parametrize("operation", ["read", "write", "step of an operation"])
def test_tracebacks_have_no_secrets(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """The traceback of such a failure has AWS's code, and the token nowhere, in no exception of its chain."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with serving(error("InvalidSignatureException", ECHO)) as scripted:
        failure = asyncio.run(failed(scripted, operation))
    assert "InvalidSignatureException" in "".join(traceback.format_exception(failure))
    seen: BaseException | None = failure
    while seen is not None:
        assert TOKEN not in repr(seen) + str(seen)
        seen = seen.__cause__ or seen.__context__


async def failed(scripted: ScriptedEndpoint, operation: str) -> Failure:
    """The failure of a call to the endpoint."""
    config = EndpointConfig(endpoint_url=scripted.url, region="us-west-2", operations_table="")
    table: AwsDict = {"TableName": "Music"}
    with closing(Endpoint("scripted", config)) as endpoint:
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "read": lambda: endpoint.call("DescribeTable", table),
            "write": lambda: endpoint.call("DeleteTable", table),
            "step of an operation": lambda: endpoint.single_call("DeleteTable", table, lambda: True),
        }
        with pytest.raises(Failure) as raised:
            await calls[operation]()
        return raised.value


def test_the_role(sts: ScriptedEndpoint) -> None:
    """Where STS refuses the signature, the log has the code of STS and no text of it."""
    environment = {
        "AWS_ENDPOINT_URL_STS": sts.url,
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": TOKEN,
    }
    flags = ("--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2", "--operations-table", "")
    role = ("--role-arn", "arn:aws:iam::123456789012:role/Admin")
    with running_server(*flags, *role, env=environment) as server, Client(server.address) as client:
        with pytest.raises(Unauthenticated, match="cannot assume the configured role") as raised:
            client.delete_table(table_name="Music")
        log = server.log
    lines = [json.loads(line) for line in log.splitlines() if raised.value.request_id in line]
    (logged,) = lines
    assert "CredentialsRefused: AssumeRole: SignatureDoesNotMatch" == logged["cause"]
    assert TOKEN not in log
