"""Whatever a file holds, it is read or refused with one line."""

import copy
import json
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tableadmin.formats import SpecError, read
from tableadmin.formats.text.documents import documents
from tableadmin.formats.text.tree import Tree
from tests.formats.conftest import DOCUMENTS

HERE = {"AWS::Region": "eu-west-1", "AWS::AccountId": "012345678901", "AWS::Partition": "aws"}
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda trees: st.lists(trees, max_size=2) | st.dictionaries(st.text(max_size=4), trees, max_size=2),
    max_leaves=3,
)
many = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(st.text() | st.text(alphabet="{}[]:-,&*!<>|'\"# \nab%@~?"))
def test_any_text(text: str) -> None:
    """Any text is read or refused in one line."""
    assert_read_or_refused(text)


@many
@given(st.data())
@pytest.mark.parametrize("name", sorted(path.name for path in DOCUMENTS.iterdir()))
def test_anything_anywhere(name: str, data: st.DataObject) -> None:
    """A file of any format with anything in the place of anything is read or refused in one line."""
    text = (DOCUMENTS / name).read_text(encoding="utf-8")
    document = json.loads(json.dumps(documents(text)[0]))
    holder, place = data.draw(st.sampled_from(list(places(document))))
    document = copy.deepcopy(document)
    *way, last = [*holder, place]
    inner = document
    for step in way:
        inner = inner[step]
    inner[last] = data.draw(TREES)

    assert_read_or_refused(json.dumps(document))
    assert_read_or_refused(yaml.safe_dump(document))


def places(tree: Tree, way: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str | int]]:
    """The way to each holder in TREE, and the place in it."""
    items: list[tuple[str | int, Tree]] = []
    if isinstance(tree, dict):
        items += tree.items()
    if isinstance(tree, list):
        items += enumerate(tree)
    for place, value in items:
        yield way, place
        yield from places(value, (*way, place))


def assert_read_or_refused(text: str) -> None:
    """Any other exception fails the test by itself."""
    said = ""
    try:
        read(text, name="f", parameters=HERE)
    except SpecError as error:
        said = str(error)

    assert said.isprintable()


TERRAFORM = """
variable "v" { default = { a = [1, "x"] } }
locals { l = var.v.a }
resource "aws_dynamodb_table" "t" {
  for_each = { for k, v in var.v : k => v }
  name     = "${each.key}-${local.l[0] + 1}"
  hash_key = lookup(each.value, "h", null)
  dynamic "attribute" {
    for_each = toset(local.l)
    content {
      name = attribute.value
      type = "S"
    }
  }
}
module "m" { source = "./m" }
"""
PIECES = ["{", "}", "[", "]", "${", '"', "=", "\n", ",", "...", "for", "null", "-1", "var.v", "<<E\n", "[*]"]


@many
@given(st.integers(0, len(TERRAFORM)), st.integers(0, 30), st.lists(st.sampled_from(PIECES), max_size=3))
def test_anything_in_terraform(at: int, length: int, pieces: list[str]) -> None:
    """A configuration with anything in the place of anything is read or refused in one line."""
    assert_read_or_refused(TERRAFORM[:at] + " ".join(pieces) + TERRAFORM[at + length :])
