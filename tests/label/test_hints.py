"""What check and suggest left beside a set puts its images first."""

import json

from tests.helpers.review_set import SWAPPED, write_review_set

from posetune.label.hints import Hints
from posetune.label.review import Review
from posetune.landmarks import INDEX


def test_suspects_and_suggestions_come_first(tmp_path):
    folder = write_review_set(tmp_path, 6)
    knee = {"kind": "point", "landmarks": ["left_knee"], "score": 1.0}
    suspects = [
        {"image": "images/clip_000005.jpg", "person": 6, **knee, "ruling": "undecided"},
        {"image": "images/clip_000001.jpg", "person": 2, **knee, "ruling": "keep"},
        {"image": "images/clip_000001.jpg", "no": "row"},
    ]
    (folder / "suspects.json").write_text(json.dumps({"suspects": suspects}))
    (folder / "suggested.json").write_text(
        json.dumps({"suggested": ["images/clip_000003.jpg", "images/clip_000000.jpg"]})
    )
    hints = Hints.beside(folder)
    assert hints.people[("clip_000005.jpg", 6)][0].points == (INDEX["left_knee"],)
    with Review.open(folder) as review:
        index, number, order = review.index, 1, []
        for _ in range(5):
            number = index.next_suspect(number)
            order.append(number)
    assert order == [5, SWAPPED, 4, 3, 0]


def test_damaged_files_say_nothing(tmp_path):
    (tmp_path / "suspects.json").write_text("{")
    (tmp_path / "suggested.json").write_text("[]")
    assert Hints.beside(tmp_path) == Hints()
