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


def test_the_order_of_doubt_goes_round_both_ways(tmp_path):
    folder = write_review_set(tmp_path, 6)
    (folder / "suggested.json").write_text(
        json.dumps({"suggested": ["clip_000003.jpg", "clip_000000.jpg", "clip_000005.jpg"]})
    )
    with Review.open(folder) as review:
        index = review.index
        forth, back = [index.next_suspect(1)], [index.next_suspect(1)]
        for _ in range(5):
            forth.append(index.next_suspect(forth[-1]))
            back.append(index.next_suspect(back[-1], back=True))
    assert sorted(forth[:5]) == [0, SWAPPED, 3, 4, 5]
    assert forth[5] == forth[0], "round the end"
    assert back == [forth[0], *forth[4:0:-1], forth[0]]
