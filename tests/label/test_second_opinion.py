"""A second person labels without seeing the first one's labels, and it is told how far they agree."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.helpers.review_set import saved, write_review_set
from tests.helpers.reviewing import KNEE, NAME, accept, act, moved

from posetune.data.dataset import find_splits
from posetune.errors import PosetuneError
from posetune.label.people_rows import points_of
from posetune.label.review import Review


@pytest.fixture
def folder(tmp_path):
    """Ann has moved a knee, deleted somebody, added somebody, and accepted the first picture."""
    folder = write_review_set(tmp_path, 3)
    with Review.open(folder, reviewer="ann") as review:
        act(review, people=moved(review.image(NAME), KNEE, 150, 300))
        accept(review, NAME, 1)
        act(review, "clip_000001.jpg", "tab-3", deleted=[2])
        new = moved(review.image("clip_000002.jpg"), KNEE, 5, 5)[0]
        new.id = review.reserve_ids(1)
        act(review, "clip_000002.jpg", "tab-4", people=[new])
    return folder


def open_blind(folder) -> Review:
    return Review.open(folder, reviewer="ben", blind=True)


@pytest.mark.parametrize("kept", [True, False], ids=["as proposed", "from the history"])
def test_it_begins_with_what_the_network_proposed(folder, tmp_path_factory, kept):
    if kept:
        before = write_review_set(tmp_path_factory.mktemp("before"), 3)
        shutil.copytree(before / "annotations", folder / "prelabels")
    with open_blind(folder) as ben:
        assert ben.counts() == {
            "images": 3, "done": 0, "people": 3, "prelabel": 3, "corrected": 0, "verified": 0, "rejected": 0, "none": 0,
        }  # fmt: skip
        assert [p.id for p in ben.image("clip_000001.jpg").people] == [2]
        assert ben.image(NAME).people[0].points[KNEE].x != 150


def test_it_leaves_the_sets_own_labels_alone_and_is_no_split(folder):
    before = saved(folder)
    with open_blind(folder) as ben, Review.open(folder, reviewer="ann"):
        act(ben, people=moved(ben.image(NAME), KNEE, 160, 300))
    assert saved(folder) == before
    assert find_splits(folder) == ["train"]
    with open_blind(folder) as ben:
        assert ben.image(NAME).people[0].points[KNEE].x == 160


def test_the_others_labels_and_the_agreement_are_shown_once_both_have_seen_to_the_image(folder):
    with open_blind(folder) as ben:
        assert ben.other(NAME) is None
        assert ben.agreement() is None
        act(ben, people=moved(ben.image(NAME), KNEE, 150, 308, 1))
        accept(ben, NAME, 1)
        assert ben.other(NAME)[0].points[KNEE].y == 300
        found = ben.agreement()
    assert (found["images"], found["people"], found["alone"]) == (1, 1, 0)
    knee = next(point for point in found["points"] if point["name"] == "left_knee")
    assert knee["median_px"] == pytest.approx(8)
    assert knee["same_v"] == 0
    assert found["same_v"] == pytest.approx(32 / 33)
    with Review.open(folder, reviewer="ann") as ann:
        assert ann.opinion.reviewer == "ben"
        assert ann.other(NAME)[0].points[KNEE].y == 308
        assert ann.agreement()["median_px"] == found["median_px"]


def test_a_name_that_no_file_can_have_is_refused(folder):
    with pytest.raises(PosetuneError, match="letters"):
        Review.open(folder, reviewer="../ann", blind=True)


def test_labels_that_nobody_proposed_are_not_shown_to_the_second(folder):
    content = saved(folder)
    for row in content["annotations"]:
        row.pop("status"), row.pop("origin")
    (folder / "annotations" / "train.history.jsonl").unlink()

    (folder / "annotations" / "train.json").write_text(json.dumps(content))
    with open_blind(folder) as ben:
        assert ben.counts()["people"] == 0
    assert points_of(content["annotations"][0])[KNEE].x == 150
