"""What a server records of changes, reads and denials."""

import json
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.code_pb2 import Code

from tableadmin import Client, TableAdminError, Unavailable
from tableadmin.v1 import DeleteTableRequest, DescribeTableRequest, Tag, table_admin_pb2
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.audit import AuditInterceptor, IntentInterceptor
from tableadmin_server.interceptors.chain import Chain, Interceptor
from tableadmin_server.interceptors.errors import ErrorsInterceptor
from tableadmin_server.interceptors.wrapping import Handler, wrap_handler
from tableadmin_server.security.audit import record
from tableadmin_server.security.audit.audit import Audit
from tableadmin_server.security.audit.destination import RotatingFile
from tableadmin_server.security.audit.record import Activity, Outcome
from tableadmin_server.security.audit.trail import Trail
from tableadmin_server.security.identity import Caller, set_caller
from tests.server.conftest import in_front_of, wait_for
from tests.server.harness.scripted_endpoint import REQUEST_ID, ScriptedEndpoint, answer, error
from tests.server.security.audit.conftest import ANA, records
from tests.server_process import ServerProcess, run_server

POLICY = '{"Statement": [{"Principal": "arn:aws:iam::111122223333:root"}]}'


@pytest.fixture(scope="module")
def audit_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit file of `audited`."""
    return tmp_path_factory.mktemp("audit") / "audit.jsonl"


@pytest.fixture(scope="module")
def audited(scripted: ScriptedEndpoint, audit_file: Path) -> Iterator[ServerProcess]:
    """A server with an audit file."""
    with in_front_of(scripted, "--audit-file", str(audit_file)) as server:
        yield server


@pytest.fixture
def new(audit_file: Path, audited: ServerProcess) -> "New":
    """The records that are written from now on."""
    del audited
    return New(audit_file)


class New:
    """The records of the file at PATH that are written from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._old = len(records(path))

    def __call__(self, count: int) -> list[dict[str, Any]]:
        """The records, once there are COUNT of them."""
        wait_for(lambda: len(records(self._path)) >= self._old + count)
        return records(self._path)[self._old :]


def test_a_change_has_its_intent_before_it_is_made(
    audited: ServerProcess, endpoint: ScriptedEndpoint, audit_file: Path, new: New
) -> None:
    """When the endpoint gets the call, the file has the intent; when the caller is answered, the outcome."""
    at_call: list[dict[str, Any]] = []
    old = len(records(audit_file))
    made = answer({})

    def look(seen: Any) -> Any:  # noqa: ANN401  # a step
        at_call.extend(records(audit_file)[old:])
        return made(seen)

    endpoint.step = look
    with Client(audited.address) as client:
        client.describe_table(table_name="Music")
        assert [] == at_call
        client.delete_table(table_name="Music")
        intent, outcome = new(2)
    assert [intent] == at_call
    assert intent["metadata"]["correlation_uid"] == outcome["metadata"]["correlation_uid"]
    assert {"status": "Intent", "status_id": 99}.items() <= intent.items()
    assert {
        "class_uid": 6003,
        "type_uid": 600304,
        "activity_name": "Delete",
        "status": "Success",
        "status_id": 1,
        "status_code": "OK",
        "resources": [{"name": "Music"}],
    }.items() <= outcome.items()
    for each in (intent, outcome):
        assert {"operation": "DeleteTable", "service": {"name": "tableadmin.v1.TableAdmin"}}.items() <= each[
            "api"
        ].items()
        assert {"table_name": "Music"} == each["api"]["request"]["data"]
        assert "127.0.0.1" in json.dumps(each["src_endpoint"])
        assert "grpc-python" in each["http_request"]["user_agent"]
    assert {"endpoint": "default", "proof": "none", "aws_request_id": REQUEST_ID} == outcome["unmapped"]
    assert "duration" not in intent
    assert outcome["duration"] >= 0


def test_durations() -> None:
    """The duration of a call is in milliseconds."""
    call = Activity(Caller(), "tableadmin.v1.TableAdmin", "DeleteTable")
    assert 1500 == json.loads(record.outcome(call, Outcome(seconds=1.5), 0.0))["duration"]


def test_a_change_that_aws_refuses(audited: ServerProcess, endpoint: ScriptedEndpoint, new: New) -> None:
    """The outcome has the code, the reason and AWS's request id."""
    endpoint.step = error("ResourceNotFoundException")
    with Client(audited.address) as client, pytest.raises(TableAdminError):
        client.delete_table(table_name="Music")
    _, outcome = new(2)
    assert ("Failure", "NOT_FOUND", "RESOURCE_NOT_FOUND_EXCEPTION", REQUEST_ID) == (
        outcome["status"],
        outcome["status_code"],
        outcome["status_detail"],
        outcome["unmapped"]["aws_request_id"],
    )


def test_the_text_of_a_policy_is_left_out(
    audited: ServerProcess, endpoint: ScriptedEndpoint, audit_file: Path, new: New
) -> None:
    """A record has the digest of a resource policy; of a large request it has size and digest alone."""
    endpoint.step = answer({"RevisionId": "1"})
    arn = "arn:aws:dynamodb:us-west-2:000000000000:table/Music"
    with Client(audited.address) as client:
        client.put_resource_policy(resource_arn=arn, policy=POLICY)
        client.tag_resource(resource_arn=arn, tags=[Tag(key=f"key-{n}", value="x" * 200) for n in range(100)])
    put, _, tag, _ = new(4)
    assert {"resource_arn", "policy"} == put["api"]["request"]["data"].keys()
    assert ["sha256"] == list(put["api"]["request"]["data"]["policy"])
    assert {"left_out"} == tag["api"]["request"]["data"].keys()
    assert [{"name": arn}] == tag["resources"]
    assert "111122223333" not in audit_file.read_text()


def test_a_full_disk_refuses_changes_and_no_reads(
    audited: ServerProcess, endpoint: ScriptedEndpoint, audit_file: Path, new: New
) -> None:
    """While the file can't grow, no change reaches the endpoint and reads do; then all goes on."""
    process = audited.process.pid
    unlimited = resource.prlimit(process, resource.RLIMIT_FSIZE)
    with Client(audited.address) as client:
        client.delete_table(table_name="First")
        new(2)
        endpoint.seen.clear()
        resource.prlimit(process, resource.RLIMIT_FSIZE, (audit_file.stat().st_size + 100, unlimited[1]))
        for _ in range(3):
            with pytest.raises(Unavailable, match="cannot be written, so nothing was changed") as raised:
                client.delete_table(table_name="Second")
            assert "AUDIT_UNWRITABLE" == raised.value.reason
        client.describe_table(table_name="Second")
        assert ["DescribeTable"] == [each.operation for each in endpoint.seen]
        resource.prlimit(process, resource.RLIMIT_FSIZE, unlimited)
        client.delete_table(table_name="Third")
    after = new(7)[2:]
    assert [("Second", "Failure")] * 3 + [("Third", "Intent"), ("Third", "Success")] == [
        (each["resources"][0]["name"], each["status"]) for each in after
    ]
    assert ["AUDIT_UNWRITABLE"] * 3 == [each["status_detail"] for each in after[:3]]


def test_a_file_that_cannot_be_opened(tmp_path: Path, audited: ServerProcess, audit_file: Path) -> None:
    """The server does not start: exit code 2, and one line that names the file."""
    del audited
    flags = ("--region", "us-west-2", "--listen", "127.0.0.1:0", "--audit-file")
    absent = run_server(*flags, str(tmp_path / "absent" / "audit.jsonl"))
    assert (2, 1) == (absent.returncode, len(absent.stderr.splitlines()))
    assert "audit.file" in absent.stderr
    assert "No such file or directory" in absent.stderr
    taken = run_server(*flags, str(audit_file))
    assert 2 == taken.returncode
    assert f"another server writes to {audit_file}" in taken.stderr


class Denying(Interceptor):
    """Knows all callers as ana, and denies them tables of films."""

    def intercept(self, handler: Handler, _method: str, /) -> Handler:
        """The handler, called for what is permitted."""
        return wrap_handler(handler, self._denying, handler.request_deserializer)

    @asynccontextmanager
    async def _denying(self, payload: bytes, _context: object) -> AsyncIterator[bytes]:
        set_caller(ANA)
        denied = Failure(
            Code.PERMISSION_DENIED, "no", reason="POLICY_DENIED", metadata={"policies": "no-films, freeze"}
        )
        if b"Films" in payload:
            raise denied
        if b"Hidden" in payload:
            raise Failure(Code.NOT_FOUND, "no such table", reason="RESOURCE_NOT_FOUND_EXCEPTION") from denied
        yield payload


@asynccontextmanager
async def denying(path: Path, *, reads: bool = False) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server in this process that denies some calls, and records them in the file at PATH."""
    audit = Audit(Trail(RotatingFile(path, 1_000_000, 1, sync=False)), reads=reads)

    async def nothing(_request: bytes, _context: object) -> bytes:
        return b""

    interceptors = (
        ErrorsInterceptor(),
        AuditInterceptor(audit, "local"),
        Denying(),
        IntentInterceptor(audit),
    )
    server = grpc.aio.server(interceptors=[Chain(interceptors)])
    service = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]
    handlers = {each.name: grpc.unary_unary_rpc_method_handler(nothing) for each in service.methods}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(None)
        await audit.close()


async def called(channel: grpc.aio.Channel, rpc: str, request: Any) -> None:  # noqa: ANN401  # any message
    """Call RPC of TableAdmin, whatever comes of it."""
    with suppress(grpc.RpcError):
        await channel.unary_unary(f"/tableadmin.v1.TableAdmin/{rpc}", bytes, bytes)(
            request.SerializeToString()
        )


async def test_denied_calls(tmp_path: Path) -> None:
    """A denied call has one record: who, which policies, and that the call was denied; reads too.

    Also where the caller is told that the table does not exist. A read that is permitted has none.
    """
    async with denying(tmp_path / "audit.jsonl") as channel:
        await called(channel, "DeleteTable", DeleteTableRequest(table_name="Films"))
        await called(channel, "DescribeTable", DescribeTableRequest(table_name="Films"))
        await called(channel, "DescribeTable", DescribeTableRequest(table_name="Hidden"))
        await called(channel, "DescribeTable", DescribeTableRequest(table_name="Music"))
    found = records(tmp_path / "audit.jsonl")
    assert [
        ("DeleteTable", "Films", "PERMISSION_DENIED"),
        ("DescribeTable", "Films", "PERMISSION_DENIED"),
        ("DescribeTable", "Hidden", "NOT_FOUND"),
    ] == [(each["api"]["operation"], each["resources"][0]["name"], each["status_code"]) for each in found]
    for each in found:
        assert "Failure" == each["status"]
        assert ["no-films", "freeze"] == [of["policy"]["uid"] for of in each["actor"]["authorizations"]]
        assert {"deny"} == {of["decision"] for of in each["actor"]["authorizations"]}
        assert {
            "name": "ana",
            "uid": "User::corp/ana",
            "type_id": 1,
            "type": "User",
            "groups": [{"name": "corp/music"}],
        } == each["actor"]["user"]
        assert {"ip": "10.0.0.7", "port": 4711} == each["src_endpoint"]
        assert {"endpoint": "local", "proof": "jwt"} == each["unmapped"]


async def test_reads_by_choice(tmp_path: Path) -> None:
    """With `reads` a read has one record, without an intent."""
    async with denying(tmp_path / "audit.jsonl", reads=True) as channel:
        await called(channel, "DescribeTable", DescribeTableRequest(table_name="Music"))
    (read,) = records(tmp_path / "audit.jsonl")
    assert ("Read", "Success", "Music") == (
        read["activity_name"],
        read["status"],
        read["resources"][0]["name"],
    )
