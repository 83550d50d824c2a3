"""A region for whole servers: the model as its control plane, a real engine for the operations table.

Each server gets a way in of its own, so that a test can tell which of them asked for what.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from tests.engines import Engine
from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.port import Asked, Given, Port
from tests.planner.model.server import Served, reads, refusal
from tests.planner.model.table import Data, Table

_ITEM_READS = {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
_ENGINE_SECONDS = 60.0
_CONNECTIONS = 100


class Lost(Exception):
    """What comes in or is answered is lost on the way: nobody answers."""


@dataclass
class Write:
    """A call that is to change something: a table of the model, or (where OWN) the operations table.

    AT is when it came in, on the clock of `time.monotonic`; ERROR is "" once it is accepted, and None until
    then. THROUGH names the way in.
    """

    through: str
    operation: str
    body: bytes
    own: bool
    at: float
    error: str | None = None

    @property
    def params(self) -> Data:
        """What it asks for."""
        params: Data = json.loads(self.body)
        return params

    @property
    def accepted(self) -> bool:
        """Whether it was done."""
        return self.error == ""

    @property
    def key(self) -> tuple[str, str]:
        """The kind and the name of the item that it changes; empty where it is none."""
        item = self.params.get("Key") or self.params.get("Item") or {}
        kind, _, name = item.get("Id", {}).get("S", "").partition("/")
        return kind, name

    @property
    def ends(self) -> bool:
        """Whether it writes that an operation has ended, which releases the table."""
        return self.own and ":ExpiresAt" in self.params.get("ExpressionAttributeValues", {})

    def about(self, *texts: str) -> bool:
        """Whether it mentions one of TEXTS."""
        return any(text.encode() in self.body for text in texts)


class Plane:
    """The model, ENGINE for what concerns the operations table, and everything that was written so far.

    A test may set what happens to calls: `before` sees each write before it is done; `after` sees it when it
    is done and not answered yet; both may raise Lost. `instead` gives what is answered in place of any call,
    if anything.
    """

    def __init__(self, engine: Engine, speed: float) -> None:
        self.model = Served(ControlPlane(), speed)
        self.engine = engine
        self.operations_table = f"operations-{uuid.uuid4().hex}"
        self.writes: list[Write] = []
        self.before: Callable[[Write], None] = nothing
        self.after: Callable[[Write], None] = nothing
        self.instead: Callable[[Asked], Given | None] = nothing
        where = urlsplit(engine.url)
        self._engine = HTTPConnectionPool(
            str(where.hostname), where.port, maxsize=_CONNECTIONS, timeout=_ENGINE_SECONDS
        )
        self._ports: list[Port] = []

    def way_in(self, name: str) -> Port:
        """A port of the server NAME's own."""
        port = Port(lambda asked: self._answer(name, asked))
        self._ports.append(port)
        return port

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Nobody reaches anything: connections break, and new ones are refused."""
        for port in self._ports:
            port.shut()
        try:
            yield
        finally:
            for port in self._ports:
                port.open()

    def let_answers_out(self) -> None:
        """Wait until the writes that have come in so far are done and noted as such."""
        for write in list(self.writes):
            while write.error is None:
                time.sleep(0.005)

    def close(self) -> None:
        """Shut every port."""
        for port in self._ports:
            port.shut()
        self._engine.close()

    def create(self, *specs: Data) -> None:
        """Make the tables that SPECS say, by nobody's way in."""
        for spec in specs:
            status, answer = self.model.answer("CreateTable", spec)
            assert status == 200, answer
        self.let_pass(30)

    def let_pass(self, seconds: float) -> None:
        """Wait until so many SECONDS have passed on the model's clock."""
        end = self.model.control.clock + seconds
        while self.model.control.clock < end:
            time.sleep(0.005)
            self.model.answer("ListTables", {})

    def table(self, name: str) -> Table:
        """The table NAME, by the model's own books as they are now."""
        self.model.answer("ListTables", {})
        return self.model.control.tables[name]

    def changes(self, name: str) -> list[tuple[str, Data]]:
        """The calls that changed the table NAME, in the order in which they did, but for its creation."""
        return [
            (operation, params)
            for operation, params in list(self.model.control.calls)
            if operation != "CreateTable" and table_of(params) == name
        ]

    def sent(self, name: str) -> list[Write]:
        """What came in to change the table NAME, accepted or not."""
        return [each for each in list(self.writes) if not each.own and table_of(each.params) == name]

    def own(self, *texts: str) -> list[Write]:
        """The accepted writes to the operations table that mention one of TEXTS, or all without any."""
        return [
            each
            for each in list(self.writes)
            if each.own and each.accepted and (not texts or each.about(*texts))
        ]

    def _answer(self, name: str, asked: Asked) -> Given | None:
        instead = self.instead(asked)
        if instead is not None:
            return instead
        own = self.operations_table.encode() in asked.body
        answering = self._forwarded if own else self.model.answered
        if reads(asked.operation) or asked.operation in _ITEM_READS:
            return answering(asked)
        write = Write(name, asked.operation, asked.body, own, time.monotonic())
        self.writes.append(write)
        try:
            self.before(write)
            given = answering(asked)
        except (Lost, HTTPError) as error:
            write.error = f"lost: {error}"
            return None
        write.error = "" if given.status == 200 else given.body.decode()
        try:
            self.after(write)
        except Lost:
            return None
        return given

    def _forwarded(self, asked: Asked) -> Given:
        """What the engine answers."""
        headers = {
            name: value
            for name, value in asked.headers.items()
            if name in {"content-type", "x-amz-target", "x-amz-date", "authorization"}
        }
        response = self._engine.urlopen("POST", "/", asked.body, headers, retries=False)
        return Given(response.status, response.data, response.headers.get("x-amzn-RequestId", "OWN"))


def throttling(_: Asked) -> Given:
    """Answer that there were too many calls."""
    status, body = refusal("ThrottlingException", "Rate exceeded")
    return Given(status, json.dumps(body).encode())


def nothing(_: object) -> None:
    """Leave things as they are."""


def table_of(params: Data) -> str:
    """The name of the table that a call with PARAMS is about."""
    name: str = (
        params.get("TableName")
        or params.get("TargetTableName")
        or params.get("ResourceArn", "").rpartition("/")[2]
    )
    return name
