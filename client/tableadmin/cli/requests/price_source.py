"""Where prices are from: files, AWS's price list, or the package."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import reduce
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from tableadmin.cli.app.exit_codes import CommandFailed, InputError
from tableadmin.cli.output import whole_files

if TYPE_CHECKING:
    from tableadmin.cost import Prices

AWS = "aws"
"""Stands for AWS's price list in `--prices`."""

# Seconds for which a copy of a price list is used without asking AWS again.
_FRESH = 24 * 3600


class PriceSource:
    """The prices of FILES, of which `aws` is AWS's price list; those of the package without files.

    Raises InputError for a wrong file.
    """

    def __init__(self, files: Sequence[str]) -> None:
        from tableadmin.cost import PriceError, read_all  # noqa: PLC0415 - protobuf

        self._asks_aws = AWS in files
        own = [each for each in files if each != AWS]
        try:
            self._read = read_all(own) if own or not files else None
        except PriceError as error:
            raise InputError(f"--prices: {error}; give a file, or {AWS!r} for AWS's price list") from error
        self._from_aws: dict[str, Prices | None] = {}
        self.notes: list[str] = []
        """What users should know of the prices that `of` has returned."""

    def of(self, regions: Collection[str]) -> Prices:
        """The prices of REGIONS, and of all regions of the files. A region in a file is not asked of AWS.

        Raises CommandFailed if AWS's price list can't be read and there is no copy.
        """
        from tableadmin.cost import Prices  # noqa: PLC0415 - protobuf

        if self._read and not self._asks_aws:
            return self._read
        in_files = self._read.regions if self._read else {}
        published = [self._published(each) for each in sorted(set(regions) - in_files.keys())]
        found = [each for each in (*published, self._read) if each is not None]
        return reduce(Prices.merged, found) if found else Prices({}, "AWS price list of AmazonDynamoDB", "")

    def _published(self, region: str) -> Prices | None:
        """AWS's prices in REGION: known ones, a copy that is new, downloaded ones, or an old copy."""
        if region not in self._from_aws:
            self._from_aws[region] = _copied(region, _FRESH) or self._downloaded(region)
        return self._from_aws[region]

    def _downloaded(self, region: str) -> Prices | None:
        from tableadmin.cost import PriceError, download  # noqa: PLC0415 - protobuf

        try:
            found = download(region)
        except PriceError as error:
            old = _copied(region, inf)
            if old is None:
                raise CommandFailed(str(error)) from error
            taken = datetime.fromtimestamp(_copy_of(region).stat().st_mtime, UTC).date()
            self.notes.append(f"AWS's price list of {region} cannot be read now; a copy of {taken} is used")
            return old
        if found is not None:
            _keep(region, found)
        return found


def _copied(region: str, longest: float) -> Prices | None:
    """The copy of AWS's prices in REGION, if it is at most LONGEST seconds old."""
    from tableadmin.cost import PriceError, read  # noqa: PLC0415 - protobuf

    try:
        copy = _copy_of(region)
        age = time.time() - copy.stat().st_mtime
        return read(copy) if 0 <= age <= longest else None
    except (OSError, RuntimeError, PriceError):  # no copy, no home directory, or a damaged copy
        return None


def _copy_of(region: str) -> Path:
    """The file of the copy of REGION. Raises RuntimeError without a home directory."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "tableadmin" / f"prices-{region}.json"


def _keep(region: str, prices: Prices) -> None:
    """Write PRICES of REGION to its copy, if the file can be written."""
    document = {
        "source": prices.source,
        "date": prices.date,
        "regions": {
            region: {name: f"{each:f}" for name, each in found.items()}
            for region, found in prices.regions.items()
        },
    }
    try:
        copy = _copy_of(region)
        copy.parent.mkdir(parents=True, exist_ok=True)
        whole_files.replace(copy, json.dumps(document, indent=2), whole_files.PRIVATE)
    except (OSError, RuntimeError):
        return
