"""Files as bytes: text in the encodings that programs write, and files that are no text."""

import gzip
import io
import zipfile

import pytest

from tableadmin.formats import SpecError, read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(encoding: str) -> None:
    """A byte-order mark says the encoding; PowerShell's redirection writes UTF-16 with one."""
    for text in ("TableName: fïlms\n", '{"TableName": "fïlms"}'):
        assert ["fïlms"] == [spec.table_name for spec in read(text.encode(encoding), name="f")]


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_both_byte_orders(encoding: str) -> None:
    """The mark says the byte order."""
    (spec,) = read("\ufeffTableName: films".encode(encoding), name="f")

    assert "films" == spec.table_name


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_no_mark(encoding: str) -> None:
    """UTF-16 without a mark is known by the zeros beside characters of ASCII."""
    (spec,) = read("TableName: fïlms".encode(encoding), name="f")

    assert "fïlms" == spec.table_name


def test_no_text() -> None:
    """What is no text is named, with the command that makes text of it."""
    said = "f: is a binary Terraform plan; give what `terraform show -json FILE` prints"
    assert said == refusal(zipped("tfplan", "tfstate"))
    assert "f: is a ZIP archive; unpack it with `unzip`" == refusal(zipped("template.yaml"))
    assert "f: is a ZIP archive; unpack it with `unzip`" == refusal(b"PK\x03\x04cut off")
    assert "f: is compressed with gzip; unpack it with `gunzip`" == refusal(gzip.compress(b"TableName: a"))
    assert "f: not UTF-8" == refusal(b"TableName: \xff")
    assert "f: not UTF-16" == refusal(b"\xff\xfeodd")


def zipped(*members: str) -> bytes:
    """A ZIP archive with MEMBERS."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return buffer.getvalue()


def refusal(content: bytes) -> str:
    """What CONTENT is refused with."""
    with pytest.raises(SpecError) as refused:
        read(content, name="f")
    return str(refused.value)
