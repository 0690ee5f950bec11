"""What must not be separated: frames of a clip, Roboflow's copies of one image, what a track goes through, images that follow
each other and look alike.

A group that the label file names (:data:`GROUP_KEYS`) stands; what it does not name is joined here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from posetune.data.people import ImageRecord
from posetune.data.series import series_groups
from posetune.errors import PosetuneError

#: Which key of an image says what it must not be separated from; the first that is there counts. ``vid_id``: PoseTrack.
GROUP_KEYS = ("scene_group", "video", "group", "vid_id", "video_id")

#: What Roboflow makes of "a.jpg": "a_jpg.rf.<hash>.jpg", with another hash for each augmented copy.
_ROBOFLOW = re.compile(r"(.+)[_.-](jpe?g|png|bmp|webp|tiff?)\.rf\.[0-9A-Za-z]+(?:\.[A-Za-z]+)?", re.IGNORECASE)
#: A frame as CVAT, Roboflow and most scripts name it: "squat.mp4_frame_0000012.png", "out8-frame-29.jpg", "frame_000000.png".
_FRAME = re.compile(r"(.*?)[_\-. ]*frame[_\-. ]*\d+(?:\.[A-Za-z]+)?", re.IGNORECASE)
_BARE = "frame"
#: The kinds of ties, the one that names a group first.
_KINDS = ("clip", "twin", "series", "track")


def original_of(row: Mapping[str, Any]) -> str | None:
    """The name that an image of a label file had before Roboflow copied it, where the file says so."""
    extra = row.get("extra")
    name = extra.get("name") if isinstance(extra, dict) else None
    return name if isinstance(name, str) and name else None


def twin_of(name: str) -> str | None:
    """ "a_jpg.rf.0a1b.jpg" → "a.jpg": what Roboflow made this image of; None for a name that is not Roboflow's."""
    found = _ROBOFLOW.fullmatch(PurePosixPath(name.replace("\\", "/")).name)
    return f"{found.group(1)}.{found.group(2).lower()}" if found else None


def clip_of(name: str) -> str | None:
    """The clip of which an image is a frame, by its name; None where it says nothing of the kind."""
    path = PurePosixPath(name.replace("\\", "/"))
    found = _FRAME.fullmatch(twin_of(path.name) or path.name)
    if found is None:
        return None
    folder = "" if path.parent.as_posix() == "." else f"{path.parent.as_posix()}/"
    return folder + (found.group(1) or _BARE)


def grouped(
    images: Sequence[ImageRecord], hints: Mapping[int | str, Mapping[str, str]]
) -> tuple[dict[int, str], dict[str, int]]:
    """``(groups, found)``: id(image) → group, of the images that ``hints`` has; kind of tie → how many groups of several
    images, or of images with such names, it makes.

    ``hints``: image id → "name": the file it was made from, as the label file has it; "track": what goes on through it.
    """
    free = [image for image in images if image.id in hints]
    ties: dict[str, dict[str, list[int]]] = {kind: {} for kind in _KINDS}
    series = series_groups(free)
    for i, image in enumerate(free):
        hint = hints[image.id]
        name = hint.get("name", image.path.name)
        twin = twin_of(image.path.name)
        if twin is not None and "/" not in name:
            name = image.path.name
        clip = clip_of(name)
        if clip is not None and PurePosixPath(clip).name == _BARE:  # "frame_12.png" says nothing but where it lies
            clip = (image.path.parent / _BARE).as_posix()
        for kind, label in (
            ("clip", clip),
            ("twin", twin),
            ("series", series.get(image.path)),
            ("track", hint.get("track")),
        ):
            if label is not None:
                ties[kind].setdefault(label, []).append(i)
    root = list(range(len(free)))
    for of_kind in ties.values():
        for members in of_kind.values():
            for other in members[1:]:
                _join(root, members[0], other)
    names: dict[int, str] = {}
    found: dict[str, int] = {}
    for kind, of_kind in ties.items():
        for label in sorted(of_kind):
            top = _top(root, of_kind[label][0])
            if top not in names and (len(of_kind[label]) > 1 or kind in ("clip", "twin")):
                names[top] = label if label.startswith(f"{kind}:") else f"{kind}:{label}"
                found[kind] = found.get(kind, 0) + 1
    groups = {id(image): names[_top(root, i)] for i, image in enumerate(free) if _top(root, i) in names}
    return groups, found


def grouped_by(images: Sequence[ImageRecord], how: str) -> dict[int, str]:
    """id(image) → group, as a user asks for it: "image": each for itself; "folder": those of one folder; else a regular
    expression on the file's name, whose first group (or whole match) images share.

    Raises PosetuneError for an expression that is none, or that fits no image.
    """
    if how == "image":
        return {id(image): f"image:{image.path.as_posix()}" for image in images}
    if how == "folder":
        return {id(image): f"folder:{image.path.parent.as_posix()}" for image in images}
    try:
        pattern = re.compile(how)
    except re.error as error:
        raise PosetuneError(
            f"--group-by {how}: neither image nor folder nor a regular expression ({error}); say for example "
            r"'(.*)_\d+' for names such as squat_012.jpg."
        ) from None
    groups = {}
    for image in images:
        found = pattern.search(image.path.name)
        if found is not None:
            groups[id(image)] = f"name:{found.group(1) if pattern.groups else found.group()}"
    if not groups:
        raise PosetuneError(
            f"--group-by {how}: fits none of {len(images)} image names (such as {images[0].path.name}); write it so that its "
            "first group is what frames of one clip share."
        )
    return groups


def _top(root: list[int], i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


def _join(root: list[int], a: int, b: int) -> None:
    a, b = _top(root, a), _top(root, b)
    root[max(a, b)] = min(a, b)
