"""Where prices are from: files, AWS's price list with copies of it, or the package."""

import json
import os
from pathlib import Path

import pytest

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.requests.price_source import PriceSource
from tests.cost.price_lists import PriceLists, price_list

EU, DAY = "eu-west-1", 24 * 3600


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the copy of the price list is kept; it is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tableadmin" / "prices-eu-west-1.json"


def age(copy: Path, seconds: float) -> None:
    """Make COPY so old."""
    changed = copy.stat().st_mtime - seconds
    os.utime(copy, (changed, changed))


def test_a_price_list_is_downloaded_once_a_day(price_lists: PriceLists, copy: Path) -> None:
    """The next command reads the copy; after a day AWS is asked again."""
    price_lists.files[EU] = price_list(EU)
    first = PriceSource(["aws"]).of([EU])
    assert PriceSource(["aws"]).of([EU]) == first
    assert price_lists.asked == [EU]
    age(copy, DAY + 10)
    PriceSource(["aws"]).of([EU])
    assert price_lists.asked == [EU, EU]
    PriceSource(["aws"]).of([EU])
    assert price_lists.asked == [EU, EU]


def test_an_old_copy_is_used_where_aws_cannot_be_reached(price_lists: PriceLists, copy: Path) -> None:
    """A note says so, once, with the day of the copy. Without a copy the error says what to do."""
    price_lists.files[EU] = price_list(EU)
    first = PriceSource(["aws"]).of([EU])
    price_lists.files[EU] = 503
    age(copy, 3 * DAY)
    source = PriceSource(["aws"])
    assert [source.of([EU]), source.of([EU])] == [first, first]
    assert len(source.notes) == 1
    assert source.notes[0].startswith("AWS's price list of eu-west-1 cannot be read now; a copy of 20")
    copy.unlink()
    with pytest.raises(CommandFailed, match=r"give --prices prices-eu-west-1.json"):
        PriceSource(["aws"]).of([EU])


@pytest.mark.parametrize("content", ["", "[]", '{"source": 1, "date": "", "regions": {}}'])
def test_a_damaged_copy_is_replaced(price_lists: PriceLists, copy: Path, content: str) -> None:
    """A copy that can't be read is as good as none."""
    price_lists.files[EU] = price_list(EU)
    copy.parent.mkdir()
    copy.write_text(content)
    assert list(PriceSource(["aws"]).of([EU]).regions) == [EU]
    assert "ReadRequestUnits" in copy.read_text()


def test_a_copy_that_cannot_be_kept(price_lists: PriceLists, copy: Path) -> None:
    """The prices are used all the same."""
    price_lists.files[EU] = price_list(EU)
    copy.parent.write_text("a file where the folder would be")
    assert list(PriceSource(["aws"]).of([EU]).regions) == [EU]


def test_files_go_before_the_price_list(price_lists: PriceLists, copy: Path, tmp_path: Path) -> None:
    """AWS is asked only for regions that no file has."""
    del copy
    price_lists.files["eu-west-2"] = price_list("eu-west-2")
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"source": "contract", "date": "2026-01-01", "regions": {EU: {}}}))
    found = PriceSource(["aws", str(own)]).of([EU, "eu-west-2"])
    assert sorted(found.regions) == [EU, "eu-west-2"]
    assert price_lists.asked == ["eu-west-2"]


def test_regions_that_are_none_of_aws(price_lists: PriceLists, copy: Path) -> None:
    """There are no prices of them, and each is asked for once."""
    del copy
    source = PriceSource(["aws"])
    assert not source.of(["local"]).regions
    assert not source.of(["local"]).regions
    assert not source.of([]).regions
    assert price_lists.asked == ["local"]
