"""What a job can do with a picture: predict, label, teach, eval. Each is a function from pixels to rows, and a schema.

What labels and measures stands in modules of its own, which whoever plans or predicts does without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from posetune.scale.job import Job
from posetune.scale.rows import ANSWERS, LESSONS, POSES, PRELABELS, Look, values_of

if TYPE_CHECKING:
    from posetune.runtime import batch


@dataclass(frozen=True)
class Task:
    """``schema``: of its rows; ``table``: the merged result's name; ``beside``: that of the other file that merging writes;
    ``videos``: whether it takes them; ``look``: what makes its Look.
    """

    schema: pa.Schema
    table: str
    beside: str
    videos: bool
    look: Callable[[Job, batch.Options], Look]


def _predict(job: Job, options: batch.Options) -> Look:
    return lambda landmarker, rgb, item: [values_of(pose) for pose in options.predict(landmarker, rgb, item.file)]


def _label(job: Job, options: batch.Options) -> Look:
    from posetune.scale.labelling import label

    return label(options)


def _teach(job: Job, options: batch.Options) -> Look:
    from posetune.scale.labelling import teach

    return teach(options)


def _eval(job: Job, options: batch.Options) -> Look:
    from posetune.scale.measuring import answer

    return answer(job, options)


TASKS = {
    "predict": Task(POSES, "predictions.parquet", "predictions.json", True, _predict),
    "label": Task(PRELABELS, "labels.parquet", "labels.json", False, _label),
    "teach": Task(LESSONS, "lessons.parquet", "labels.json", False, _teach),
    "eval": Task(ANSWERS, "answers.parquet", "evaluation.json", False, _eval),
}
