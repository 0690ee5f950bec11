"""MATLAB's files: joints.mat of LSP and LSP-extended, and MPII's release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.formats.mpii_json import POINTS as MPII_POINTS
from posetune.data.formats.mpii_json import person_box
from posetune.data.formats.reading import Reading, Tables
from posetune.data.formats.table_reader import images_beside, read_tables
from posetune.data.people import Dataset
from posetune.errors import PosetuneError, pip_install
from posetune.files import MAX_BYTES

__all__ = ["NAME", "TITLE", "read", "sniff"]

NAME = "mat"
TITLE = "LSP, LSP-extended and MPII .mat"

#: LSP's 14 points in their order (sam.johnson.io/research/lsp.html).
LSP_POINTS = ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
              "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top")  # fmt: skip


def sniff(path: Path) -> bool:
    """Whether ``path`` is a MATLAB file of version 5 or later."""
    if path.suffix.lower() != ".mat" or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(6) == b"MATLAB"


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read the variable "joints" (LSP) or "RELEASE" (MPII). Places are as in the file, which MATLAB counts from 1.

    LSP is (3, 14, N), its third row 1 where a joint is occluded: v = 1; all joints are labelled. LSP-extended is (14, 3, N),
    its third column 1 where a joint was labelled: v = 2; the others are not, whatever place they have. MPII's is_visible is v:
    1 visible, 0 hidden; people of its test set have no joints and are left out.

    Raises PosetuneError: scipy is missing, another variable or shape, and what ``coco.load_coco`` raises.
    """
    content = _load(path)
    if "joints" in content:
        return _lsp(path, content["joints"], how)
    if "RELEASE" in content:
        try:
            tables = _mpii(path, content["RELEASE"])
        except (TypeError, ValueError, OverflowError) as error:
            raise PosetuneError(f"{path}: RELEASE is not as MPII has it ({error}); download it again.") from error
        return read_tables(tables, path, how)
    there = [name for name in content if not name.startswith("__")]
    raise PosetuneError(f"{path} has {', '.join(there) or 'nothing'}; LSP has the variable joints, MPII has RELEASE.")


def _load(path: Path) -> dict[str, Any]:
    try:
        from scipy.io import loadmat
    except ImportError:
        raise PosetuneError(f"Reading {path} needs scipy: {pip_install('train')}.") from None
    if path.stat().st_size > MAX_BYTES:
        raise PosetuneError(f"{path} is larger than {MAX_BYTES >> 30} GB, which no such file is.")
    try:
        return loadmat(path, squeeze_me=True, struct_as_record=False)
    except NotImplementedError:
        raise PosetuneError(f"{path} is of MATLAB 7.3; save it with -v7.") from None
    except Exception as error:  # whatever a damaged file makes scipy raise
        raise PosetuneError(f"{path} is no MATLAB file that can be read ({type(error).__name__}).") from error


def _lsp(path: Path, joints: Any, how: Reading) -> Dataset:
    joints = np.asarray(joints)
    if joints.ndim == 2:
        joints = joints[:, :, None]
    count = len(LSP_POINTS)
    if joints.ndim != 3 or joints.shape[:2] not in ((3, count), (count, 3)) or joints.dtype.kind not in "fiu":
        raise PosetuneError(f"{path}: joints is {joints.shape}; LSP has (3, 14, N), LSP-extended (14, 3, N).")
    original = joints.shape[0] == 3
    people = joints.transpose(2, 1, 0) if original else joints.transpose(2, 0, 1)  # (N, 14, 3)
    if not np.isin(people[:, :, 2], (0, 1)).all():
        raise PosetuneError(f"{path}: the third value of a joint is not 0 or 1.")
    digits = 4 if original else 5
    folder = how.images or images_beside(path)
    if not (folder / f"im{1:0{digits}d}.jpg").exists() and (folder / f"im{1:0{9 - digits}d}.jpg").exists():
        digits = 9 - digits
    images, rows = [], []
    for number, person in enumerate(people.astype(float), 1):
        v = np.where(person[:, 2] == 1, 1, 2) if original else 2 * (person[:, 2] == 1)
        keypoints = np.where((v > 0)[:, None], np.column_stack([person[:, :2], v]), 0.0)
        images.append({"id": number, "file_name": f"im{number:0{digits}d}.jpg"})
        rows.append({"id": number, "image_id": number, "category_id": 1, "keypoints": keypoints.ravel().tolist()})
    note = (
        "is LSP: its third value is taken for occluded (v = 1)"
        if original
        else "is LSP-extended: its third value is taken for labelled (v = 2); its labels are known to be noisy, shoulders and hips "
        "most of all"
    )
    categories = [{"id": 1, "name": "person", "keypoints": list(LSP_POINTS)}]
    return read_tables(Tables(str(path), images, rows, categories, [note]), path, how)


def _mpii(path: Path, release: Any) -> Tables:
    images: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    tables = Tables(str(path), images, rows, [{"id": 1, "name": "person", "keypoints": list(MPII_POINTS)}])
    for entry in _several(getattr(release, "annolist", None)):
        name = getattr(getattr(entry, "image", None), "name", None)
        if not isinstance(name, str):
            continue
        people = [person for person in _several(getattr(entry, "annorect", None)) if _points(person)]
        without = len(list(_several(getattr(entry, "annorect", None)))) - len(people)
        tables.losses.add("people", "have no joints and are left out", without)
        if not people:
            tables.losses.add("images", "show nobody with joints (MPII's test set), and are left out", 1, [name])
            continue
        image: dict[str, Any] = {"id": len(images) + 1, "file_name": name}
        video = getattr(entry, "vidx", None)
        if isinstance(video, int | np.integer):
            image["video"] = f"mpii {video}"
        images.append(image)
        for person in people:
            row: dict[str, Any] = {"id": len(rows) + 1, "image_id": image["id"], "category_id": 1}
            row["keypoints"] = _mpii_keypoints(person)
            box = _box(getattr(person, "objpos", None), getattr(person, "scale", None))
            rows.append(row if box is None else {**row, "bbox": box})
    if not rows:
        raise PosetuneError(f"{path}: nobody in it has joints (is it the test set alone?).")
    return tables


def _several(value: Any) -> Iterator[Any]:
    """The elements of what MATLAB keeps as one or as many."""
    if value is None:
        return
    yield from (value.ravel() if isinstance(value, np.ndarray) else [value])


def _points(person: Any) -> list[Any]:
    points = getattr(getattr(person, "annopoints", None), "point", None)
    return [point for point in _several(points) if hasattr(point, "id")]


def _box(place: Any, scale: Any) -> list[float] | None:
    x, y = getattr(place, "x", None), getattr(place, "y", None)
    if not all(isinstance(value, int | float | np.number) for value in (x, y, scale)):
        return None
    return person_box([float(x), float(y)], float(scale))  # type: ignore[arg-type]


def _mpii_keypoints(person: Any) -> list[float]:
    keypoints = [0.0] * (3 * len(MPII_POINTS))
    for point in _points(person):
        at = 3 * int(point.id)
        if 0 <= at < len(keypoints):
            hidden = str(getattr(point, "is_visible", "")) == "0"  # head and neck have an empty one
            keypoints[at : at + 3] = [float(point.x), float(point.y), 1.0 if hidden else 2.0]
    return keypoints
