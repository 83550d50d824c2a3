"""The Amazon S3 options of imports, exports and bulk operations: location, owner and encryption."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.requests import member_options, option_members, shorthand

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.cli.requests.option_members import Make

COMPRESSIONS = ("GZIP", "ZSTD", "NONE")


def place(prefix_member: str) -> Make:
    """`s3://bucket/prefix`: sets the bucket, and PREFIX_MEMBER if there is a prefix."""

    def make(text: str) -> AwsDict:
        bucket, prefix = shorthand.s3(text)
        return {"S3Bucket": bucket, **({prefix_member: prefix} if prefix else {})}

    return make


def encryption(text: str) -> AwsDict:
    """`AES256`, `kms` for the AWS managed KMS key, or your own KMS key."""
    if text == "AES256":
        return {"S3SseAlgorithm": text}
    own: AwsDict = {} if text == "kms" else {"S3SseKmsKeyId": text}
    return {"S3SseAlgorithm": "KMS", **own}


def inside(name: str, make: Make) -> Make:
    """Return a converter that sets the member NAME to the fragment of MAKE."""
    return lambda text: {name: make(text)}


def owner(make: Make) -> Callable[[options.F], options.F]:
    """--bucket-owner."""
    return member_options.member_option(
        "--bucket-owner",
        metavar="ACCOUNT",
        make=make,
        help="AWS account that owns the bucket, if it is not yours.",
    )


def sse(make: Make) -> Callable[[options.F], options.F]:
    """--sse, the encryption of objects written to Amazon S3."""
    return member_options.member_option(
        "--sse",
        metavar="AES256|kms|KEY",
        make=make,
        help="Encryption: S3 managed keys (AES256), the AWS managed KMS key, or your own KMS key.",
    )


def compression(make: Make) -> Callable[[options.F], options.F]:
    """--compression, the compression of objects read from Amazon S3."""
    return member_options.member_option(
        "--compression",
        type=click.Choice(COMPRESSIONS),
        make=make,
        help="Compression of the files. Default: NONE.",
    )


client_token = member_options.member_option(
    "--client-token",
    metavar="TOKEN",
    make=option_members.member("ClientToken"),
    help="Idempotency token. A second request with the same token within 8 hours starts nothing.",
)
