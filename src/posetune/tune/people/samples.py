"""Labelled people → training samples: crops with what is known in them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from posetune.data.people import ImageRecord, Person
from posetune.geometry import Crop
from posetune.landmarks import COUNT, FLIP
from posetune.skeleton import BLAZEPOSE
from posetune.tune.people.augment import AugmentConfig, occlude, vary_crop, vary_pixels


@dataclass(frozen=True, eq=False)
class Subject:
    """Someone to learn from: an image, the crop around the person, and what is known of the 33 landmarks (or of the K
    points of a set of the user's own).

    ``keypoints``: (33, 2) image px. ``weight``: (33,) how far each label is trusted; 0 where there is none.
    ``visible``: (33,) 1 visible, 0 hidden, NaN unknown. ``world``: (33, 3) metres or None. ``flip``: (33,) which point
    each becomes in a mirrored crop. ``held``: whether the network is held to the base in what has no label; if not, in presence
    alone.
    """

    image: ImageRecord
    crop: Crop
    keypoints: np.ndarray
    weight: np.ndarray
    visible: np.ndarray
    world: np.ndarray | None = None
    name: str = ""
    flip: np.ndarray = field(default_factory=lambda: FLIP)
    held: bool = True


@dataclass(frozen=True, eq=False)
class Sample:
    """One crop and what is known in it. ``pixels``: (S, S, 3) uint8 RGB. ``points``: (33, 2) crop px. ``weight``, ``visible``:
    (33,). ``world``: (33, 3) metres in the crop's axes, NaN where unknown. ``name``: where it came from, for error messages.
    ``held``: see :class:`Subject`.
    """

    pixels: np.ndarray
    points: np.ndarray
    weight: np.ndarray
    visible: np.ndarray
    world: np.ndarray
    name: str
    held: bool = True


@dataclass(frozen=True, eq=False)
class Targets:
    """What is known of B crops; crop px of the network's input size.

    ``points``: (B, 33, 2). ``weight``, ``visible``: (B, 33). ``world``: (B, 33, 3) metres, NaN where unknown. ``held``: (B,) 1, or
    0 where the network is held to the base in presence alone; None: 1 throughout.
    """

    points: torch.Tensor
    weight: torch.Tensor
    visible: torch.Tensor
    world: torch.Tensor
    held: torch.Tensor | None = None

    def apply(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Targets:
        """The same change made to each of them."""
        held = None if self.held is None else change(self.held)
        return Targets(change(self.points), change(self.weight), change(self.visible), change(self.world), held)


@dataclass(frozen=True, eq=False)
class Batch:
    """What one training step sees: B crops.

    ``images``: (B, 3, S, S) float32 in [0, 1]. ``names``: where each sample came from, for error messages.
    """

    images: torch.Tensor
    targets: Targets
    names: tuple[str, ...]

    def to(self, device: torch.device) -> Batch:
        def moved(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.to(device, non_blocking=True)

        return Batch(moved(self.images), self.targets.apply(moved), self.names)

    def part(self, index: int, count: int) -> Batch:
        """Every ``count``-th sample from ``index`` on, so that each part has its share of replay."""
        take = slice(index, None, count)
        return Batch(self.images[take], self.targets.apply(lambda t: t[take]), self.names[take])


class ImageCache:
    """Decoded images in memory up to a budget; the least recently used go first. Safe between threads."""

    def __init__(self, megabytes: float = 600) -> None:
        self._budget = megabytes * 1e6
        self._held = 0
        self._images: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, record: ImageRecord) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        key = str(record.path)
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
                return self._images[key]
        image = record.read()
        with self._lock:
            if key not in self._images:
                self._images[key] = image
                self._held += image.nbytes
            while self._held > self._budget and len(self._images) > 1:
                self._held -= self._images.popitem(last=False)[1].nbytes
        return image


def subject_of(person: Person, weight: np.ndarray | None = None) -> Subject:
    """The training subject of a labelled person that has a crop. ``weight``: (33,) trust, default 1 where labelled."""
    assert person.crop is not None
    trust = person.labelled.astype(np.float32) if weight is None else weight.astype(np.float32) * person.labelled
    visible = np.where(person.labelled, (person.keypoints[:, 2] > 1).astype(np.float32), np.nan)
    name = f"{person.image.path.name} (person {person.id})"
    flip, world = person.skeleton.flip, person.keypoints_3d if person.skeleton is BLAZEPOSE else None
    return Subject(person.image, person.crop, person.keypoints[:, :2], trust, visible, world, name, flip)


def unlabelled_subject(image: ImageRecord, crop: Crop) -> Subject:
    """Somebody of whom nothing is known but the crop: held to a network's answers, or measured against them."""
    nothing = np.full(COUNT, np.nan, np.float32)
    return Subject(image, crop, np.zeros((COUNT, 2)), np.zeros(COUNT, np.float32), nothing, None, image.path.name)


def typical_labels(subjects: Sequence[Subject]) -> float:
    """How many labels a person has in the mean."""
    return float(np.mean([s.weight.sum() for s in subjects]))


def make_sample(
    subject: Subject, image: np.ndarray, size: int, augment: AugmentConfig | None, rng: np.random.Generator
) -> Sample:
    """One sample of a subject, whose image is ``image`` (H, W, 3) uint8 RGB; ``size``: the crop's side S in px.

    With ``augment`` None: the plain crop of the crop protocol. A mirrored crop has left and right partners swapped in
    everything that is known, and world x negated.
    """
    crop = subject.crop if augment is None else vary_crop(subject.crop, augment, rng)
    pixels = crop.cut(image, size)
    points = crop.to_crop(subject.keypoints, size)
    weight, visible = subject.weight, subject.visible
    if augment is not None:
        pixels, hidden = occlude(pixels, points[weight > 0], augment, rng)
        visible = np.where(np.isfinite(visible) & _inside(hidden, points), 0, visible)
        pixels = vary_pixels(pixels, augment, rng)
    world = np.full((COUNT, 3), np.nan) if subject.world is None else _turn_world(subject.world, crop)
    if crop.mirror:
        points, weight, visible = points[subject.flip], weight[subject.flip], visible[subject.flip]
        world = world[FLIP]
    return Sample(pixels, points, weight, visible, world, subject.name, subject.held)


def _inside(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N,) bool: which of ``points`` (N, 2) lie on a set pixel of ``mask`` (S, S)."""
    column, row = np.nan_to_num(points, nan=-1.0).astype(np.int64).clip(-1, len(mask)).T
    inside = (column >= 0) & (row >= 0) & (column < len(mask)) & (row < len(mask))
    return inside & mask[np.where(inside, row, 0), np.where(inside, column, 0)]


def _turn_world(world: np.ndarray, crop: Crop) -> np.ndarray:
    """World landmarks (33, 3) in the image's directions → in the crop's, as the network gives them."""
    c, s = np.cos(crop.angle), np.sin(crop.angle)
    turned = world.copy()
    turned[:, 0] = c * world[:, 0] + s * world[:, 1]
    turned[:, 1] = -s * world[:, 0] + c * world[:, 1]
    if crop.mirror:
        turned[:, 0] = -turned[:, 0]
    return turned


def collate(samples: Sequence[Sample]) -> Batch:
    """Stack samples of one size."""

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.asarray(np.stack([getattr(s, name) for s in samples]), np.float32))

    images = torch.from_numpy(np.stack([s.pixels for s in samples])).permute(0, 3, 1, 2).float().div_(255)
    targets = Targets(stacked("points"), stacked("weight"), stacked("visible"), stacked("world"), stacked("held"))
    return Batch(images, targets, tuple(s.name for s in samples))
