"""Small exports of CVAT, drawn up by hand with one quirk at a time."""

from __future__ import annotations

from collections.abc import Sequence

NAMES = ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip")
PLACES = {
    "nose": (50, 10),
    "left_shoulder": (60, 30),
    "right_shoulder": (40, 30),
    "left_hip": (58, 70),
    "right_hip": (42, 70),
}


def points(name: str, x: float, y: float, outside: int = 0, occluded: int = 0) -> str:
    return f'<points label="{name}" outside="{outside}" occluded="{occluded}" points="{x:.2f},{y:.2f}"></points>'


def skeleton(label: str = "person", inside: str | None = None, more: str = "", attributes: str = "") -> str:
    if inside is None:
        inside = "".join(points(n, *PLACES[n]) for n in NAMES)
    return f'<skeleton label="{label}" z_order="0" {attributes}>{inside}{more}</skeleton>'


def image(name: str = "a.png", inside: str | None = None, number: int = 0, more: str = "") -> str:
    return f'<image id="{number}" name="{name}" width="100" height="120" {more}>{skeleton() if inside is None else inside}</image>'


def label(name: str = "person", names: Sequence[str] = NAMES, svg: str = "") -> str:
    own = "".join(f"<label><name>{n}</name><type>points</type><parent>{name}</parent></label>" for n in names)
    return f"<label><name>{name}</name><type>skeleton</type><svg>{svg}</svg></label>{own}"


def task(labels: str | None = None, head: str = "<id>1</id><name>clip</name><mode>annotation</mode>") -> str:
    return f"<task>{head}<labels>{label() if labels is None else labels}</labels></task>"


def export(images: str | None = None, meta: str | None = None) -> str:
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
    return f"{head}<meta>{task() if meta is None else meta}</meta>{image() if images is None else images}</annotations>"
