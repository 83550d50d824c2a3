"""Contenders by turns, so that what disturbs one disturbs all."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack

from bench.load.figures import Figures, Round, medians
from bench.load.load import Load, Span, load_process

_SPAN = Span(warm_up=0.2, counted=1.2)
_ROUNDS = 6


def by_turns(contenders: Mapping[tuple[str, int], Load]) -> dict[tuple[str, int], Figures]:
    """The medians of each contender's rounds; the key is its name and the number of its callers."""
    rounds: dict[tuple[str, int], list[Round]] = defaultdict(list)
    with ExitStack() as stack:
        processes = {name: stack.enter_context(load_process()) for name, _ in contenders}
        for _ in range(_ROUNDS):
            for (name, callers), load in contenders.items():
                rounds[name, callers].append(processes[name].submit(load, callers, _SPAN).result())
    # The first round is not counted: the engine's compiler is still at work.
    return {key: medians(measured[1:]) for key, measured in rounds.items()}
