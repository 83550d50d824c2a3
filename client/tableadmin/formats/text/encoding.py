"""Bytes -> text: by the byte-order mark, else as UTF-16 or UTF-8; binary files that people try are named."""

import codecs
import io
import zipfile

from tableadmin.formats.error import SpecError

# The longer marks first: UTF-32's begins as UTF-16's does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = (
    (b"\x1f\x8b", "is compressed with gzip; unpack it with `gunzip`"),
    (b"BZh", "is compressed with bzip2; unpack it with `bunzip2`"),
    (b"\xfd7zXZ\x00", "is compressed with xz; unpack it with `unxz`"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it with `unzstd`"),
    (b"SQLite format 3\x00", "is an SQLite database; give what `tablectl export TABLE` prints"),
    (b"PAR1", "is a Parquet file of items, not a description of tables"),
    (b"%PDF", "is a PDF"),
)
_BY_ZEROS: dict[tuple[bool, ...], str] = {(False, True): "utf-16-le", (True, False): "utf-16-be"}
_ZIP = b"PK\x03\x04"


def decode_text(content: bytes) -> str:
    """The text of CONTENT.

    Raises SpecError for what is no text, with the command that makes text of it where there is one.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content.removeprefix(mark), encoding)
    if content.startswith(_ZIP):
        raise SpecError(_zipped(content))
    for magic, what in _BINARY:
        if content.startswith(magic):
            raise SpecError(what)
    return _decoded(content, _without_mark(content))


def _without_mark(content: bytes) -> str:
    """The encoding of CONTENT, which has no mark: text begins with a character of ASCII, and has no zeros."""
    return _BY_ZEROS.get(tuple(byte == 0 for byte in content[:2]), "utf-8")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise SpecError(f"not {encoding.upper().removesuffix('-LE').removesuffix('-BE')}") from None


def _zipped(content: bytes) -> str:
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        members = []
    if "tfplan" in members:
        return "is a binary Terraform plan; give what `terraform show -json FILE` prints"
    return "is a ZIP archive; unpack it with `unzip`"
