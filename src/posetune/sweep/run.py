"""``posetune sweep``: every cell of the plan trained in a run folder of its own, then all of them in one table.

Each cell is a ``posetune train`` in a process of its own, so that one that fails or runs out of memory takes nothing
with it. A cell whose folder has a ``summary.json`` is done; one with a checkpoint goes on where it was: calling the
sweep again is all that resuming takes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from posetune.data.dataset import Dataset, load_train_and_val, write_coco
from posetune.errors import PosetuneError
from posetune.files import write_json, write_text
from posetune.lock import locked
from posetune.measure.compare import Comparison, compare, run_summary
from posetune.measure.compare_table import markdown, page
from posetune.measure.evaluate import Progress
from posetune.progress import clock
from posetune.sweep.plan import Cell, cells, subset
from posetune.sweep.recommend import recommend
from posetune.tune.run_folder import resumable

PLAN, TABLE, PAGE, RESULT, SETS = "plan.json", "sweep.md", "sweep.html", "sweep.json", "sets"
Say = Callable[[str], None]
#: Seconds between looks at what other machines do.
_WAIT = 5.0


@dataclass(frozen=True)
class SweepConfig:
    """What to sweep over. ``assignments``: "key=value" of train.yaml for every cell; ``arguments``: of one method alone."""

    data: Path
    out: Path
    methods: tuple[str, ...]
    bases: tuple[str, ...]
    counts: tuple[str, ...]
    train_split: str = "train"
    val_split: str = "val"
    val_share: float = 0.15
    seed: int = 0
    assignments: tuple[str, ...] = ()
    arguments: dict[str, list[str]] = field(default_factory=dict)
    general: Path | None = None
    general_split: str = "val"
    threads: int | None = None


@dataclass(frozen=True, eq=False)
class SweepResult:
    """``comparison``: all cells that were trained, on validation; ``failed``: cell name → the reason; ``words``: the
    recommendation, a sentence each.
    """

    comparison: Comparison
    failed: dict[str, str]
    words: list[str]


def sweep(config: SweepConfig, *, say: Say = print, progress: Progress | None = None) -> SweepResult:
    """Train every cell that is not done yet, measure all on validation, and write the table into ``config.out``.

    Raises PosetuneError for unusable data, a folder that holds another sweep, or if every cell failed.
    """
    train, val = _splits(config, say)
    plan = cells(config.methods, config.bases, config.counts, len({id(p.image) for p in train.usable}))
    refuse_other(config)
    write_text(config.out / PLAN, json.dumps(_identity(config), indent=1) + "\n")
    folders = _write_sets(config, plan, train, val)
    failed: dict[str, str] = {}
    took: list[float] = []
    while waiting := [c for c in plan if not _done(config.out / c.name) and c.name not in failed]:
        moved = False
        for cell in waiting:
            with locked(config.out / f".{cell.name}.lock") as ours:
                if not ours or _done(config.out / cell.name):  # another machine has it, or had it
                    continue
                moved = True
                left = sum(not _done(config.out / c.name) for c in waiting)
                hint = f", about {clock(left * sum(took) / len(took))} left" if took else ""
                say(f"[{plan.index(cell) + 1}/{len(plan)}] {cell.name}{hint}")
                begun = time.monotonic()
                reason = train_cell(config, cell, folders[cell.count], say)
                took.append(time.monotonic() - begun)
                if reason is not None:
                    failed[cell.name] = reason
                    say(f"{cell.name} failed: {reason}")
        if not moved:
            time.sleep(_WAIT)  # what is left is being trained elsewhere; if that dies, its lock is free
    done = [cell for cell in plan if _done(config.out / cell.name)]
    if not done:
        raise PosetuneError(f"Every cell of the sweep failed; the first: {next(iter(failed.values()))}")
    comparison = compare(
        folders[max((c.count for c in plan), key=lambda c: (c == "all", len(c), c))],
        "val",
        [config.out / cell.name for cell in done],
        general=config.general,
        general_split=config.general_split,
        threads=config.threads,
        progress=progress,
    )
    # Of the set as it was given, not of the copy of its labels that the cells were given.
    comparison = replace(comparison, main=replace(comparison.main, data=str(config.data)))
    words = recommend(comparison.rows, comparison.main.groups, {cell.name: cell for cell in done})
    _write(config, comparison, failed, words)
    return SweepResult(comparison, failed, words)


def train_cell(config: SweepConfig, cell: Cell, data: Path, say: Say, extra: Sequence[str] = ()) -> str | None:
    """Run ``posetune train`` for one cell; None when it is done, else the reason why not."""
    return run_training(
        [
            "--method", cell.method, "--data", str(data), "--base", cell.base, "--seed", str(config.seed),
            *config.arguments.get(cell.method, []),
            *(word for assignment in config.assignments for word in ("--set", assignment)), *extra,
        ],
        config.out / cell.name,
        say,
    )  # fmt: skip


def run_training(arguments: Sequence[str], out: Path, say: Say) -> str | None:
    """``posetune train`` in a process of its own, into the run folder ``out``, what it says beside it in ``out``.log.

    Goes on from a checkpoint. Returns None when done, else its last words. Raises KeyboardInterrupt after Ctrl-C.
    """
    command = [sys.executable, "-m", "posetune", "train", *arguments, "--out", str(out)]
    if resumable(out):
        command.append("--resume")
    elif out.exists():
        shutil.rmtree(out)  # begun, and nothing in it to go on from
    out.parent.mkdir(parents=True, exist_ok=True)
    last = "no word of why"
    with out.with_name(f"{out.name}.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            assert process.stderr is not None
            for line in process.stderr:
                log.write(line)
                if line.strip():
                    last = line.strip()
                    say(f"    {last}")
            code = process.wait()
        except BaseException:  # Ctrl-C reaches the training as well: it keeps what it has, if it is given the time
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    if code == 130 or code == -2:
        raise KeyboardInterrupt
    if code != 0 or not _done(out):
        return last.removeprefix("posetune: ")
    return None


def _done(folder: Path) -> bool:
    summary = run_summary(folder)
    return bool(summary) and not summary.get("interrupted", False)


def _splits(config: SweepConfig, say: Say) -> tuple[Dataset, Dataset]:
    """The sets to learn from and to choose on, as ``posetune train`` divides them."""
    train, val = load_train_and_val(
        config.data, config.train_split, config.val_split, config.val_share, config.seed, say
    )
    for dataset in (train, val):
        if not dataset.usable:
            raise PosetuneError(f"{dataset.name} has nobody to learn from: label a shoulder and a hip at least.")
    return train, val


def _identity(config: SweepConfig) -> dict[str, Any]:
    """What a sweep is told from others by."""
    return {
        "data": str(config.data.resolve()), "train_split": config.train_split, "val_split": config.val_split,
        "seed": config.seed, "assignments": list(config.assignments),
    }  # fmt: skip


def refuse_other(config: SweepConfig) -> None:
    """See that the folder is free or this sweep's: more cells may be added, but not of other data or another seed.

    Raises PosetuneError if it is not.
    """
    file = config.out / PLAN
    if file.exists():
        try:
            before = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = {}
        changed = [key for key, value in _identity(config).items() if before.get(key) != value]
        if changed:
            raise PosetuneError(
                f"{config.out} holds a sweep with another {changed[0].replace('_', ' ')} ({before.get(changed[0])}); choose "
                "another --out."
            )
    elif config.out.exists() and any(config.out.iterdir()):
        raise PosetuneError(f"{config.out} is not empty and holds no sweep; choose another --out.")


def _write_sets(config: SweepConfig, plan: Sequence[Cell], train: Dataset, val: Dataset) -> dict[str, Path]:
    """Count → a data set folder with so many labelled images; the images stay where they are."""
    folders = {}
    for cell in plan:
        folder = config.out / SETS / cell.count
        folders[cell.count] = folder
        for name, dataset in (("train", subset(train, cell.images, config.seed)), ("val", val)):
            file = folder / "annotations" / f"{name}.json"
            if not file.exists():
                write_coco(_rooted(dataset, folder), file)
    return folders


def _rooted(dataset: Dataset, folder: Path) -> Dataset:
    """The same set as if it stood in ``folder``, with its images' paths in full."""
    images = {id(image): replace(image, path=image.path.resolve()) for image in dataset.images}
    people = tuple(replace(person, image=images[id(person.image)]) for person in dataset.people)
    return replace(dataset, images=tuple(images.values()), people=people, root=folder)


def _write(config: SweepConfig, comparison: Comparison, failed: dict[str, str], words: list[str]) -> None:
    lines = [markdown(comparison), "", "## Recommendation", "", *(f"- {word}" for word in words)]
    lines += [f"- {name} failed: {reason}" for name, reason in failed.items()]
    write_text(config.out / TABLE, "\n".join(lines) + "\n")
    write_text(config.out / PAGE, page(comparison, words))
    result: dict[str, Any] = {**comparison.to_json(), "failed": failed, "recommendation": words}
    write_json(config.out / RESULT, result)
