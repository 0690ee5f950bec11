"""The lines of a skeleton as exporters write them: never a reason to refuse."""

from __future__ import annotations

import json

import pytest
from tests.helpers.coco_labels import COCO_NAMES, annotation, content

from posetune.data.dataset import load_dataset
from posetune.data.formats.skeleton_lines import read_lines
from posetune.landmarks import COCO17, EDGES, NAMES

BODY = ("left_shoulder", "right_shoulder", "left_elbow", "left_wrist")


def test_positions_from_1_as_coco_has_them():
    assert read_lines([[1, 2], [1, 3], [3, 4], [3, 4]], BODY) == ([(0, 1), (0, 2), (2, 3)], None)
    assert read_lines(None, BODY) == ([], None)


def test_node_ids_with_gaps_are_taken_in_their_order():
    lines, note = read_lines([[1, 2], [1, 5], [5, 9]], BODY)  # nodes 3, 4, 6, 7, 8 were deleted
    assert lines == [(0, 1), (0, 2), (2, 3)]
    assert "numbers with gaps" in note


def test_positions_from_0():
    lines, note = read_lines([[0, 1], [0, 2], [2, 3]], BODY)
    assert lines == [(0, 1), (0, 2), (2, 3)]
    assert "from 0" in note


@pytest.mark.parametrize("pasted", [[[1, 2], [1, 40]], [[1, 9]], [3], "none", [["a", "b"]]])
def test_what_tells_nothing_is_drawn_by_the_names(pasted):
    lines, note = read_lines(pasted, BODY)
    assert sorted(lines) == [(0, 1), (0, 2), (2, 3)]
    assert "by the names" in note


def test_the_skeleton_of_another_set_is_found_out():
    cocos = [
        [a + 1, b + 1]
        for a, b in ((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8))
    ]
    coco = [NAMES[i] for i in COCO17]
    assert len(read_lines(cocos, coco)[0]) == 10
    other = ["nose", "head_bottom", "head_top", *coco[3:]]
    lines, note = read_lines(cocos, other)
    assert "that of COCO" in note
    assert {frozenset((NAMES.index(other[a]), NAMES.index(other[b]))) for a, b in lines} <= set(map(frozenset, EDGES))
    wrong, note = read_lines([[1, 4], [2, 3], [2, 4]], BODY)  # shoulder to wrist, …
    assert sorted(wrong) == [(0, 1), (0, 2), (2, 3)]
    assert "no body joins" in note


def test_categories_that_share_a_skeleton_have_its_lines_once(folder):
    same = {"keypoints": COCO_NAMES, "skeleton": [[2, 3], [2, 4]]}
    labels = content(categories=[{"id": i, "name": str(i), **same} for i in range(1, 30)], annotations=[annotation()])
    (folder / "annotations" / "train.json").write_text(json.dumps(labels))
    assert load_dataset(folder, "train", native=True).skeleton.edges == ((1, 2), (1, 3))
