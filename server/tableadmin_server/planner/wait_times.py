"""How long the waits of a plan take on AWS, as documented or, where AWS documents nothing, as observed."""

import re
from collections.abc import Mapping, Sequence

from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.phases.step import Step

# What is waited for after a call, and how long that takes.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
_TIMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), time)
    for pattern, time in (
        (r"table and indexes ACTIVE", "seconds to a minute"),
        (r"table ACTIVE", "seconds to minutes"),
        (r"table restored", "minutes to hours, by size"),
        (r"table gone", "seconds to minutes"),
        (r"warm throughput .*", "minutes"),
        (r"index .* ACTIVE", "5 to 20 minutes for an empty table, hours for a large one"),
        (r"index .* gone", "minutes"),
        (r"replica .*", "minutes, hours for a large table"),
        (r"encryption settled", "minutes"),
        (r"time to live settled", "up to 1 hour"),
        (r"Contributor Insights settled|Kinesis destination settled", "minutes"),
    )
)
# What has to pass between two changes of a kind.
_BETWEEN: Mapping[Cooldown, str] = {
    Cooldown.TIME_TO_LIVE: "the next change of time to live is accepted (about 30 minutes, at most 1 hour)",
    Cooldown.DELETION_PROTECTION: "the next change of deletion protection is accepted (15 seconds)",
    Cooldown.RESOURCE_POLICY: "the next change of the resource policy is accepted (15 seconds)",
    Cooldown.TAGS: "the next change of tags is accepted (2 seconds)",
    Cooldown.CREATION: "point-in-time recovery is accepted (3 seconds)",
}


def time_waits(steps: Sequence[Step]) -> list[list[str]]:
    """For each of STEPS what is waited for after its call, each with the time that AWS takes."""
    return [[*map(_timed, step.waits), *_between(step, steps[n + 1 :])] for n, step in enumerate(steps)]


def _timed(wait: str) -> str:
    time = next((time for pattern, time in _TIMES if pattern.fullmatch(wait)), "")
    return f"{wait} ({time})" if time else wait


def _between(step: Step, later: Sequence[Step]) -> list[str]:
    """What has to pass after STEP before a LATER one of the same kind."""
    cooldown = step.cooldown
    return [_BETWEEN[cooldown]] if cooldown and any(each.cooldown is cooldown for each in later) else []
