"""Where movements begin and end: two thresholds with a gap between them, counted on the way back."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from posetune.coach.exercise import Signal

#: Seconds by which the smoothed signal lags behind: its time constant. Stated with every result.
LAG_S = 0.06
#: A movement over sooner than this is a tremble or a wrong frame.
SHORTEST_S = 0.35
#: Not seen for longer than this, a movement begins anew: nobody knows what happened meanwhile.
LONGEST_GAP_S = 2.0


@dataclass(frozen=True)
class Moved:
    """A movement that came back. Seconds; ``extremum_s``: when the signal was farthest out, ``extremum`` its value there."""

    start_s: float
    end_s: float
    extremum_s: float
    extremum: float


@dataclass
class Counter:
    """Follows one signal. ``phase``: "unknown", "rest" or "moving"."""

    signal: Signal
    phase: str = "unknown"
    _smooth: float = math.nan
    _last_s: float = -math.inf
    _start_s: float = math.nan
    _out: tuple[float, float] = (math.nan, math.nan)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=3))
    _begin_seen: bool = False
    _left_rest_s: float = math.nan
    _middle: tuple[float, float] = (math.nan, math.nan)

    def see(self, time_s: float, value: float) -> Moved | None:
        """A movement, when ``value`` at ``time_s`` ends one. NaN: not seen now, which changes nothing for a while."""
        if not math.isfinite(value):
            return None
        if time_s - self._last_s > LONGEST_GAP_S:
            self._forget()
        value = self._filtered(time_s, value if self.signal.down else -value)
        enter, leave = (
            (self.signal.enter, self.signal.leave) if self.signal.down else (-self.signal.enter, -self.signal.leave)
        )
        if self.phase == "moving":
            return self._moving(time_s, value, leave)
        if value <= enter:
            self._begin(time_s)
        elif value >= leave:
            self.phase, self._left_rest_s = "rest", time_s
        return None

    def _begin(self, time_s: float) -> None:
        self._begin_seen = self.phase == "rest"
        self._start_s = self._left_rest_s if self._begin_seen else time_s
        self.phase, self._out = "moving", self._middle

    def _moving(self, time_s: float, value: float, leave: float) -> Moved | None:
        self._out = min(self._out, self._middle)
        if value < leave:
            return None
        self.phase, self._left_rest_s = "rest", time_s
        known = self._begin_seen or self.signal.begun == "any"
        if not known or time_s - self._start_s < SHORTEST_S:
            return None
        return Moved(self._start_s, time_s, self._out[1], self._out[0] if self.signal.down else -self._out[0])

    def _filtered(self, time_s: float, value: float) -> float:
        """Median of three against single wild frames, then an exponential mean by time (the rate of frames does not matter)."""
        self._recent.append(value)
        middle = sorted(self._recent)[len(self._recent) // 2]
        passed = time_s - self._last_s
        # The middle of three is the picture before: where the extremum is looked for must not lag.
        self._middle = (middle, self._last_s if len(self._recent) == 3 else time_s)
        share = 1.0 if not math.isfinite(self._smooth) else 1 - math.exp(-max(passed, 1e-3) / LAG_S)
        self._smooth = middle if share == 1.0 else self._smooth + share * (middle - self._smooth)
        self._last_s = time_s
        return self._smooth

    def _forget(self) -> None:
        self.phase, self._smooth = "unknown", math.nan
        self._recent.clear()
