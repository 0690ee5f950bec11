"""Answers of a network to the people of a set are asked for once."""

from __future__ import annotations

import numpy as np
from tests.helpers.material import use_own_cache

import posetune
from posetune.data.answer_cache import cached_answers
from posetune.data.answers import crop_answers
from posetune.data.dataset import load_dataset
from posetune.runtime.landmarker import Landmarker


def test_answers_are_asked_for_once(drawn_set, tmp_path, monkeypatch):
    use_own_cache(monkeypatch, tmp_path / "cache")
    people = load_dataset(drawn_set, "train").usable[:3]
    network: Landmarker = posetune.load("full", threads=1)
    asked = []
    plain = crop_answers({"": network}, people)[""]

    def counting(networks, people, **options):
        asked.append(len(people))
        return crop_answers(networks, people, **options)

    monkeypatch.setattr("posetune.data.answer_cache.crop_answers", counting)
    first = cached_answers(network, "abc", people[:2])
    second = cached_answers(network, "abc", people)
    assert asked == [2, 1]
    np.testing.assert_allclose(second.points_px, plain.points_px, atol=1e-3)
    np.testing.assert_array_equal(second.points_px[:2], first.points_px)
    np.testing.assert_allclose(second.visibility, plain.visibility, atol=1e-6)
    cached_answers(network, "abd", people[:1])  # another network
    cached_answers(network, "abc", people[:1], mirrored=True)  # another view
    assert asked == [2, 1, 1, 1]
    people[0].image.path.touch()  # another picture under the same name
    cached_answers(network, "abc", people)
    assert asked[-1] == 1
    for file in (tmp_path / "cache" / "answers").iterdir():
        file.write_bytes(b"damaged")
    cached_answers(network, "abc", people)
    assert asked[-1] == 3
