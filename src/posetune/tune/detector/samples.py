"""Scenes → training samples: what the detector is shown, 224 px, black outside the picture, as MediaPipe shows it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.geometry import Crop
from posetune.runtime.detector import SIZE
from posetune.tune.detector.scenes import Circles, Others, Scene
from posetune.tune.people.augment import AugmentConfig, vary_pixels

#: In a cell of a mosaic, so much of a picture's shorter side is shown.
_CELL_PART = (0.8, 1.2)
#: A part without people takes so much of the picture's shorter side; so many places are tried.
_EMPTY_PART, _TRIES = (0.15, 0.7), 12
_LEAST_SEEN = 0.5  # of a person's circle, inside the picture shown: others are ignored


@dataclass(frozen=True)
class SampleConfig:
    """How pictures become samples. What each key means stands beside it in ``detector.yaml``."""

    whole: float
    mosaic: float
    empty: float
    most_cells: int
    scale: float
    smallest: float
    largest: float
    rotation_deg: float
    held_turned: float
    flip: float
    light: float
    blur: float
    noise: float
    jpeg: float


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample. ``pixels``: (224, 224, 3) uint8 RGB; ``people`` and ``ignored`` (K, 4: x0, y0, x1, y1) in its px; ``others``:
    what is taught where nobody is labelled; ``name``: for messages.
    """

    pixels: np.ndarray
    people: Circles
    ignored: np.ndarray
    others: Others
    name: str


def letterbox(image: np.ndarray) -> Crop:
    """The window of a picture (H, W, 3) that MediaPipe shows its detector: all of it, with black bars."""
    height, width = image.shape[:2]
    return Crop(width / 2, height / 2, float(max(width, height)))


def plain_sample(scene: Scene, image: np.ndarray) -> Sample:
    """A scene as the detector sees it in use."""
    return _sample(scene, image, letterbox(image))


def make_sample(
    scene: Scene, image: np.ndarray, more: Callable[[], tuple[Scene, np.ndarray]], config: SampleConfig,
    rng: np.random.Generator,
) -> Sample:  # fmt: skip
    """A scene as it might be seen: the whole picture, a part of it around somebody or with nobody in it, or a mosaic with others,
    whom ``more`` gives; perhaps mirrored, turned a little, and in another light.
    """
    kind = rng.random()
    nobody = _beside_everybody(scene, image, config, rng) if kind < config.empty else None
    if nobody is not None:
        sample = _sample(scene, image, nobody)
    elif kind < config.empty + config.mosaic:
        sample = _mosaic(scene, image, more, config, rng)
    elif kind < config.empty + config.mosaic + config.whole or not len(scene.people):
        sample = _sample(scene, image, _varied(letterbox(image), config, rng))
    else:
        sample = _sample(scene, image, _around_somebody(scene, image, config, rng))
    light = AugmentConfig(light=config.light, blur=config.blur, noise=config.noise, jpeg=config.jpeg)
    return Sample(vary_pixels(sample.pixels, light, rng), sample.people, sample.ignored, sample.others, sample.name)


def _varied(window: Crop, config: SampleConfig, rng: np.random.Generator) -> Crop:
    side = window.side * float(np.exp(rng.uniform(-config.scale, config.scale)))
    room = abs(side - window.side) / 2 + 0.05 * side
    dx, dy = rng.uniform(-room, room, 2)
    return Crop(window.cx + dx, window.cy + dy, side, _turn(config, rng), bool(rng.random() < config.flip))


def _turn(config: SampleConfig, rng: np.random.Generator) -> float:
    """Radians; any at all if the spread is a half turn or more."""
    if config.rotation_deg >= 180:
        return float(rng.uniform(-math.pi, math.pi))
    return math.radians(float(np.clip(rng.normal(0, config.rotation_deg), -45, 45)))


def _around_somebody(scene: Scene, image: np.ndarray, config: SampleConfig, rng: np.random.Generator) -> Crop:
    """A part of the picture in which somebody's circle has one of the sizes that are to be found, somewhere in it."""
    k = int(rng.integers(len(scene.people)))
    across = float(np.exp(rng.uniform(np.log(config.smallest), np.log(config.largest))))
    side = 2 * float(scene.people.radius[k]) * SIZE / across
    side = min(side, 2.0 * max(image.shape[:2]))  # a picture lost in black teaches nothing
    dx, dy = rng.uniform(-0.3, 0.3, 2) * side
    x, y = scene.people.hip[k]
    return Crop(float(x) + dx, float(y) + dy, side, _turn(config, rng), bool(rng.random() < config.flip))


def _beside_everybody(scene: Scene, image: np.ndarray, config: SampleConfig, rng: np.random.Generator) -> Crop | None:
    """A part of the picture in which nobody is: what is taken for somebody there is learnt to be nobody. None if there is none."""
    size = np.array(image.shape[1::-1])
    r = scene.people.radius[:, None]
    regions = np.concatenate([np.concatenate([scene.people.hip - r, scene.people.hip + r], axis=1), scene.ignored])
    for _ in range(_TRIES):
        side = float(rng.uniform(*_EMPTY_PART)) * size.min()
        low = rng.uniform(0, size - side)
        if not ((regions[:, :2] < low + side) & (regions[:, 2:] > low)).all(axis=1).any():
            x, y = low + side / 2
            return Crop(float(x), float(y), side, 0.0, bool(rng.random() < config.flip))
    return None


def _sample(scene: Scene, image: np.ndarray, window: Crop) -> Sample:
    people, ignored = _in_window(scene, window, SIZE)
    return Sample(window.cut(image, SIZE, outside="black"), people, ignored, scene.others, scene.image.path.name)


def _in_window(
    scene: Scene, window: Crop, size: int, offset: tuple[float, float] = (0.0, 0.0)
) -> tuple[Circles, np.ndarray]:
    """Who of a scene is seen in a window, and where nothing is taught: regions of those who are ignored, and of people whom the
    window cuts off.
    """
    people = scene.people.seen_in(window, size)
    corners = scene.ignored[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    moved = window.to_crop(corners, size)
    ignored = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1).reshape(-1, 4)
    middle = (people.hip + people.shoulder) / 2
    inside = ((middle > 0) & (middle < size)).all(axis=1)
    r = people.radius[:, None] * _LEAST_SEEN
    seen = np.clip(np.minimum(people.hip + r, size) - np.maximum(people.hip - r, 0), 0, None).prod(axis=1)
    taught = inside & (seen > _LEAST_SEEN * (2 * r[:, 0]) ** 2)
    cut = people.where(~taught)
    ignored = np.concatenate([ignored, np.concatenate([cut.hip - r[~taught], cut.hip + r[~taught]], axis=1)])
    ignored = np.clip(ignored, 0, size)
    ignored = ignored[(ignored[:, 2:] > ignored[:, :2]).all(axis=1)] + np.array([*offset, *offset])
    shift = np.array(offset)
    kept = people.where(taught)
    return Circles(kept.hip + shift, kept.shoulder + shift, kept.circle + shift), ignored


def _mosaic(
    scene: Scene, image: np.ndarray, more: Callable[[], tuple[Scene, np.ndarray]], config: SampleConfig,
    rng: np.random.Generator,
) -> Sample:  # fmt: skip
    """Pictures side by side: many people, and small ones, out of pictures of one large one."""
    cells = int(rng.integers(2, config.most_cells + 1))
    edges = np.round(np.linspace(0, SIZE, cells + 1)).astype(int)
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    people, ignored, others = [], [], []
    for row in range(cells):
        for column in range(cells):
            shown, content = (scene, image) if row == column == 0 else more()
            size = int(max(edges[row + 1] - edges[row], edges[column + 1] - edges[column]))
            corner = (int(edges[column]), int(edges[row]))
            side = min(content.shape[:2]) * float(rng.uniform(*_CELL_PART))
            room = np.maximum(np.array(content.shape[1::-1]) - side, 0) / 2
            x, y = np.array(content.shape[1::-1]) / 2 + rng.uniform(-room, room)
            window = Crop(float(x), float(y), side, 0.0, bool(rng.random() < config.flip))
            cut = window.cut(content, size, outside="black")
            height, width = SIZE - corner[1], SIZE - corner[0]
            pixels[corner[1] : corner[1] + size, corner[0] : corner[0] + size] = cut[:height, :width]
            who, where = _in_window(shown, window, size, corner)
            people.append(who)
            ignored.append(where)
            others.append(shown.others)
    least: Others = "ignore" if "ignore" in others else "base" if "base" in others else "nobody"
    return Sample(
        pixels, Circles.joined(people), np.concatenate(ignored), least, f"a mosaic with {scene.image.path.name}"
    )


@dataclass(frozen=True)
class SampleOrder:
    """Which samples are made: ``held_share`` of them are of pictures that are held to the base detector."""

    held_share: float
    seed: int


class SampleMaker:
    """Makes the n-th sample: deterministic in (seed, n), whatever was made before."""

    def __init__(
        self,
        labelled: Sequence[Scene],
        held: Sequence[Scene],
        read: Callable[[Scene], np.ndarray],
        config: SampleConfig,
        order: SampleOrder,
    ) -> None:
        """``held``: pictures of which the base detector's answers are taught; ``read``: gives a scene's pixels."""
        self.labelled, self.held, self.read, self.config, self.seed = (
            list(labelled),
            list(held),
            read,
            config,
            order.seed,
        )
        self.held_share = order.held_share if self.held else 0.0

    def __call__(self, number: int) -> Sample:
        rng = np.random.default_rng([self.seed, 7, number])
        # Of every stretch of samples the same share is held, so that each batch has some.
        before, upto = math.floor(number * self.held_share), math.floor((number + 1) * self.held_share)
        pool, place = (self.held, before) if upto > before else (self.labelled, number - before)
        passes, place = divmod(place, len(pool))
        order = np.random.default_rng([self.seed, 8, int(pool is self.held), passes]).permutation(len(pool))
        scene = pool[int(order[place])]

        def more() -> tuple[Scene, np.ndarray]:
            other = pool[int(rng.integers(len(pool)))]
            return other, self.read(other)

        config = self.config
        if pool is self.held and rng.random() < config.held_turned:
            config = dataclasses.replace(config, rotation_deg=180.0)
        return make_sample(scene, self.read(scene), more, config, rng)
