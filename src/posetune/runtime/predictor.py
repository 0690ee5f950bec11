"""Poses in people's own pipelines: a class for ``map_batches`` of Ray Data, Daft or Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune.errors import PosetuneError
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import load


class Predictor:
    """``predictor(batch)``: the batch, with a column of poses. The networks are loaded once a process.

        dataset.map_batches(posetune.Predictor, fn_constructor_kwargs={"model": "full"}, batch_size=16, concurrency=4)

    **A row stays a row.** A picture has none, one or many people, and their poses stand as one list (JSON, as ``Pose.to_json``)
    in the picture's row. Making rows of them with ``flat_map`` or ``explode`` before the result is written breaks what such
    engines promise of a run that was stopped: they count an input as done with its first output row, and drop the others without
    a word (Ray Data lost 30 of 800 rows so). Explode what has been written; or use ``posetune job``.
    """

    def __init__(
        self,
        model: str | Path | stock.Networks = "full",
        column: str = "image",
        out: str = "poses",
        max_people: int = DEFAULT_MAX_PEOPLE,
        **options: Any,
    ) -> None:
        """``model``, ``options``: as :func:`posetune.load` takes them; one thread, unless ``threads`` says otherwise.
        ``column``: of the pictures, each an array (H, W, 3) uint8, the bytes of a file, or a path; ``out``: of the poses.
        """
        self.column, self.out, self.max_people = column, out, max_people
        self._how = (stock.resolve(model), {"threads": 1, **options})
        self._landmarker: Landmarker | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the loaded networks: each process loads its own."""
        return {**self.__dict__, "_landmarker": None}

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """``batch``: columns of N rows. Returns them and ``out``, (N,) of JSON text: a list of the picture's people, best first;
        beside it ``out``_error, "" or why the picture could not be read.

        Raises PosetuneError where the batch has no such column.
        """
        if self.column not in batch:
            raise PosetuneError(
                f"This batch has no column {self.column!r}, only {', '.join(map(str, batch))}: say which with column=…"
            )
        pairs = [self._one(picture) for picture in batch[self.column]]
        return {
            **batch,
            self.out: np.array([text for text, _ in pairs], dtype=object),
            f"{self.out}_error": np.array([error for _, error in pairs], dtype=object),
        }

    def _one(self, picture: Any) -> tuple[str, str]:
        if self._landmarker is None:
            networks, options = self._how
            self._landmarker = load(networks, **options)
        try:
            if isinstance(picture, (bytearray, memoryview)):
                picture = bytes(picture)
            rgb = read_image(picture) if isinstance(picture, (str, Path, bytes)) else np.asarray(picture)
            poses = self._landmarker.predict(rgb, self.max_people)
        except PosetuneError as error:
            return "[]", str(error)
        return _listed([pose.to_json() for pose in poses]), ""


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(texts)}]"
