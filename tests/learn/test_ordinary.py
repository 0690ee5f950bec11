from __future__ import annotations

import pytest
from tests.helpers.drawn_set import write_drawn_set

from posetune.errors import PosetuneError
from posetune.learn import ordinary
from posetune.learn.ordinary import ordinary_people
from posetune.progress import Reporter
from posetune.synthetic import generate as generating
from posetune.tune.people import replay


@pytest.fixture
def rendered(tmp_path, monkeypatch):
    """The orders that were rendered, into a cache of this test's own; drawn people stand for rendered ones."""
    orders = []

    def draw(order, folder, counter):
        generating._check(order)
        orders.append(order)
        write_drawn_set(folder, order.split, [120.0 + n for n in range(order.count)])

    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(ordinary, "generate", draw)
    monkeypatch.setattr(ordinary, "pick_renderer", lambda kind: ("software", "No EGL."))
    return orders


def test_they_are_rendered_once(rendered, tmp_path):
    said: list[str] = []
    assert len(ordinary_people(3, Reporter(said.append))) == 3
    assert said[0] == "No EGL."
    assert str(tmp_path / "cache") in said[1]
    said.clear()
    assert len(ordinary_people(3, Reporter(said.append))) == 3
    assert (len(rendered), said) == (1, [])
    assert len(ordinary_people(2, Reporter())) == 2


@pytest.mark.parametrize("harm", ["picture", "labels", "note", "gone"])
def test_what_is_damaged_is_rendered_anew_and_said(rendered, tmp_path, harm):
    ordinary_people(2, Reporter())
    (folder,) = (tmp_path / "cache").glob("ordinary-*")
    path = {
        "picture": next((folder / "images").iterdir()), "labels": next((folder / "annotations").iterdir()),
        "note": folder / "complete.json", "gone": next((folder / "images").iterdir()),
    }[harm]  # fmt: skip
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-9])
    said: list[str] = []
    assert len(ordinary_people(2, Reporter(said.append))) == 2
    assert "damaged, and are rendered anew" in said[0]
    assert len(rendered) == 2


def test_no_training_is_rendered_from_their_builds_or_seed(rendered, monkeypatch):
    ordinary_people(2, Reporter())
    monkeypatch.setattr(generating, "generate", lambda order, *_, **__: rendered.append(order))
    monkeypatch.setattr(generating, "pick_renderer", lambda kind: ("software", ""))
    monkeypatch.setattr(replay, "load_dataset", lambda *_: None)
    monkeypatch.setattr(replay, "trainable_people", lambda _: [])
    replay._rendered(2, Reporter())
    guarded, trained = rendered
    assert guarded.population[0] >= trained.population[1]
    assert guarded.seed not in (trained.seed, 11, 12, 13, 14, 15)  # those of scripts/make_sample.py


def test_a_cache_that_cannot_be_written_to_is_said(rendered, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "file"))
    with pytest.raises(PosetuneError, match="set POSETUNE_CACHE"):
        ordinary_people(2, Reporter())
