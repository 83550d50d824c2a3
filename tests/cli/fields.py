"""What tablectl shows as labels and values."""

import subprocess


def fields_of(ran: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """The values by label that RAN has printed, one pair a line."""
    pairs = [line.partition("  ") for line in ran.stdout.splitlines() if line]
    return {label: value.strip() for label, _, value in pairs}
