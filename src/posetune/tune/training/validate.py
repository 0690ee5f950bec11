"""How good a network is on the validation people: the number that a training run watches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from posetune.graph.torch.network import Network
from posetune.tune.crop_protocol import Errors


@dataclass(frozen=True, eq=False)
class Score:
    """``mean_px``: mean over labelled points of the distance, crop px of a 256 px crop; ``pck``: the share within 0.2 torso;
    ``people_px``: (N,) the mean of each person, empty where nobody worked it out.
    """

    mean_px: float
    pck: float
    people_px: tuple[float, ...] = ()

    @classmethod
    def of(cls, errors: Errors, torso: float | None = None) -> Score:
        """``torso``: px of a 256 px crop, for points that tell of none."""
        return cls(float(errors.mean_px), errors.within(0.2, torso), tuple(errors.people_px.tolist()))

    def worse_than(self, other: Score) -> float:
        """By what share the mean is higher than the other's on the same people; 0 where that may be chance: a paired t below
        2, so that one person whose sides flip is no verdict.
        """
        difference = np.subtract(self.people_px, other.people_px)
        difference = difference[np.isfinite(difference)]
        if len(difference) < 3 or difference.mean() <= 2 * difference.std(ddof=1) / np.sqrt(len(difference)):
            return 0.0
        return self.mean_px / other.mean_px - 1


#: How a run looks at a network's present weights, with a pool of threads that may share the work.
Look = Callable[[Network, Executor | None], Score]
