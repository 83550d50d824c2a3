"""Scrapes of a server as Prometheus makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from tests.server_process import ServerProcess

# The server selects a free port.
FLAGS = ("--metrics-address", "127.0.0.1:0")


@dataclass(frozen=True)
class Scrape:
    """The answer to a scrape: the text, and the value of each series by its name and labels."""

    text: str
    values: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    def value(self, name: str, **labels: str) -> float:
        """The value of the series NAME with exactly these LABELS, 0 where there is none."""
        return self.values.get((name, frozenset(labels.items())), 0.0)

    def sum(self, name: str, **labels: str) -> float:
        """The sum of the series NAME that have these LABELS and any others."""
        wanted = labels.items()
        return sum(value for (each, has), value in self.values.items() if each == name and wanted <= has)


def scraped(server: ServerProcess) -> Scrape:
    """What SERVER answers to a scrape."""
    with urlopen(f"http://{server.metrics_address}/metrics", timeout=60) as response:
        text = response.read().decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return Scrape(text, {(each.name, frozenset(each.labels.items())): each.value for each in samples})
