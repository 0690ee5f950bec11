"""labelme and X-AnyLabeling: one file a picture."""

from __future__ import annotations

import json

import pytest

from posetune.data.dataset import find_splits, load_dataset
from posetune.data.formats.labelme import read, sniff
from posetune.data.formats.reading import NONE, Reading
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX


def point(label: str, x: float, y: float, group=None, **more) -> dict:
    return {
        "label": label,
        "points": [[x, y]],
        "group_id": group,
        "shape_type": "point",
        "visible": False,
        "flags": {},
        **more,
    }


def box(x0: float, y0: float, x1: float, y1: float, group=None) -> dict:
    corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]] if group is not None else [[x0, y0], [x1, y1]]
    return {"label": "person", "points": corners, "group_id": group, "shape_type": "rectangle", "flags": {}}


def lay(folder, *shapes: dict, name: str = "a") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "shapes": list(shapes),
        "imagePath": f"{name}.png",
        "imageWidth": 100,
        "imageHeight": 120,
        "imageData": None,
    }
    (folder / f"{name}.json").write_text(json.dumps(content))


def load(folder, **how):
    assert sniff(folder)
    return read(folder, Reading(**{"require": NONE, **how}))


def test_groups_and_what_is_hidden(tmp_path):
    lay(tmp_path, box(0, 0, 50, 90, 1), point("nose", 10, 20, 1), point("nose", 70, 20, 2),
        point("left_hip", 12, 60, 1, difficult=True),       point("right_hip", 72, 60, 2, flags={"occluded": True}))  # fmt: skip
    first, second = load(tmp_path).people
    assert first.bbox.tolist() == [0, 0, 50, 90]
    assert first.keypoints[INDEX["nose"]].tolist() == [10, 20, 2]  # "visible": false stands on every shape
    assert first.keypoints[INDEX["left_hip"]].tolist() == [12, 60, 1]
    assert second.keypoints[INDEX["right_hip"]].tolist() == [72, 60, 1]


def test_points_without_a_group_belong_to_the_rectangle_that_holds_them(tmp_path):
    lay(tmp_path, box(0, 0, 50, 90), box(50, 0, 100, 90), point("nose", 10, 20), point("nose", 70, 20))
    assert [p.keypoints[0, 0] for p in load(tmp_path).people] == [10, 70]
    lay(tmp_path, point("nose", 10, 20), point("nose", 70, 20))
    with pytest.raises(PosetuneError, match="'nose' stands twice for one person"):
        load(tmp_path)


def test_folders_of_splits_and_every_command(tmp_path):
    lay(tmp_path / "train", point("nose", 1, 2))
    lay(tmp_path / "val", point("nose", 3, 4))
    assert find_splits(tmp_path) == ["train", "val"]
    assert load(tmp_path, split="val").people[0].keypoints[0, 0] == 3
    with pytest.raises(PosetuneError, match=r"images of .* are not in"):
        load_dataset(tmp_path, "val")


def test_what_shows_no_pose_is_counted_and_nothing_at_all_refused(tmp_path):
    lay(
        tmp_path,
        point("nose", 1, 2),
        {"label": "car", "points": [[1, 1]], "shape_type": "polygon"},
        box(50, 50, 60, 60),
    )
    dataset = load(tmp_path)
    assert {loss.things for loss in dataset.losses} == {"shapes", "boxes", "images"}
    lay(tmp_path, box(0, 0, 9, 9))
    with pytest.raises(PosetuneError, match="no file of labelme has a point"):
        load(tmp_path)
    lay(tmp_path, point("nose", float("nan"), 2))
    with pytest.raises(PosetuneError, match="has no place"):
        load(tmp_path)


def test_a_point_in_two_rectangles_goes_where_it_is_wanting_and_makes_no_third_person(tmp_path):
    a, b = box(0, 0, 60, 100), box(40, 0, 100, 100)
    lay(
        tmp_path,
        a,
        b,
        point("nose", 10, 10),
        point("nose", 50, 10),
        point("left_hip", 50, 50),
        point("left_eye", 90, 9),
    )
    dataset = read(tmp_path, Reading(require=NONE))
    assert [p.keypoints[INDEX["nose"], 0] for p in dataset.people] == [10, 50]
    assert [str(loss) for loss in dataset.losses if loss.things == "points"] == [
        "1 points: lie in several rectangles, and nothing says whose they are (left_hip)"
    ]
