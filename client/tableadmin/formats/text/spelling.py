"""Names that are not known, and look like known ones that were misspelled."""

import difflib
from collections.abc import Iterable

from tableadmin.formats.error import SpecError

# As alike as bilingMode and billingMode, or deletionProtection and deletionProtectionEnabled; a member that
# is only new has another name.
_LIKENESS = 0.8


def meant(name: str, known: Iterable[str]) -> str:
    """The one of the KNOWN names that NAME is a misspelling of; empty where NAME looks like none."""
    by_plain = {_plain(each): each for each in known}
    found = difflib.get_close_matches(_plain(name), list(by_plain), n=1, cutoff=_LIKENESS)
    return by_plain[found[0]] if found else ""


def refuse_misspelled(names: Iterable[tuple[str, str]]) -> None:
    """Raise SpecError for NAMES, if there are any: the path of each, and the name that is meant."""
    errors = [(path, f"is not known, did you mean {each!r}?") for path, each in names]
    if errors:
        (path, reason), *others = errors
        more = [f"{place}: {why}" for place, why in others]
        raise SpecError("; ".join([reason, *more]), path=path)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
