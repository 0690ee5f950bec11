"""What speaks for labelling an image next: how little networks agree on its people, and how rare their poses are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.people import ImageRecord
from posetune.data.teacher import VIEWS, views_of
from posetune.errors import PosetuneError
from posetune.files import state_of
from posetune.geometry import SIZE, Crop, crop_from_labels
from posetune.label.features import JOINTS, pose_feature
from posetune.label.journal import Journal
from posetune.landmarks import COUNT, INDEX
from posetune.runtime.landmarker import Landmarker

#: Bones that keep their length while somebody moves, as far as they are seen from the side: limbs and trunk.
_BONES = tuple(
    (JOINTS.index(INDEX[f"{side}_{a}"]), JOINTS.index(INDEX[f"{side}_{b}"]))
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("shoulder", "hip"))
)
#: Raised when the same network would be told to say something else than before.
_VERSION = 1


@dataclass(frozen=True, eq=False)
class PersonSignals:
    """``views``: how far four looks of one network lie from their middle, and ``models``: how far the other network from it,
    both means over twelve joints, px of a 256 px crop. ``doubt``: 0…1, how unsure both are that this is a person whose joints are
    seen. ``pose``: (12, 2), as ``features.pose_feature``.
    """

    views: float
    models: float
    doubt: float
    pose: np.ndarray

    def to_row(self) -> list[Any]:
        numbers = [round(float(v), 3) for v in (self.views, self.models, self.doubt)]
        return [*numbers, [round(float(v), 3) for v in self.pose.ravel()]]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> PersonSignals:
        return cls(row[0], row[1], row[2], np.array(row[3], np.float32).reshape(-1, 2))

    @property
    def bones(self) -> np.ndarray:
        """(10,) lengths, torsos."""
        return np.array([np.linalg.norm(self.pose[a] - self.pose[b]) for a, b in _BONES])


@dataclass(frozen=True, eq=False)
class Looker:
    """``model``: looks in several ways, and ``second`` once; ``name``: of both and how they are asked, for file names."""

    model: Landmarker
    second: Landmarker
    name: str
    most: int = 5

    @classmethod
    def of(cls, model: Landmarker, second: Landmarker, shas: Sequence[str], most: int = 5) -> Looker:
        """``shas``: of the files that make up both."""
        name = hashlib.sha256(repr((tuple(shas), VIEWS, most, _VERSION)).encode()).hexdigest()[:16]
        return cls(model, second, name, most)

    def look(self, rgb: np.ndarray, crops: Sequence[Crop] | None) -> list[PersonSignals]:
        """What there is to say of the people in ``crops``; None: of those whom the detector finds."""
        if crops is None:
            found = self.model.predict(rgb, self.most)
            crops = [crop_from_labels(p.landmarks_px, np.ones(COUNT, bool)) or p.crop for p in found]
        return [signals for crop in crops if (signals := self._person(rgb, crop)) is not None]

    def _person(self, rgb: np.ndarray, crop: Crop) -> PersonSignals | None:
        looks = views_of(self.model, rgb, crop)
        other = self.second.predict_crop(rgb, crop)
        points = np.array([look.landmarks_px[:, :2] for look in looks], float)
        middle = points.mean(axis=0)
        px = SIZE / crop.side
        spread = np.linalg.norm(points - middle, axis=-1).mean(axis=0)[JOINTS] * px
        apart = np.linalg.norm(other.landmarks_px[:, :2] - middle, axis=-1)[JOINTS] * px
        seen = np.mean([look.visibility[JOINTS].mean() * look.score for look in (*looks, other)])
        pose = pose_feature(other.landmarks_px)
        return None if pose is None else PersonSignals(spread.mean(), apart.mean(), 1 - float(seen), pose)


def signals_of(
    looker: Looker,
    images: Iterable[tuple[ImageRecord, Sequence[Crop] | None]],
    folder: Path,
    step: Callable[[], None],
) -> Iterator[tuple[ImageRecord, list[PersonSignals] | None]]:
    """Each image with what there is to say of its people, None where it cannot be read. ``images``: each with the crops of its
    people, or None for the detector's; ``folder``: where answers are kept, so that an image is looked at once.
    """
    known = Journal(folder / f"{looker.name}.jsonl")
    try:
        for image, crops in images:
            key = _key(image.path, crops)
            row = known.get(key)
            if row is None:
                try:
                    people = looker.look(image.read(), crops)
                except PosetuneError:
                    step()
                    yield image, None
                    continue
                row = [p.to_row() for p in people]
                known.add(key, row)
            step()
            yield image, [PersonSignals.of_row(r) for r in row]
    finally:
        known.close()


def _key(path: Path, crops: Sequence[Crop] | None) -> str:
    try:
        state: tuple[str, int, int] = state_of(path)
    except OSError:
        state = (str(path), 0, 0)
    return hashlib.sha256(repr((state, crops)).encode("utf-8", "surrogateescape")).hexdigest()[:24]
