"""Labelled people → training samples: crops with their targets, prepared on a thread ahead of the network."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from posetune.data.people import ImageRecord, Person
from posetune.geometry import Crop
from posetune.landmarks import COUNT, FLIP
from posetune.skeleton import BLAZEPOSE
from posetune.tune.people.augment import AugmentConfig, occlude, vary_crop, vary_pixels

#: Crops between two visits: about 3 MB each are kept for so long.
_BLOCK = 64


@dataclass(frozen=True, eq=False)
class Subject:
    """Someone to learn from: an image, the crop around the person, and what is known of the 33 landmarks (or of the K
    points of a set of the user's own).

    ``keypoints``: (33, 2) image px. ``weight``: (33,) how far each label is trusted; 0 where there is none.
    ``visible``: (33,) 1 visible, 0 hidden, NaN unknown. ``world``: (33, 3) metres or None. ``flip``: (33,) which point
    each becomes in a mirrored crop.
    """

    image: ImageRecord
    crop: Crop
    keypoints: np.ndarray
    weight: np.ndarray
    visible: np.ndarray
    world: np.ndarray | None = None
    name: str = ""
    flip: np.ndarray = field(default_factory=lambda: FLIP)


@dataclass(frozen=True, eq=False)
class Batch:
    """What one training step sees. B samples; crop px of the network's input size.

    ``images``: (B, 3, S, S) float32 in [0, 1]. ``points``: (B, 33, 2). ``weight``, ``visible``: (B, 33).
    ``world``: (B, 33, 3) metres, NaN where unknown. ``names``: where each sample came from, for error messages.
    ``begun``: what the trainer knows of these crops since an earlier visit.
    """

    images: torch.Tensor
    points: torch.Tensor
    weight: torch.Tensor
    visible: torch.Tensor
    world: torch.Tensor
    names: tuple[str, ...]
    begun: dict[int, Any] = field(default_factory=dict)

    def to(self, device: torch.device) -> Batch:
        tensors = (self.images, self.points, self.weight, self.visible, self.world)
        images, points, weight, visible, world = (t.to(device, non_blocking=True) for t in tensors)
        return Batch(images, points, weight, visible, world, self.names)

    def part(self, index: int, count: int) -> Batch:
        """Every ``count``-th sample from ``index`` on, so that each part has its share of replay."""
        take = slice(index, None, count)
        return Batch(
            self.images[take],
            self.points[take],
            self.weight[take],
            self.visible[take],
            self.world[take],
            self.names[take],
        )


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


def make_sample(
    subject: Subject, image: np.ndarray, size: int, augment: AugmentConfig | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One sample: crop (S, S, 3) uint8, points (33, 2) crop px, weight (33,), visible (33,), world (33, 3).

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
    return pixels, points, weight, visible, world


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


def collate(samples: Sequence[tuple[np.ndarray, ...]], names: Sequence[str]) -> Batch:
    """Stack the results of :func:`make_sample`."""
    pixels, *rest = (np.stack(column) for column in zip(*samples, strict=True))
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255)
    points, weight, visible, world = (torch.from_numpy(np.asarray(a, np.float32)) for a in rest)
    return Batch(images, points, weight, visible, world, tuple(names))


class Sampler:
    """Endless order over subjects: every pass shuffled anew; the state after n samples depends on seed and n alone."""

    def __init__(self, count: int, seed: int, start: int = 0) -> None:
        self.count, self.seed, self.drawn = count, seed, start

    def take(self, n: int) -> list[tuple[int, int]]:
        """The next n as (index, serial number); the serial number seeds the sample's augmentation."""
        chosen = []
        for _ in range(n):
            passes, place = divmod(self.drawn, self.count)
            order = np.random.default_rng([self.seed, 1, passes]).permutation(self.count)
            chosen.append((int(order[place]), self.drawn))
            self.drawn += 1
        return chosen


class BatchMaker:
    """Makes the ``step``-th batch: ``batch`` labelled subjects, of which ``replay`` come from the replay pool instead."""

    def __init__(
        self,
        subjects: Sequence[Subject],
        replay: Sequence[Subject],
        *,
        batch: int,
        replay_share: float,
        size: int,
        augment: AugmentConfig | None,
        seed: int,
        cache: ImageCache,
    ) -> None:
        self.subjects, self.replay = list(subjects), list(replay)
        self.replayed = round(batch * replay_share) if self.replay else 0
        self.batch, self.size, self.augment, self.seed, self.cache = batch, size, augment, seed, cache

    def __call__(self, step: int) -> Batch:
        """Deterministic in (seed, step): a resumed run sees what an unbroken one would have."""
        own = self.batch - self.replayed
        chosen = [(self.subjects[i], n) for i, n in Sampler(len(self.subjects), self.seed, step * own).take(own)]
        if self.replayed:
            start = step * self.replayed
            picks = Sampler(len(self.replay), self.seed + 1, start).take(self.replayed)
            chosen += [(self.replay[i], n) for i, n in picks]
        samples = []
        for k, (subject, number) in enumerate(chosen):
            rng = np.random.default_rng([self.seed, 2, int(k >= own), number])
            samples.append(make_sample(subject, self.cache.read(subject.image), self.size, self.augment, rng))
        return collate(samples, [s.name for s, _ in chosen])


class Revisited:
    """Batches in blocks, each block gone through ``visits`` times before the next.

    From the second visit on the frozen layers' results and the stock network's answer are there already, which halves the
    cost of a step; and steps are what a network learns by, more than by new crops (docs/lab/results/skill-and-forgetting.md).
    """

    def __init__(self, make: Callable[[int], Batch], visits: int, batch: int) -> None:
        """``make``: gives the n-th batch, of ``batch`` crops."""
        self.make, self.visits = make, visits
        self.block = max(1, _BLOCK // batch)
        self._kept: dict[int, Batch] = {}

    def __call__(self, step: int) -> Batch:
        """The batch of a step: deterministic, wherever one begins."""
        blocks, place = divmod(step, self.visits * self.block)
        visit, place = divmod(place, self.block)
        number = blocks * self.block + place
        batch = self._kept.pop(number, None) or self.make(number)
        if visit + 1 < self.visits:
            self._kept[number] = batch
        return batch


def ahead(make: Callable[[int], Batch], start: int, stop: int, depth: int = 3) -> Iterator[Batch]:
    """Yield ``make(step)`` for each step, prepared on a thread that stays at most ``depth`` batches ahead.

    An exception in the thread is raised here, at the step it belongs to. Closing the generator ends the thread.
    """
    ready: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: Batch | BaseException) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.2)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for step in range(start, stop):
                if stopped.is_set():
                    return
                put(make(step))
        except BaseException as error:  # whatever it is, the consumer must hear of it
            put(error)

    thread = threading.Thread(target=work, name="samples", daemon=True)
    thread.start()
    try:
        for _ in range(start, stop):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join(timeout=5)
