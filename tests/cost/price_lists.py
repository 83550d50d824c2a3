"""A server of price lists on this machine, in the place of AWS's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.cost.test_prices import offer, product


class PriceLists:
    """Answers FILES by region, and notes each request in ASKED. A number is the status of an error."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | int] = {}
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def address(self) -> str:
        """The address of the file of `{region}`."""
        return f"http://127.0.0.1:{self.server.server_port}/{{region}}/index.json"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        lists = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                region = self.path.split("/")[1]
                lists.asked.append(region)
                found = lists.files.get(region, 404)
                status, content = (found, b"") if isinstance(found, int) else (200, found)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                del format, args

        return Handler


@contextmanager
def served() -> Iterator[PriceLists]:
    """A server of price lists."""
    lists = PriceLists()
    thread = Thread(target=lists.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield lists
    finally:
        lists.server.shutdown()
        lists.server.server_close()
        thread.join()


def price_list(region: str, *others: str) -> bytes:
    """A price list of REGION, with products of OTHERS."""
    usage = "EU-ReadRequestUnits"
    products = [
        product(str(number), usage, each, ("0", "0.000000142"))
        for number, each in enumerate((region, *others))
    ]
    return json.dumps(offer(*products)).encode()
