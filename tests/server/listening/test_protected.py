"""A listener that other machines can reach, with all that such a listener requires."""

from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse, HealthListRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from tableadmin import Client, PermissionDenied
from tests.authority import Authority
from tests.server.listening.test_listeners import listening

POLICY = """
@id("music")
permit (principal == Service::"mesh/music", action in [Action::"read", Action::"list"], resource);
"""
MESH = {"mesh": {"kind": "certificate", "principals": "Service", "common_name": "[a-z]+"}}


def test_a_protected_listener(tmp_path: Path) -> None:
    """With TLS, authenticator and policies a server listens for other machines, and nothing is insecure.

    Who has a certificate may do what the policies permit.
    """
    ours = Authority()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "music.cedar").write_text(POLICY)
    listener = {
        "address": "0.0.0.0:0",
        "tls": ours.write_server(tmp_path, ours),
        "authenticators": ["mesh"],
    }
    policies = {"folder": str(tmp_path / "policies")}
    with listening(
        tmp_path, [listener], authenticators=MESH, policies=policies, health={"address": "127.0.0.1:0"}
    ) as server:
        assert server.health_address
        with grpc.insecure_channel(server.health_address) as channel:
            statuses = HealthStub(channel).List(HealthListRequest()).statuses
        assert HealthCheckResponse.SERVING == statuses["tableadmin.security"].status
        assert "listener is insecure" not in server.log
        address = f"localhost:{server.address.rpartition(':')[2]}"
        with Client(address, credentials=ours.credentials(ours.client("music"))) as client:
            assert ["Music"] == list(client.list_tables().table_names)
            with pytest.raises(PermissionDenied):
                client.delete_table(table_name="Music")
        other = ours.credentials(ours.client("other"))
        with Client(address, credentials=other) as client, pytest.raises(PermissionDenied):
            client.describe_table(table_name="Music")
