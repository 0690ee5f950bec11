"""What the gate asks for. One truth for the command line, the judge and the documentation."""

from __future__ import annotations

from dataclasses import dataclass

from posetune.learn.evidence import THRESHOLD


@dataclass(frozen=True)
class Rules:
    """``threshold``: wealth at which a challenger is better. ``back``: wealth at which the network before was better than the
    live one, which is taken back then: an error here costs a proof, not a worse network, so it is lower. ``margin`` and
    ``most``: how much worse, as a share, a challenger may seem to be on what it must not forget, and may be at most with
    certainty (the upper end of a paired 95 % interval), against the best of all that were ever live; ``angle_margin`` and
    ``angle_most``: the same for joint angles; ``jitter_margin``, ``speed_margin``: for how far answers move with the crop,
    and for the time of an answer. ``found_margin``: of the people found, how many fewer, as a share. ``least_guard``: of
    fewer people nothing is asked. ``least_new``: accepted corrections that a training waits for. ``hopeless_units``: from so
    many on a challenger is refused while its wealth is below ``hopeless``. ``stale_units`` and ``stale``: from so many on,
    while its wealth is below that, it makes room for a training on half as many new corrections again as it learned from.
    ``most_units``: then it is refused in any case. ``shadow_units``: then the network before has had its time.
    """

    threshold: float = THRESHOLD
    back: float = 20.0
    margin: float = 0.01
    most: float = 0.04
    angle_margin: float = 0.02
    angle_most: float = 0.06
    jitter_margin: float = 0.10
    speed_margin: float = 0.25
    found_margin: float = 0.01
    least_guard: int = 20
    least_new: int = 20
    hopeless_units: int = 100
    hopeless: float = 0.5
    stale_units: int = 40
    stale: float = 3.0
    most_units: int = 1000
    shadow_units: int = 300
