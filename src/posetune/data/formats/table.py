"""The formats that are read and written, one line each. How to add one: docs/reference/formats.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from posetune.data.formats import (
    coco,
    cvat_images,
    cvat_video,
    halpe,
    human_art,
    label_studio,
    labelme,
    mat,
    mpii_json,
    packed,
    yolo,
)
from posetune.data.formats.reading import Reading
from posetune.data.formats.writing import Part
from posetune.data.losses import Loss
from posetune.data.people import Dataset


@dataclass(frozen=True)
class Format:
    """``sniff``: whether a file or folder is of this format; ``read``: a file, or one split of it; ``parts``: the names of its
    splits where one place holds several (None: it never does); ``write``: into a folder, None where it is only read;
    ``losses``: what a set loses on its way into it.
    """

    name: str
    title: str
    sniff: Callable[[Path], bool]
    read: Callable[[Path, Reading], Dataset]
    parts: Callable[[Path], list[str]] | None = None
    write: Callable[[Sequence[Part], Path], tuple[Loss, ...]] | None = None
    losses: tuple[str, ...] = ()


#: The source of truth, and what a JSON file is taken for that is nothing else.
COCO = Format(coco.NAME, coco.TITLE, coco.sniff, coco.read, None, coco.write, coco.LOSSES)

#: The first whose ``sniff`` says yes reads it.
FORMATS: tuple[Format, ...] = (
    Format(
        cvat_images.NAME,
        cvat_images.TITLE,
        cvat_images.sniff,
        cvat_images.read,
        cvat_images.parts,
        cvat_images.write,
        cvat_images.LOSSES,
    ),
    Format(cvat_video.NAME, cvat_video.TITLE, cvat_video.sniff, cvat_video.read, cvat_video.parts),
    Format(yolo.NAME, yolo.TITLE, yolo.sniff, yolo.read, yolo.parts, yolo.write, yolo.LOSSES),
    Format(
        label_studio.NAME,
        label_studio.TITLE,
        label_studio.sniff,
        label_studio.read,
        None,
        label_studio.write,
        label_studio.LOSSES,
    ),
    Format(labelme.NAME, labelme.TITLE, labelme.sniff, labelme.read, labelme.parts),
    Format(mpii_json.NAME, mpii_json.TITLE, mpii_json.sniff, mpii_json.read),
    Format(mat.NAME, mat.TITLE, mat.sniff, mat.read),
    Format(human_art.NAME, human_art.TITLE, human_art.sniff, human_art.read),
    Format(packed.NAME, packed.TITLE, packed.sniff, packed.read),
    Format(halpe.NAME, halpe.TITLE, halpe.sniff, halpe.read),
    COCO,
)


def format_of(path: Path) -> Format | None:
    """The format of a file or folder, None if it is none that is read."""
    return next((f for f in FORMATS if f.sniff(path)), None)


def written() -> dict[str, Format]:
    """The formats that are written, by name."""
    return {f.name: f for f in FORMATS if f.write is not None}
