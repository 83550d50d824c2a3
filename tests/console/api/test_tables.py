"""The page of a table: what is shown of it, its spec in every format, and errors in one line."""

import json
from collections.abc import Iterator

import pytest
import yaml

from tableadmin import Client
from tableadmin.v1 import TablePart
from tests.console.browsing import Browser
from tests.server.security.authorization.test_guarded_operations import table
from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def music(embedded_server: ServerProcess) -> Iterator[str]:
    """A table with an index and tags."""
    name = "console-music"
    with Client(embedded_server.address) as client:
        spec = table(name, "genre")
        spec.tags.add(key="team", value="<b>music</b>")
        client.apply([spec]).result(60)
        yield name
        client.delete_table(table_name=name)


def test_a_table(browser: Browser, music: str) -> None:
    """The page has the settings, the indexes and the tags of a table, and its last operations."""
    found = browser.get(f"/api/tables/{music}").json
    sections = {each["title"]: each for each in found["sections"]}
    assert ["Status", "ACTIVE"] in sections["Settings"]["fields"]
    assert ["genre", "ACTIVE"] == sections["Indexes"]["rows"][0][:2]
    assert [["team", "<b>music</b>"]] == sections["Tags"]["rows"]
    assert ["SUCCEEDED"] == [each["state"] for each in found["operations"]]
    assert all(each["permitted"] for each in found["offers"].values())
    assert [] == found["unreadable"]


def test_the_spec_in_every_format(browser: Browser, music: str) -> None:
    """The spec is there as YAML, as JSON, for CloudFormation and for Terraform."""
    texts = {
        form: browser.get(f"/api/tables/{music}/export?format={form}").json["text"]
        for form in ("spec", "json", "cloudformation", "terraform")
    }
    assert yaml.safe_load(texts["spec"]) == json.loads(texts["json"])
    assert music == json.loads(texts["json"])["TableName"]
    assert "AWS::DynamoDB::Table" in texts["cloudformation"]
    assert 'resource "aws_dynamodb_table"' in texts["terraform"]


def test_what_there_is_not(browser: Browser) -> None:
    """A table, a format, an operation or an endpoint that does not exist is one line with a reason."""
    for path, status, reason in (
        ("/api/tables/no-such-table", 404, "RESOURCE_NOT_FOUND_EXCEPTION"),
        ("/api/tables/no-such-table/export", 404, "TABLE_NOT_FOUND"),
        ("/api/tables/x/export?format=exe", 400, "NO_SUCH_FORMAT"),
        ("/api/operations/no-such-operation", 404, "OPERATION_NOT_FOUND"),
        ("/api/tables/x?endpoint=none", 404, "NO_SUCH_ENDPOINT"),
        ("/api/events?endpoint=none", 404, "NO_SUCH_ENDPOINT"),
    ):
        response = browser.get(path)
        assert (status, reason) == (response.status, response.reason), path
        assert "\n" not in response.json["error"]["message"]


@pytest.mark.parametrize("name", ["%00", "%ff", "%0a", "a" * 5000, "%F0%9F%8E%B5", "..%2f..%2fx", "a%2Fb"])
def test_any_name(browser: Browser, name: str) -> None:
    """Whatever stands in place of a name is refused by the service, in one line."""
    for path in (f"/api/tables/{name}", f"/api/tables/{name}/export", f"/api/operations/{name}"):
        response = browser.get(path)
        assert response.status in {400, 404}, (path, response.body)


def test_a_deletion_is_confirmed_by_name(browser: Browser, tables: Client, table_name: str) -> None:
    """Without its name, typed by the user, a table is not deleted."""
    tables.apply([table(table_name)]).result(60)
    for body in ({}, {"confirmed": ""}, {"confirmed": True}, {"confirmed": table_name.upper()}):
        refused = browser.post(f"/api/tables/{table_name}/delete", body)
        assert (409, "NOT_CONFIRMED") == (refused.status, refused.reason)
    assert 200 == browser.post(f"/api/tables/{table_name}/delete", {"confirmed": table_name}).status
    assert 404 == browser.get(f"/api/tables/{table_name}").status


def test_an_error_of_the_service_has_its_request_id(browser: Browser) -> None:
    """What the service refuses is shown with the ID under which its log has the request."""
    assert "; request " in browser.get("/api/operations/no-such-operation").json["error"]["message"]


def test_the_session(browser: Browser) -> None:
    """The page knows the endpoints, the principal and the columns."""
    found = browser.get("/api/session").json
    assert ["embedded"] == [each["name"] for each in found["endpoints"]]
    assert "embedded" == found["endpoint"]
    assert found["principal"]["name"]
    assert ["Table", "Status"] == [each["heading"] for each in found["columns"]][:2]


def test_deletion(browser: Browser, tables: Client, table_name: str) -> None:
    """A table is deleted for whoever has typed its name, and for nobody else."""
    tables.apply([table(table_name, "genre")]).result(60)
    refused = browser.post(f"/api/tables/{table_name}/delete", {"confirmed": "console-music"})
    assert (409, "NOT_CONFIRMED") == (refused.status, refused.reason)
    assert tables.describe_table(table_name=table_name).table.table_name == table_name
    assert 200 == browser.post(f"/api/tables/{table_name}/delete", {"confirmed": table_name}).status
    with tables.watch(table_names=[table_name], parts=[TablePart.TABLE_PART_DESCRIPTION]) as events:
        assert any(each.HasField("table") and not each.table.HasField("state") for each in events)
