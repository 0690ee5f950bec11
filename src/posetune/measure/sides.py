"""What a network errs by on people whose sides nobody flips, apart from those whose left and right are taken for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from posetune.data.people import Person
from posetune.measure.beside import Entry
from posetune.measure.errors import swapped
from posetune.measure.metrics import mean_or_none
from posetune.measure.results import SidesFigures
from posetune.measure.summary import Scored, in_body


def judges(entries: Sequence[Entry]) -> list[str]:
    """The names of those whose flips count: the networks that were asked for and what they were made of; stock ones if there
    are none.
    """
    models = [e for e in entries if e.kind == "model"]
    bases = {e.base for e in models}
    return [e.name for e in entries if e.kind == "model" or (e.kind == "stock" and (not models or e.name in bases))]


def sides(people: Sequence[Person], entries: Sequence[Entry], scored: Mapping[str, Scored]) -> dict[str, SidesFigures]:
    """Name → figures, for the :func:`judges` among ``entries``. ``scored``: of ``people``, by name."""
    names = judges(entries)
    flips = {name: swapped(in_body(people, scored[name])[1]).any(axis=1) for name in names}
    flipped = np.any(list(flips.values()), axis=0)
    base = {e.name: e.base for e in entries if e.kind == "model"}
    found = {}
    for name in names:
        errors = scored[name].errors_crop
        found[name] = SidesFigures(
            kept_people=int((~flipped).sum()),
            kept_error_crop_px=mean_or_none(errors[~flipped]),
            kept_relative=_relative(errors[~flipped], scored[base[name]].errors_crop[~flipped])
            if name in base
            else None,
            flipped_people=int(flipped.sum()),
            flipped_error_crop_px=mean_or_none(errors[flipped]),
            own_flips=int(flips[name].sum()),
        )
    return found


def _relative(mine: np.ndarray, stock: np.ndarray) -> float | None:
    """How much larger the mean is than stock's, over what both tell."""
    both = np.isfinite(mine) & np.isfinite(stock)
    before = mean_or_none(stock[both])
    return mean_or_none(mine[both]) / before - 1 if before else None  # type: ignore[operator]
