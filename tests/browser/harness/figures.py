"""How soon the page shows a thousand tables, and a change of one of them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from tableadmin import Client
from tableadmin.v1 import BillingMode, ProvisionedThroughput
from tests.browser.harness.console_process import ConsoleProcess
from tests.browser.harness.visit import Visit
from tests.engines import Engine, ministack

COUNT = 1000
# For what takes a quiet machine less than ten.
_SECONDS = 120


@contextmanager
def thousand_tables() -> Iterator[Engine]:
    """An engine with `table-0000` to `table-0999`."""
    with ministack() as engine:
        client = engine.boto3()
        for number in range(COUNT):
            client.create_table(
                TableName=f"table-{number:04}",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
        yield engine


def first_page(visit: Visit, console: ConsoleProcess) -> float:
    """Open the CONSOLE: seconds from the start of the command until all names and a first state are shown."""
    visit.page.goto(console.url)
    expect(visit.page.locator(".tally")).to_have_text(f"{COUNT:,} tables")
    expect(visit.page.locator("tbody .badge").first).to_be_visible()
    return time.monotonic() - console.began


def all_read(visit: Visit) -> None:
    """Wait until the page shows the state of every table."""
    # Tables without a state come first.
    visit.page.get_by_role("button", name="Status").click()
    expect(visit.page.locator("tbody a").first).to_be_visible()
    expect(visit.page.locator(".pending")).to_have_count(0, timeout=_SECONDS * 1000)
    visit.page.get_by_role("button", name="Table", exact=True).click()


def change(visit: Visit, client: Client, name: str) -> float:
    """Change the table NAME by CLIENT: seconds from the call until the page shows the change."""
    throughput = ProvisionedThroughput(read_capacity_units=7, write_capacity_units=7)
    began = time.monotonic()
    client.update_table(
        table_name=name, billing_mode=BillingMode.BILLING_MODE_PROVISIONED, provisioned_throughput=throughput
    )
    expect(visit.page.get_by_role("row").filter(has_text=name)).to_contain_text("7 read")
    return time.monotonic() - began
