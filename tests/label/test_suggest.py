"""What to label next, of sets and folders."""

import json

import cv2
import pytest
from tests.helpers.arms import clip_of_arms, moving

from posetune.errors import PosetuneError
from posetune.label.run import LabelOptions, label
from posetune.label.signals import Looker
from posetune.label.suggest import SUGGESTED, pool_of, suggest
from posetune.progress import Reporter


@pytest.fixture
def looker(lite_landmarker, tmp_path, monkeypatch):
    monkeypatch.setattr("posetune.stock.cache.folder", lambda: tmp_path / "cache")
    return Looker.of(lite_landmarker, lite_landmarker, ["lite"])


@pytest.fixture
def folder(tmp_path):
    """Four pictures of which two are frames of one series."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, rgb in zip(("a_1", "a_2", "walk", "sit"), moving(4), strict=True):
        cv2.imwrite(str(folder / f"{name}.png"), rgb[:, :, ::-1])
    return folder


def test_never_the_same_twice(folder, looker):
    first = suggest(pool_of(folder, print), looker, 2, Reporter())
    second = suggest(pool_of(folder, print), looker, 5, Reporter())
    names = [[r.names[s.place] for s in r.chosen] for r in (first, second)]
    assert len(names[0]) == len(names[1]) == 2
    assert not set(names[0]) & set(names[1])
    assert second.before == 2
    assert json.loads((folder / SUGGESTED).read_text()) == {"suggested": [*names[0], *names[1]]}
    with pytest.raises(PosetuneError, match="suggested before"):
        suggest(pool_of(folder, print), looker, 1, Reporter())
    again = suggest(pool_of(folder, print), looker, 2, Reporter(), again=True)
    assert [again.names[s.place] for s in again.chosen] == names[0]


def test_of_a_series_no_more_than_the_cap(folder, looker):
    found = suggest(pool_of(folder, print), looker, 4, Reporter(), a_group=1)
    assert len(found.chosen) == 3
    assert found.to_json()["suggestions"][0].keys() == {"image", "image_id", "group", "score", "why", "reasons"}


def test_of_a_set_what_nobody_has_looked_at(tmp_path, looker, proposer):
    out = tmp_path / "set"
    label([clip_of_arms(tmp_path / "arms.mp4", 6, 0)], out, proposer, LabelOptions(pick=5), Reporter())
    labels = json.loads((out / "annotations" / "train.json").read_text())
    labels["annotations"][0]["status"] = "verified"
    (out / "images" / labels["images"][1]["file_name"]).unlink()
    cv2.imwrite(str(out / "images" / "extra.png"), moving(1)[0])
    (out / "annotations" / "train.json").write_text(json.dumps(labels))
    said = []
    pool = pool_of(out, said.append)
    names = {i.path.name for i in pool.images}
    assert names == {labels["images"][k]["file_name"] for k in (2, 3, 4)} | {"extra.png"}
    assert "1 images are missing" in said[0]
    assert pool.looked_at == 1
    assert len(pool.known) == 1
    found = suggest(pool, looker, 5, Reporter())
    assert len(found.chosen) == 4


def test_nothing_to_choose_from(tmp_path, drawn_set):
    with pytest.raises(PosetuneError, match="There is no folder"):
        pool_of(tmp_path / "nowhere", print)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PosetuneError, match="no image"):
        pool_of(tmp_path / "empty", print)
    with pytest.raises(PosetuneError, match="all 6 images have been looked at"):
        pool_of(drawn_set, print)


def test_a_list_that_is_none(folder, looker):
    (folder / SUGGESTED).write_text("[1]")
    with pytest.raises(PosetuneError, match="move it away"):
        suggest(pool_of(folder, print), looker, 1, Reporter())
