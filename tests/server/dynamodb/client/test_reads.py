"""The first try of a read, which goes another way than boto3's: what becomes of it is the same.

How it is sent and read is in test_transport.py.
"""

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from botocore import exceptions as boto
from botocore.awsrequest import AWSPreparedRequest

from tableadmin_server.config import EndpointConfig, RetryMode
from tableadmin_server.dynamodb.client.connections import MAX_BODY
from tableadmin_server.dynamodb.client.retries import READS
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tests.server.harness.scripted_endpoint import (
    Answer,
    Held,
    ScriptedEndpoint,
    Seen,
    Step,
    answer,
    error,
    serving,
)

T = TypeVar("T")
REGION = "us-west-2"
ACCOUNT = "123456789012"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that any engine takes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def scripted() -> Iterator[ScriptedEndpoint]:
    """An endpoint of the test's own."""
    with serving() as endpoint:
        yield endpoint


def using(config: EndpointConfig, use: Callable[[Endpoint], Coroutine[Any, Any, T]]) -> T:
    """What USE makes of the endpoint that CONFIG describes."""

    async def main() -> T:
        endpoint = Endpoint("scripted", config)
        try:
            return await use(endpoint)
        finally:
            endpoint.close()

    return asyncio.run(main())


def config_of(
    scripted: ScriptedEndpoint,
    *,
    max_attempts: int = 3,
    retry_mode: RetryMode = "standard",
    role_arn: str | None = None,
    pool_size: int = 16,
    queue_size: int = 1000,
) -> EndpointConfig:
    """A configuration with SCRIPTED."""
    return EndpointConfig(
        endpoint_url=scripted.url,
        region=REGION,
        max_attempts=max_attempts,
        retry_mode=retry_mode,
        role_arn=role_arn,
        pool_size=pool_size,
        queue_size=queue_size,
    )


async def describe(endpoint: Endpoint) -> dict[str, Any]:
    """The response to a DescribeTable, or what botocore raises."""
    return await endpoint._calls.response("DescribeTable", {"TableName": "Music"})


def in_turn(*steps: Step) -> Step:
    """One of STEPS after the other, and the last from then on."""
    left = list(steps)

    def step(seen: Seen) -> Answer:
        return (left.pop(0) if len(left) > 1 else left[0])(seen)

    return step


def test_no_write_is_among_them() -> None:
    """What only reads by its name is tried so, and nothing else."""
    assert READS
    assert {"Describe", "List", "Get"} >= {
        next((verb for verb in ("Describe", "List", "Get") if operation.startswith(verb)), operation)
        for operation in READS
    }


@pytest.mark.parametrize("by_boto3", [False, True], ids=["reads", "boto3"])
@pytest.mark.parametrize(
    ("step", "attempts", "expected"),
    [
        (error("ResourceNotFoundException"), 1, "ResourceNotFoundException"),
        (error("AccessDeniedException"), 1, "ClientError"),
        (error("ThrottlingException"), 3, "ThrottlingException"),
        (error("InternalServerError", status=500), 3, "InternalServerError"),
        (lambda _: Answer(503, b"<html>", "text/html", request_id=""), 3, "ClientError"),
    ],
    ids=["not found", "denied", "throttled", "internal", "page"],
)
def test_errors_are_boto3s(
    scripted: ScriptedEndpoint, step: Step, attempts: int, expected: str, *, by_boto3: bool
) -> None:
    """An error that is not worth a retry is raised at once, another after all attempts.

    The first try of a read is one of those.
    """
    scripted.step = step

    async def use(endpoint: Endpoint) -> boto.ClientError:
        if by_boto3:
            endpoint._calls._reads = None
        with pytest.raises(boto.ClientError) as raised:
            await describe(endpoint)
        return raised.value

    with patch("time.sleep"):
        raised = using(config_of(scripted), use)
    assert (expected, "DescribeTable") == (type(raised).__name__, raised.operation_name)
    assert attempts == len(scripted.seen)
    by_reads = attempts > 1 and not by_boto3  # the first of the retries was then boto3's first try
    assert attempts - 1 - by_reads == raised.response["ResponseMetadata"]["RetryAttempts"]


@pytest.mark.parametrize(
    "first", [error("ThrottlingException"), error("InternalServerError", status=500)], ids=["400", "500"]
)
def test_retries(scripted: ScriptedEndpoint, first: Step) -> None:
    """What boto3 would try again becomes a call of boto3's, which counts its tries from one."""
    scripted.step = in_turn(first, answer({"Table": {"TableName": "Music"}}))
    with patch("time.sleep"):
        response = using(config_of(scripted), describe)
    assert ("Music", 0) == (response["Table"]["TableName"], response["ResponseMetadata"]["RetryAttempts"])
    sent = [seen.headers["amz-sdk-request"].rpartition("attempt=")[2] for seen in scripted.seen]
    assert ["1; max=3", "1; max=3"] == sent


def test_successes_allow_for_retries(scripted: ScriptedEndpoint) -> None:
    """After so many failures that boto3 retries no more, successes make it retry again."""
    config = config_of(scripted, max_attempts=3)

    async def use(endpoint: Endpoint) -> None:
        async def attempts_of(step: Step) -> int:
            scripted.step = step
            scripted.seen.clear()
            with pytest.raises(boto.ClientError):
                await describe(endpoint)
            return len(scripted.seen)

        down = error("InternalServerError", status=500)
        most = config.max_attempts
        while await attempts_of(down) == most:
            pass
        scripted.step = answer({})
        for _ in range(50):
            await describe(endpoint)
        assert most == await attempts_of(down)

    with patch("time.sleep"):
        using(config, use)


@pytest.mark.parametrize("mode", ["adaptive", "legacy"])
def test_other_retry_modes(scripted: ScriptedEndpoint, mode: RetryMode) -> None:
    """Where boto3 must see each request, the first is its own too."""

    async def use(endpoint: Endpoint) -> None:
        assert endpoint._calls._reads is None
        await describe(endpoint)

    using(config_of(scripted, retry_mode=mode), use)
    assert 1 == len(scripted.seen)


def test_parameters_are_checked(scripted: ScriptedEndpoint) -> None:
    """What botocore refuses is not sent."""

    async def use(endpoint: Endpoint) -> None:
        with pytest.raises(boto.ParamValidationError):
            await endpoint._calls.response("ListTables", {"Limit": "ten"})

    using(config_of(scripted), use)
    assert [] == scripted.seen


def role(key: str, seconds: int) -> Step:
    """A role whose credentials last so many SECONDS."""
    expiration = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    body = (
        f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>"
        f"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        f"<Expiration>{expiration.isoformat()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    return lambda _: Answer(body=body.encode(), content_type="text/xml")


def test_credentials_are_renewed_elsewhere(
    scripted: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role is taken and renewed in a thread, not on the event loop, and each request has the newest."""
    threads: list[threading.Thread] = []
    with serving() as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        # All but over when they come: botocore renews within the last 15 minutes.
        sts.step = role("SHORT", 60)

        async def use(endpoint: Endpoint) -> None:
            def sending(**_: object) -> None:
                threads.append(threading.current_thread())

            endpoint._calls._client.meta.events.register("before-send.dynamodb", sending)
            for _ in range(2):
                await describe(endpoint)
            sts.step = role("LONG", 3600)
            for _ in range(3):
                await describe(endpoint)

        using(config_of(scripted, role_arn=f"arn:aws:iam::{ACCOUNT}:role/x"), use)
    signed = [seen.headers["Authorization"].partition("Credential=")[2] for seen in scripted.seen]
    assert ["SHORT"] * 2 + ["LONG"] * 3 == [each.partition("/")[0] for each in signed]
    assert 3 == len(threads)
    assert threading.main_thread() not in threads


def test_an_endless_answer_of_sts(scripted: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an answer of STS no more is read than of one of DynamoDB."""

    def padded(request: Seen) -> Answer:
        found = role("KEY", 3600)(request)
        return replace(found, body=found.body + b" " * MAX_BODY)

    with serving(padded) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)

        async def use(endpoint: Endpoint) -> None:
            with pytest.raises(Failure) as raised:
                await endpoint.call("DescribeTable", {"TableName": "Music"})
            assert "ENDPOINT_ANSWER_UNREADABLE" == raised.value.reason

        using(config_of(scripted, role_arn=f"arn:aws:iam::{ACCOUNT}:role/x"), use)
    assert [] == scripted.seen


@pytest.mark.parametrize("account", [None, ACCOUNT])
@pytest.mark.parametrize("table", ["Music", f"arn:aws:dynamodb:{REGION}:210987654321:table/Music"])
def test_urls_of_aws(monkeypatch: pytest.MonkeyPatch, account: str | None, table: str) -> None:
    """At AWS a read goes to the URL that boto3 would ask, which depends on accounts."""
    if account is not None:
        monkeypatch.setenv("AWS_ACCOUNT_ID", account)

    def sending(request: AWSPreparedRequest, **_: object) -> None:
        raise Sent(request.url)

    async def use(endpoint: Endpoint) -> None:
        assert endpoint._calls._reads is not None
        endpoint._calls._client.meta.events.register_first("before-send.dynamodb", sending)
        model = endpoint._calls._client.meta.service_model.operation_model("DescribeTable")
        for name in ("Other", table):
            with pytest.raises(Sent) as sent:
                endpoint._calls._methods["DescribeTable"](TableName=name)
            assert sent.value.url.startswith("https://")
            place = endpoint._calls._reads._placed(model, {"TableName": name})
            assert place is not None
            assert sent.value.url == f"{place.url}/"

    using(EndpointConfig(region=REGION), use)


class Sent(Exception):
    """Instead of a request to URL."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def test_who_leaves(scripted: ScriptedEndpoint) -> None:
    """A caller that is cancelled leaves at once; neither its place nor its connection troubles later ones."""
    held = Held()

    async def use(endpoint: Endpoint) -> None:
        for _ in range(3):
            scripted.step = held
            left = asyncio.create_task(describe(endpoint))
            await asyncio.to_thread(held.wait)
            left.cancel()
            with pytest.raises(asyncio.CancelledError):
                await left
            scripted.step = answer({"Table": {"TableName": "Music"}})
            response = await asyncio.wait_for(describe(endpoint), 60)
            assert "Music" == response["Table"]["TableName"]

    using(config_of(scripted, pool_size=1, queue_size=0), use)
    held.release()


def test_overload(scripted: ScriptedEndpoint) -> None:
    """As many reads as there are threads are under way, as many as the queue takes wait, one more is told."""
    held = Held()
    scripted.step = held

    async def use(endpoint: Endpoint) -> None:
        reads = [asyncio.create_task(describe(endpoint)) for _ in range(5)]
        await asyncio.to_thread(held.wait)
        await asyncio.to_thread(held.wait)
        with pytest.raises(Failure) as raised:
            await describe(endpoint)
        assert "ENDPOINT_OVERLOADED" == raised.value.reason
        assert 2 == len(scripted.seen)
        held.release()
        await asyncio.gather(*reads)

    using(config_of(scripted, pool_size=2, queue_size=3), use)
