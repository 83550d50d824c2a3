"""What is written for keys, indexes, tags, times and S3 locations."""

from datetime import UTC, datetime

import pytest

from tableadmin.cli.requests import shorthand
from tableadmin.cli.requests.shorthand import KeyPart


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Artist:S", [KeyPart("Artist", "S")]),
        ("urn:id:N", [KeyPart("urn:id", "N")]),
        ("Genre:S+Label:B", [KeyPart("Genre", "S"), KeyPart("Label", "B")]),
    ],
)
def test_key(text: str, parts: list[KeyPart]) -> None:
    """A key is NAME:TYPE; the name may hold colons, and + joins the parts of one key."""
    assert parts == shorthand.key(text)


@pytest.mark.parametrize("text", ["Artist", "Artist:", ":S", "Artist:X", "Artist:s", "", "A:S+", "+A:S"])
def test_no_key(text: str) -> None:
    """A key without a name or with another type than S, N and B is refused with an example."""
    with pytest.raises(ValueError, match=r"is not NAME:TYPE with the type S, N or B, such as \w+:S"):
        shorthand.key(text)


def test_fields() -> None:
    """Fields come in any order."""
    assert {"hash": "G:S", "name": "I"} == shorthand.fields("hash=G:S,name=I", ["name", "hash"], ["name"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nam=I", "did you mean name=?"),
        ("name", "is not KEY=VALUE"),
        ("name=", "is not KEY=VALUE"),
        ("name=I,name=J", "name occurs twice"),
        ("hash=G:S", "name= is missing"),
        ("name=I,", "is not KEY=VALUE"),
    ],
)
def test_no_fields(text: str, message: str) -> None:
    """Unknown, empty, repeated and missing fields are refused by name."""
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        shorthand.fields(text, ["name", "hash"], ["name"])


def test_pair() -> None:
    """A tag's value may be empty and hold further =."""
    assert ("k", "a=b") == shorthand.pair("k=a=b")
    assert ("k", "") == shorthand.pair("k=")


@pytest.mark.parametrize("text", ["k", "=v", ""])
def test_no_pair(text: str) -> None:
    """A tag has a key and a =."""
    with pytest.raises(ValueError, match="is not KEY=VALUE"):
        shorthand.pair(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31 13:00+01:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    """A moment is in UTC unless it names another zone."""
    assert moment == shorthand.moment(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("s3://bucket", ("bucket", "")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://bucket/a/b/", ("bucket", "a/b/")),
    ],
)
def test_places_in_s3(text: str, place: tuple[str, str]) -> None:
    """A place in Amazon S3 is a bucket and what the keys there begin with."""
    assert place == shorthand.s3(text)


@pytest.mark.parametrize("text", ["", "bucket/a", "s3://", "s3:///a", "https://bucket/a"])
def test_no_place_in_s3(text: str) -> None:
    """Anything else is refused with the form to write."""
    with pytest.raises(ValueError, match="is not s3://BUCKET"):
        shorthand.s3(text)
