"""Frames of a clip come one after the other, whenever they came into the set."""

from __future__ import annotations

import json

from tests.helpers.review_set import write_review_set

from posetune.label.order import in_time
from posetune.label.review import Review


def test_what_a_second_pick_added_stands_where_it_belongs():
    images = [("b", 4), ("b", 9), (None, None), ("a", 5), ("b", 2), ("b", True), ("a", 1)]
    ordered = in_time(images, lambda image: image)
    assert ordered == [("b", 2), ("b", 4), ("b", 9), (None, None), ("a", 1), ("a", 5), ("b", True)]


def test_a_set_without_footage_stays_as_it_is():
    assert in_time(["c", "a", "b"], lambda _: (None, None)) == ["c", "a", "b"]


def test_the_page_shows_them_so(tmp_path):
    folder = write_review_set(tmp_path / "set", 4)
    file = folder / "annotations" / "train.json"
    content = json.loads(file.read_text())
    names = [row["file_name"] for row in content["images"]]
    for row, frame in zip(content["images"], (3, 7, 1, 5), strict=True):
        row |= {"source": "clip.mp4", "frame": frame}
    file.write_text(json.dumps(content))
    with Review.open(folder) as review:
        assert review.index.names == [names[i] for i in (2, 0, 3, 1)]
