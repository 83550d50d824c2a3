"""grpcurl, which has no file of this project: all it knows of the contract, reflection tells it."""

import json
import subprocess
from dataclasses import dataclass

import pytest
from google.protobuf.json_format import MessageToDict, Parse
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2

from tableadmin import v1
from tests.foreign.tour import Json, contains, steps, take
from tests.server_process import ServerProcess

_SERVICE = "tableadmin.v1.TableAdmin"
_RPCS = v1.table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name
# Importing the details is what lets a status with them be read as JSON.
_DETAILS = error_details_pb2.DESCRIPTOR.pool


@dataclass(frozen=True)
class Grpcurl:
    """grpcurl, pointed at a server."""

    program: str
    address: str

    def run(self, *arguments: str, flags: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        """Run it without TLS."""
        command = [self.program, "-plaintext", "-max-time", "10", *flags, self.address, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def call(self, rpc: str, request: Json) -> Json:
        """Send a request: ``{"answer": ...}`` or ``{"error": ...}``, as protobuf's JSON."""
        done = self.run(f"{_SERVICE}/{rpc}", flags=("-format-error", "-d", json.dumps(request)))
        if done.returncode == 0:
            return {"answer": _camel_case(done.stdout, GetMessageClass(_RPCS[rpc].output_type)())}
        return {"error": _camel_case(done.stderr, status_pb2.Status())}


def _camel_case(text: str, message: Message) -> Json:
    """Read JSON of a message, whose names may be spelt either way.

    Old releases of grpcurl write in snake_case what reflection says no JSON name of, new ones in camelCase.
    """
    return MessageToDict(Parse(text, message, descriptor_pool=_DETAILS), descriptor_pool=_DETAILS)


@pytest.fixture
def grpcurl(grpcurl_program: str, empty_server: ServerProcess) -> Grpcurl:
    """grpcurl, pointed at the server with the embedded engine."""
    return Grpcurl(grpcurl_program, empty_server.address)


def test_lists_services(grpcurl: Grpcurl) -> None:
    """Reflection lists TableAdmin and the stock services."""
    listed = grpcurl.run("list").stdout.split()
    assert {
        "grpc.channelz.v1.Channelz",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        _SERVICE,
    } <= set(listed)


def test_lists_rpcs(grpcurl: Grpcurl) -> None:
    """Reflection lists every RPC of the contract."""
    assert sorted(f"{_SERVICE}.{name}" for name in _RPCS) == sorted(
        grpcurl.run("list", _SERVICE).stdout.split()
    )


def test_describes_message(grpcurl: Grpcurl) -> None:
    """Reflection describes a message with its presence, its types and the JSON names that are set."""
    described = grpcurl.run("describe", "tableadmin.v1.CreateTableRequest").stdout
    assert "tableadmin.v1.CreateTableRequest is a message:" in described
    assert "optional string table_name = 2;" in described
    assert "repeated .tableadmin.v1.KeySchemaElement key_schema = 3;" in described
    assert 'SSESpecification sse_specification = 9 [json_name = "SSESpecification"];' in described


def test_tour(grpcurl: Grpcurl, table_name: str) -> None:
    """The tour can be taken with requests in JSON, and the details of what is refused are shown."""
    for step in steps(table_name):
        outcome = take(step, grpcurl.call)
        assert contains(outcome, step["outcome"]), f"{step['rpc']} gave {outcome}"


def test_acronyms_keep_their_case(grpcurl: Grpcurl, table_name: str) -> None:
    """A member whose name begins with an acronym has AWS's own name in JSON, both ways."""
    created = grpcurl.call(
        "CreateTable",
        {
            "tableName": table_name,
            "attributeDefinitions": [{"attributeName": "Artist", "attributeType": "SCALAR_ATTRIBUTE_TYPE_S"}],
            "keySchema": [{"attributeName": "Artist", "keyType": "KEY_TYPE_HASH"}],
            "billingMode": "BILLING_MODE_PAY_PER_REQUEST",
            "SSESpecification": {"enabled": True, "SSEType": "SSE_TYPE_KMS", "KMSMasterKeyId": "alias/music"},
        },
    )
    encryption = {"SSEDescription": {"SSEType": "SSE_TYPE_KMS", "KMSMasterKeyArn": "alias/music"}}
    assert contains(created, {"answer": {"tableDescription": encryption}}), created
    assert "answer" in grpcurl.call("DeleteTable", {"tableName": table_name})


def test_refused_call_says_why(grpcurl: Grpcurl) -> None:
    """Whoever calls by hand sees the code, the message, and every detail of a refusal in plain text."""
    refused = grpcurl.run(f"{_SERVICE}/CreateTable", flags=("-d", '{"tableName": "No"}'))
    assert 64 + 3 == refused.returncode  # grpcurl adds the gRPC code to 64
    assert "Code: InvalidArgument" in refused.stderr
    assert '"reason":"VALIDATION_EXCEPTION"' in refused.stderr
    assert '"field":"table_name"' in refused.stderr
