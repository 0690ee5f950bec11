"""Labelled people in memory. Every format is read into this and written from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from posetune.data.losses import Loss
from posetune.data.origin import ImageOrigin, Origin
from posetune.geometry import Crop, crop_from_labels, side_torso_px, torso_px
from posetune.runtime.images import read_image
from posetune.skeleton import BLAZEPOSE, Skeleton


@dataclass(frozen=True)
class ImageRecord:
    """One image of a data set; its pixels are read when asked for.

    ``width``, ``height``: of the picture as ``read`` gives it, in image px; as the label file says where the file cannot be
    found; 0 where nothing is known. ``group``: what it shares a scene or a video
    with; sets are divided and intervals are drawn by group, never by image. ``origin``: the footage that it comes from.
    """

    id: int | str
    path: Path
    width: int
    height: int
    group: str
    origin: ImageOrigin = field(default_factory=ImageOrigin)

    def read(self) -> np.ndarray:
        """The pixels, (H, W, 3) uint8 RGB. Raises PosetuneError if the file is missing or damaged."""
        return read_image(self.path)


@dataclass(frozen=True, eq=False)
class Person:
    """One labelled person. 33 points, or K where the set was read in its own keypoint set (``native``).

    ``keypoints``: (33, 3) float64: x, y in image px and v: 0 not labelled (then x = y = 0), 1 labelled but
    hidden, 2 visible. ``bbox``: (4,) x, y, width, height in image px, or None. ``area``: px², as the label
    file says, or None. ``bbox_from``: "keypoints" where the box is only the hull of the labelled points, as CVAT exports it: no
    box around the person; None for any other. ``ignore``: to be left out of training and scoring (a crowd, too small, nothing
    labelled). ``keypoints_3d``: (33, 3) metres, hip-centred, MediaPipe's axes (x right, y down, z away from
    the camera), NaN where unknown; or None. ``origin``: where the labels come from, and what else the label
    file says of this person.
    ``skeleton``: what the points are. ``seen_crop``: the crop in which a detector saw the person, for labels
    that imply none (see ``data.detector_crops``). ``outside``: (33, 3) float64 or None: x, y in image px and occluded (0 or 1) of
    points that somebody placed and then marked as not there (CVAT's "outside", v = 0 with coordinates); NaN for all others. They
    are no labels, and are written back as they came. ``one_sided``: the set's people are labelled on one side,
    as in profile, so that their torso may be measured along it (see ``torso``).
    """

    id: int
    image: ImageRecord
    keypoints: np.ndarray
    bbox: np.ndarray | None = None
    area: float | None = None
    ignore: bool = False
    keypoints_3d: np.ndarray | None = None
    origin: Origin = field(default_factory=Origin)
    skeleton: Skeleton = BLAZEPOSE
    seen_crop: Crop | None = None
    one_sided: bool = False
    outside: np.ndarray | None = None
    bbox_from: str | None = None

    @cached_property
    def labelled(self) -> np.ndarray:
        """(33,) bool: which points have a label."""
        return self.keypoints[:, 2] > 0

    @property
    def group(self) -> str:
        return self.image.group

    @cached_property
    def crop(self) -> Crop | None:
        """``seen_crop`` if there is one, else the crop of the crop protocol; None if the labels do not imply one
        (see ``geometry.crop_from_labels``).
        """
        body = self.skeleton.to_body(self.keypoints)
        return self.seen_crop or crop_from_labels(body, body[:, 2] > 0)

    @cached_property
    def torso(self) -> float:
        """Length of the torso in image px, NaN where the labels do not tell: the diagonals (``geometry.torso_px``); in a set
        that is labelled on one side, where there is none, that side (``geometry.side_torso_px``). See ``torso_from``.
        """
        diagonals = self._diagonals
        return self.side_torso if self.one_sided and np.isnan(diagonals) else diagonals

    @property
    def torso_from(self) -> str:
        """What ``torso`` was measured on: "diagonals", "side" or "none"."""
        if np.isfinite(self._diagonals):
            return "diagonals"
        return "side" if np.isfinite(self.torso) else "none"

    @cached_property
    def _diagonals(self) -> float:
        body = self.skeleton.to_body(self.keypoints)
        return torso_px(body, body[:, 2] > 0)

    @cached_property
    def side_torso(self) -> float:
        """Shoulder to hip of the same side in image px, NaN where no side has both labelled."""
        body = self.skeleton.to_body(self.keypoints)
        return side_torso_px(body, body[:, 2] > 0)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and the people in them.

    ``source_names``: the keypoint names of the schema it came from; ``dropped_names``: those that mean none
    of the 33. ``root``: the folder of the set (the one that holds ``images/``) or, without such, the image
    folder. ``warnings``: sentences for the user about what was read but not as it stands. ``skeleton``: the
    keypoint set of all its people. ``losses``: what the label file holds that is not here, counted.
    """

    name: str
    images: tuple[ImageRecord, ...]
    people: tuple[Person, ...]
    source_names: tuple[str, ...]
    dropped_names: tuple[str, ...]
    root: Path
    warnings: tuple[str, ...] = ()
    skeleton: Skeleton = BLAZEPOSE
    losses: tuple[Loss, ...] = ()

    @cached_property
    def usable(self) -> tuple[Person, ...]:
        """The people that training and the crop protocol can use: not ignored, and their labels imply a
        crop.
        """
        return tuple(p for p in self.people if not p.ignore and p.crop is not None)

    @cached_property
    def labelled_landmarks(self) -> np.ndarray:
        """(33,) bool: the landmarks that at least one person has a label for."""
        if not self.people:
            return np.zeros(self.skeleton.count, bool)
        return np.any([p.labelled for p in self.people], axis=0)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups of the images, each once, in order of first appearance."""
        return tuple(dict.fromkeys(image.group for image in self.images))

    def keep(self, images: Iterable[ImageRecord], name: str | None = None) -> Dataset:
        """The same set with these images only, and the people in them."""
        kept = {id(image) for image in images}
        return dataclasses.replace(
            self,
            name=name or self.name,
            images=tuple(image for image in self.images if id(image) in kept),
            people=tuple(person for person in self.people if id(person.image) in kept),
        )

    def with_images(self, renewed: Mapping[int, ImageRecord], warnings: tuple[str, ...]) -> Dataset:
        """The same set with other records for some images, by id(image), in ``images`` and in the people."""
        return dataclasses.replace(
            self,
            images=tuple(renewed.get(id(i), i) for i in self.images),
            people=tuple(
                dataclasses.replace(p, image=renewed[id(p.image)]) if id(p.image) in renewed else p for p in self.people
            ),
            warnings=warnings,
        )

    def where(self, condition: Callable[[Person], bool]) -> Dataset:
        """The same set with the people that meet ``condition``; the images stay."""
        return dataclasses.replace(self, people=tuple(p for p in self.people if condition(p)))
