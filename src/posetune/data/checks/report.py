"""The findings of a set as one HTML file that needs nothing else: each with its picture, the surest first, to be filtered."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

import numpy as np

from posetune._version import __version__
from posetune.data.checks.finding import KINDS, Finding, name_of
from posetune.data.contact_sheet import draw_answer, draw_label, window
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import write_text
from posetune.geometry import Crop
from posetune.opencv import cv2

#: So many findings have a picture each, the surest; the rest have words alone: a file of 10,000 pictures opens nowhere. So many
#: are shown at all.
MOST_PICTURES, MOST_CARDS = 600, 5000
_SIDE, _GAP = 288, 6
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 78)
_FRAME = (255, 40, 70)


def write_report(findings: Sequence[Finding], data: Path, what: str, path: Path) -> None:
    """Write the page to ``path``, atomically. Reads the pictures of the findings it shows. ``what``: a line on what was checked.

    Raises PosetuneError if the file cannot be written.
    """
    write_text(path, report_html(findings, data, what))


def report_html(findings: Sequence[Finding], data: Path, what: str) -> str:
    """The page as text."""
    count = len(findings)
    findings = findings[:MOST_CARDS]
    drawable = [k for k, f in enumerate(findings) if f.kind not in ("missing", "unreadable")]
    pictures = _pictures({k: findings[k] for k in drawable[:MOST_PICTURES]})
    heading = (
        f"{data.resolve().name}: {count} finding{'s' if count != 1 else ''}"
        if count
        else f"{data.resolve().name}: nothing is wrong"
    )
    if len(drawable) > MOST_PICTURES:
        what += f" · the first {MOST_PICTURES} have pictures"
    if count > MOST_CARDS:
        what += f" · the first {MOST_CARDS} are shown, --json has all"
    body = '<p class="empty">Nothing was found.</p>'
    if count:
        cards = "\n".join(_card(f, pictures.get(k), data) for k, f in enumerate(findings))
        body = f'{_form(findings)}\n<div class="list">\n{cards}\n</div>'
    template = Template(resources.files("posetune.data.checks").joinpath("report.html").read_text("utf-8"))
    return template.substitute(
        title=escape(f"posetune: {heading}"),
        heading=escape(heading),
        what=escape(f"{what} · posetune {__version__}"),
        body=body,
    )


def _form(findings: Sequence[Finding]) -> str:
    counts = Counter(f.kind for f in findings)
    chips = "".join(
        f'<label><input type="checkbox" name="kind" value="{kind}">{escape(KINDS[kind])}: {counts[kind]}</label>'
        for kind in KINDS
        if counts[kind]
    )
    splits = "".join(f"<option>{escape(s)}</option>" for s in dict.fromkeys(f.split for f in findings if f.split))
    least = min(f.confidence for f in findings)
    return (
        f'<form><div class="chips" role="group" aria-label="kinds of findings">{chips}</div><div class="row">'
        f'<label>split <select name="split"><option value="">all</option>{splits}</select></label>'
        f'<label>at least as sure as <input type="range" name="least" min="{least:.2f}" max="1" step="0.01" value="{least:.2f}"> '
        '<output></output></label><label>with the words <input type="search" name="words"></label><span id="shown" '
        'aria-live="polite"></span></div></form>'
    )


def _card(finding: Finding, picture: str | None, data: Path) -> str:
    image = finding.image or finding.beside
    alt = "" if image is None else f"{name_of(image, data)}: the label left, what it is held against right"
    view = (
        f'<img src="{picture}" alt="{escape(alt)}" loading="lazy">' if picture else '<div class="none">no picture</div>'
    )
    data_of = (
        f'data-kind="{finding.kind}" data-split="{escape(finding.split)}" data-confidence="{finding.confidence:.3f}"'
    )
    return (
        f"<article {data_of}>{view}"
        f'<div class="text"><h2>{escape(KINDS[finding.kind])} <span>{finding.confidence:.2f}</span></h2>'
        f"<p>{escape(finding.message)}</p></div></article>"
    )


def _pictures(findings: Mapping[int, Finding]) -> dict[int, str]:
    """Place of the finding → a data URI; each image is read once. None where there is none, or it cannot be read."""
    pictures: dict[int, str] = {}
    by_image: dict[str, list[int]] = {}
    for k, finding in findings.items():
        image = finding.image or finding.beside
        if image is not None:
            by_image.setdefault(str(image.path), []).append(k)
    for places in by_image.values():
        first = findings[places[0]]
        rgb = _read(first.image or first.beside)
        if rgb is None:
            continue
        for k in places:
            _, jpeg = cv2.imencode(".jpg", _view(findings[k], rgb)[:, :, ::-1], _JPEG)
            pictures[k] = "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
    return pictures


def _read(image: ImageRecord | None) -> np.ndarray | None:
    try:
        return None if image is None else image.read()
    except PosetuneError:
        return None


def _view(finding: Finding, rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB: the label and beside it what it is held against; or the picture, with a frame around what is meant."""
    person = finding.person
    if person is not None and person.labelled.any():
        return _person(finding, person, rgb)
    views = [_whole(rgb, finding.box)]
    if finding.box is not None:
        x, y, w, h = finding.box
        views.append(
            Crop(float(x + w / 2), float(y + h / 2), max(1.3 * float(max(w, h)), 16.0)).cut(rgb, _SIDE, "black")
        )
    elif finding.beside is not None and finding.image is not None:
        other = _read(finding.beside)
        views += [] if other is None else [_whole(other, None)]
    return _side_by_side(views)


def _person(finding: Finding, person: Person, rgb: np.ndarray) -> np.ndarray:
    crop = window(person)
    plain = crop.cut(rgb, _SIDE, "black")
    label, beside = plain.copy(), plain.copy()
    draw_label(label, person, crop)
    marked = np.zeros(person.skeleton.count, bool)
    marked[list(finding.points)] = True
    if finding.answer_px is not None:
        far = marked & person.labelled & (not finding.kind.startswith("swap"))
        draw_answer(beside, person, finding.answer_px, far, crop)
    for x, y in crop.to_crop(person.keypoints[marked & person.labelled, :2], _SIDE):
        if not finding.kind.startswith("swap"):
            cv2.circle(label, (round(float(x)), round(float(y))), 9, _FRAME, 2, cv2.LINE_AA)
    return _side_by_side([label, beside])


def _side_by_side(views: Sequence[np.ndarray]) -> np.ndarray:
    """(_SIDE, 2 _SIDE + _GAP, 3): all cards are as high as each other; one view alone stands in the middle."""
    page = np.zeros((_SIDE, 2 * _SIDE + _GAP, 3), np.uint8)
    for place, view in enumerate(views):
        at = place * (_SIDE + _GAP) if len(views) > 1 else (_SIDE + _GAP) // 2
        page[:, at : at + _SIDE] = view
    return page


def _whole(rgb: np.ndarray, box: np.ndarray | None) -> np.ndarray:
    """The picture in a square, with a frame around ``box``, image px."""
    height, width = rgb.shape[:2]
    crop = Crop(width / 2, height / 2, float(max(width, height)))
    view = crop.cut(rgb, _SIDE, "black")
    if box is not None:
        corners = crop.to_crop(np.array([box[:2], box[:2] + box[2:]]), _SIDE).round().astype(int)
        cv2.rectangle(view, tuple(map(int, corners[0])), tuple(map(int, corners[1])), _FRAME, 2)
    return view
