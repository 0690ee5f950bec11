"""What the table of a sweep means, in plain words. Only the figures of the table speak, and those are of validation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from posetune.measure.compare import ComparisonRow
from posetune.sweep.plan import Cell

#: Errors nearer than this share are told apart by nothing but chance on sets of usual size.
NEARLY = 0.03
#: A step of more labels that brings no more than this brought nothing.
LITTLE = 0.01
#: A cheaper network must save at least this share of the time to be worth a word.
SAVES = 0.25


def recommend(measured: Sequence[ComparisonRow], groups: int, cells: Mapping[str, Cell]) -> list[str]:
    """Sentences: what to take, what is nearly as good and cheaper, whether more labels would help, and how sure this is.

    ``measured``: the rows of the table; ``groups``: of how many scenes or videos; ``cells``: name of a row → what was trained.
    """
    rows = {row.name: row for row in measured}
    tuned = [rows[name] for name in cells if name in rows and rows[name].mean_error_crop_px is not None]
    stock = [row for row in rows.values() if row.kind == "stock"]
    if not tuned:
        return ["Nothing was trained: there is nothing to recommend."]
    best = min(tuned, key=_error)
    cell = cells[best.name]
    words = [_first(best, cell, rows)]
    if _gain(best) <= 0:
        return [*words, _more_labels(cell, cells, rows), *_cautions(groups)]
    words += _against_heavy(best, stock) + _cheaper(best, tuned, cells)
    words += [_more_labels(cell, cells, rows), *_forgetting(best), *_cautions(groups)]
    return [word for word in words if word]


def _error(row: ComparisonRow) -> float:
    return math.inf if row.mean_error_crop_px is None else row.mean_error_crop_px


def _gain(row: ComparisonRow) -> float:
    """How far below its stock network the error is, as a share."""
    change = row.difference_to_stock
    return -float(change.mean_error_relative) if change and change.mean_error_relative is not None else 0.0


def _sure(row: ComparisonRow) -> bool:
    change = row.difference_to_stock
    bounds = None if change is None else change.interval_95.mean_error_relative
    return bounds is not None and bounds[0] * bounds[1] > 0


def _what(cell: Cell) -> str:
    how = {
        "corrector": f"a corrector behind stock {cell.base}",
        "full": f"{cell.base}, fully tuned",
        "head": f"{cell.base} with a tuned head",
        "distill": f"{cell.base}, distilled from a teacher",
    }.get(cell.method, f"{cell.base} by {cell.method}")
    return f"{how}, from {'all labelled images' if cell.images is None else f'{cell.images} labelled images'}"


def _first(best: ComparisonRow, cell: Cell, rows: Mapping[str, ComparisonRow]) -> str:
    base = rows.get(cell.base)
    if _gain(best) <= 0:
        error = "" if base is None else f" ({_error(base):.2f} crop px)"
        return (
            f"Keep stock {cell.base}{error}: nothing that was tried is better on validation; the nearest is {best.name} with "
            f"{_error(best):.2f}."
        )
    text = f"Take {best.name} ({_what(cell)}): {_error(best):.2f} crop px on validation, "
    text += f"{_gain(best):.0%} below stock {cell.base}"
    if base is not None:
        text += f" ({_error(base):.2f})"
    return text + ("." if _sure(best) else ", which could still be chance.")


def _against_heavy(best: ComparisonRow, stock: list[ComparisonRow]) -> list[str]:
    better = [row for row in stock if row.name != best.base and _error(row) < _error(best)]
    if not better:
        return []
    row = min(better, key=_error)
    cost = ""
    if row.ms_per_crop and best.ms_per_crop:
        cost = f", at {row.ms_per_crop / best.ms_per_crop:.1f} times the time of an answer"
    return [f"Stock {row.name}, untouched, is better still ({_error(row):.2f} crop px){cost}."]


def _cheaper(best: ComparisonRow, tuned: list[ComparisonRow], cells: Mapping[str, Cell]) -> list[str]:
    """One word on what is nearly as good and answers faster, one on what is nearly as good and trains in seconds."""
    words = []
    near = [row for row in tuned if row is not best and _error(row) <= (1 + NEARLY) * _error(best)]
    shares = [(r.ms_per_crop / best.ms_per_crop, r) for r in near if r.ms_per_crop and best.ms_per_crop]
    if shares and min(shares, key=_share)[0] <= 1 - SAVES:
        share, row = min(shares, key=_share)
        words.append(
            f"{row.name} is nearly as good ({_error(row):.2f}) and answers in {share:.0%} of "
            "the time: take it where speed counts."
        )
    correctors = [row for row in tuned if cells[row.name].method == "corrector" and row is not best and _gain(row) > 0]
    if correctors and cells[best.name].method != "corrector":
        row = min(correctors, key=_error)
        words.append(
            f"If the network must stay as it is: {row.name} stands behind it, trained in "
            f"{row.train_seconds or 0:.0f} s, and takes {_gain(row):.0%} off its error; but it works only where you can run "
            "Python behind the network."
        )
    return words


def _share(of_time: tuple[float, ComparisonRow]) -> float:
    return of_time[0]


def _more_labels(cell: Cell, cells: Mapping[str, Cell], rows: Mapping[str, ComparisonRow]) -> str:
    """What each step of more labels brought with the method and base of ``cell``."""
    same = [c for c in cells.values() if (c.method, c.base) == (cell.method, cell.base) and c.name in rows]
    same.sort(key=lambda c: (c.images is None, c.images or 0))
    if len(same) < 2:
        return ""
    steps = ", ".join(f"{c.count}: {_error(rows[c.name]):.2f}" for c in same)
    before, last = _error(rows[same[-2].name]), _error(rows[same[-1].name])
    step = 1 - last / before if before else 0.0
    if step > NEARLY:
        advice = f"the last step still brought {step:.0%}, so more labels will probably help"
    elif step > LITTLE:
        advice = f"the last step brought {step:.0%}, so more labels will help a little, other scenes perhaps more"
    elif step >= -NEARLY:
        advice = "the last step brought next to nothing, so more labels of the same kind will hardly help; other scenes might"
    else:
        advice = "the last step made it worse: look for wrong labels with posetune data check"
    return f"Labelled images and error, {cell.method} on {cell.base}: {steps}; {advice}."


def _forgetting(best: ComparisonRow) -> list[str]:
    change = best.forgetting
    if change is None or change.mean_error_relative is None:
        return []
    worse = change.mean_error_relative
    if worse <= 0.01:
        return ["On the general set it is no worse than stock."]
    return [f"On the general set its error is {worse:.0%} above stock's: that is what it forgot."]


def _cautions(groups: int) -> list[str]:
    words = [
        "Chosen on validation: measure the one you take on people that no run has seen, with posetune eval --split test."
    ]
    if groups < 5:
        words.append(
            f"Validation has {groups} scene{'s' if groups != 1 else ''} or videos only: differences of a "
            "few per cent mean nothing."
        )
    return words
