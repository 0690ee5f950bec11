"""The page of a set's statistics."""

from __future__ import annotations

import re

from tests.helpers.labelled import dataset, true_keypoints

from posetune.data.dataset import load_dataset
from posetune.data.statistics import statistics_of
from posetune.measure.set_page import MOST_DOTS, set_page


def test_poses_visibility_sizes_and_angles_of_each_split(sample):
    splits = [statistics_of(load_dataset(sample, name)) for name in ("val", "ordinary")]
    page = set_page(splits, "sample <set>")
    for heading in ("People", "Poses", "Visibility", "Sizes", "Angles covered"):
        assert f"<h2>{heading}</h2>" in page
    assert "sample &lt;set&gt;" in page
    assert page.count("<circle") == sum(len(s.poses) for s in splits)
    assert not re.search(r'(?:src|href)="(?!#)', page), "it needs no other file"
    assert "nan" not in page.lower()


def test_of_a_large_set_some_dots_are_drawn():
    many = statistics_of(dataset(*[true_keypoints()] * (MOST_DOTS + 7)))
    assert 0 < set_page([many], "many").count("<circle") <= MOST_DOTS


def test_an_empty_set_has_a_page_too():
    assert "Nothing is labelled" in set_page([statistics_of(dataset())], "empty")
