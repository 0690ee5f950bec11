"""What to label next: of a set the images that nobody has looked at, or of a folder all, those that would teach most."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.dataset import find_splits, load_dataset
from posetune.data.origin import PRELABEL
from posetune.data.people import Dataset, ImageRecord
from posetune.data.series import place_in_series, series_groups
from posetune.errors import PosetuneError
from posetune.files import write_json
from posetune.geometry import Crop
from posetune.label.cover import PLACE, choose
from posetune.label.features import pose_feature
from posetune.label.rank import Suggested, scores
from posetune.label.signals import Looker, PersonSignals, signals_of
from posetune.progress import Reporter
from posetune.runtime.media import kind_of, media_in
from posetune.stock import cache

#: Beside the set: what was suggested before, and is not again.
SUGGESTED = "suggested.json"
#: Of one group at least this many may be suggested.
_LEAST_OF_A_GROUP = 2


@dataclass(frozen=True, eq=False)
class Pool:
    """Images to choose from. ``images``, and ``crops`` of each one's people, None where the detector is asked; ``known``: (12, 2)
    each, poses that are labelled; ``root``: the folder that names are told from. ``looked_at``: how many images of the set need no
    suggestion.
    """

    root: Path
    images: tuple[ImageRecord, ...]
    crops: tuple[tuple[Crop, ...] | None, ...]
    known: tuple[np.ndarray, ...] = ()
    looked_at: int = 0


@dataclass(frozen=True, eq=False)
class SuggestReport:
    """``chosen``: the best first; ``names``, ``groups``, ``ids``: of all images of the pool. ``before``: how many were suggested
    earlier and are left out; ``unreadable``: images; ``nobody``: images in which nobody is found. ``a_group``: the cap.
    """

    root: Path
    chosen: list[Suggested]
    names: list[str]
    groups: list[str]
    ids: list[int | str]
    before: int = 0
    unreadable: list[str] = field(default_factory=list)
    nobody: int = 0
    a_group: int = 0
    looked_at: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "set": str(self.root),
            "images": len(self.names), "images_suggested_before": self.before, "images_looked_at": self.looked_at,
            "images_without_people": self.nobody, "not_read": self.unreadable, "most_of_a_group": self.a_group,
            "suggestions": [
                {
                    "image": self.names[s.place], "image_id": self.ids[s.place], "group": self.groups[s.place],
                    "score": s.score, "why": s.why, "reasons": s.reasons,
                }
                for s in self.chosen
            ],
        }  # fmt: skip


def pool_of(folder: Path, say: Callable[[str], None]) -> Pool:
    """What there is to choose from in a set, or in a folder of bare images.

    Raises PosetuneError if there is no such folder, or no image in it that nobody has looked at.
    """
    if not folder.is_dir():
        raise PosetuneError(f"There is no folder {folder}; give a set, or a folder of images.")
    if _is_set(folder):
        return _of_set(folder, say)
    images = _bare(folder, say)
    if not images:
        raise PosetuneError(f"There is no image in {folder}; posetune label makes a set of videos first.")
    return Pool(folder, tuple(images), (None,) * len(images))


def _is_set(folder: Path) -> bool:
    try:
        return bool(find_splits(folder))
    except PosetuneError:
        if (folder / "annotations").is_dir():
            raise
        return False


def _bare(folder: Path, say: Callable[[str], None]) -> list[ImageRecord]:
    """The images below ``folder``; neighbours of one series that look alike are a group."""
    files, left_out = media_in(folder)
    pictures = sorted((file for file in files if kind_of(file) == "image"), key=place_in_series)
    videos = len(files) - len(pictures)
    if videos:
        say(f"{folder}: {videos} videos are left out; posetune label makes a set of them.")
    if phrases := ", ".join(left_out.phrases()):
        say(f"{folder}: left out {phrases}.")
    images = [ImageRecord(_name(file, folder), file, 0, 0, _name(file, folder)) for file in pictures]
    series = series_groups(images)
    return [dataclasses.replace(image, group=series.get(image.path, image.group)) for image in images]


def _of_set(folder: Path, say: Callable[[str], None]) -> Pool:
    sets = [load_dataset(folder, split, require_images=None) for split in find_splits(folder)]
    images: list[ImageRecord] = []
    crops: list[tuple[Crop, ...] | None] = []
    known: list[np.ndarray] = []
    listed: set[Path] = set()
    looked_at = missing = 0
    for dataset in sets:
        listed |= {image.path for image in dataset.images}
        of_image = _by_image(dataset)
        for image in dataset.images:
            people = of_image.get(id(image), [])
            if any(p.origin.seen for p in people) or (image.origin.status != PRELABEL and not _prelabels(people)):
                looked_at += 1
                known += [
                    f for p in people if (f := pose_feature(p.keypoints, p.labelled)) is not None and p.origin.seen
                ]
            elif not image.path.is_file():
                missing += 1
            else:
                images.append(image)
                crops.append(tuple(p.crop for p in people if p.crop is not None and not image.origin.blind) or None)
    if missing:
        say(f"{folder}: {missing} images are missing, and not suggested.")
    others = [image for image in _bare(folder / "images", say) if image.path not in listed] if (
        folder / "images"
    ).is_dir() else []  # fmt: skip
    if others:
        say(f"{folder}: {len(others)} images in images/ are in no label file, and may be suggested.")
    images += others
    crops += [None] * len(others)
    if not images:
        raise PosetuneError(f"{folder}: all {looked_at} images have been looked at; posetune label adds others.")
    return Pool(folder, tuple(images), tuple(crops), tuple(known), looked_at)


def _by_image(dataset: Dataset) -> dict[int, list[Any]]:
    people: dict[int, list[Any]] = {}
    for person in dataset.people:
        people.setdefault(id(person.image), []).append(person)
    return people


def _prelabels(people: Sequence[Any]) -> bool:
    return any(p.origin.status == PRELABEL for p in people)


def suggest(
    pool: Pool,
    looker: Looker,
    count: int,
    report: Reporter,
    *,
    a_group: int | None = None,
    again: bool = False,
    place: float = PLACE,
) -> SuggestReport:
    """``count`` images of ``pool``, the most telling first, and note them beside the set, so that they are not suggested again.

    ``a_group``: at most so many of one group; None for twice the share of each, two at least. ``again``: what was suggested before,
    too. ``place``: see ``cover.choose``.

    Raises PosetuneError if the list cannot be read or written, or all were suggested before.
    """
    file = pool.root / SUGGESTED
    before = _read(file)
    _write(file, before)  # now, not after an hour of looking
    names = [_name(image.path, pool.root) for image in pool.images]
    people: list[Sequence[PersonSignals]] = []
    unreadable: list[str] = []
    with report.counting("images looked at", len(pool.images)) as counter:
        asked = zip(pool.images, pool.crops, strict=True)
        for image, found in signals_of(looker, asked, cache.folder() / "suggest", counter.step):
            if found is None:
                unreadable.append(_name(image.path, pool.root))
            people.append(found or [])
    groups = [image.group for image in pool.images]
    limit = a_group or max(_LEAST_OF_A_GROUP, math.ceil(2 * count / len(set(groups))))
    order = [image.origin.frame if image.origin.frame is not None else _number(image) for image in pool.images]
    every = scores(people, groups, order, pool.known)
    left_out = set(before) if not again else set()
    bad = set(unreadable)
    open_ = [s for s in every if names[s.place] not in left_out and names[s.place] not in bad]
    if not open_:
        raise PosetuneError(
            f"All {len(pool.images)} images of {pool.root} were suggested before ({file}); --again takes them anew."
        )
    chosen = choose(open_, people, groups, count, limit, place)
    _write(file, [*before, *(n for n in (names[s.place] for s in chosen) if n not in set(before))])
    nobody = sum(not found for found in people) - len(unreadable)
    return SuggestReport(
        pool.root, chosen, names, groups, [image.id for image in pool.images], len(set(before) & set(names)), unreadable,
        nobody, limit, pool.looked_at,
    )  # fmt: skip


def _number(image: ImageRecord) -> int | None:
    """The place of an image of a series among those of its group."""
    return place_in_series(image.path)[1]


def _name(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _read(file: Path) -> list[str]:
    if not file.exists():
        return []
    try:
        names = json.loads(file.read_text(encoding="utf-8"))["suggested"]
    except OSError as error:
        raise PosetuneError(f"Cannot read {file}: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PosetuneError(f"{file} is not the list that suggest wrote; move it away.") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PosetuneError(f"{file} is not the list that suggest wrote; move it away.")
    return names


def _write(file: Path, names: Sequence[str]) -> None:
    if names or file.exists():
        write_json(file, {"suggested": list(names)})
    else:
        write_json(file, {"suggested": []})
