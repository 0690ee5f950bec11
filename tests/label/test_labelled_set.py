"""The folder of a set in work."""

import dataclasses
import json
import os

import pytest
from tests.helpers import labelled
from tests.helpers.coco_labels import content

from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.label.labelled_set import SetFolder, add, empty


def test_ids_are_given_anew_behind_those_there(tmp_path):
    folder = SetFolder.open(tmp_path / "set")
    first = empty("set")
    image = dataclasses.replace(labelled.IMAGE, path=folder.images / "a.png")
    person = Person(1, image, labelled.true_keypoints())
    add(first, folder.path, [image], [person])
    other = dataclasses.replace(image, path=folder.images / "b.png")  # of the same id
    add(first, folder.path, [other], [dataclasses.replace(person, image=other)])
    assert [i["id"] for i in first["images"]] == [1, 2]
    assert [(a["id"], a["image_id"]) for a in first["annotations"]] == [(1, 1), (2, 2)]
    folder.write(first, first)
    assert folder.content() == first == folder.proposed()
    assert ImageRecord.read


def test_foreign_keys_are_kept(tmp_path):
    folder = SetFolder.open(tmp_path / "set")
    mine = {**empty("set"), "licenses": [{"id": 1}]}
    folder.write(mine, mine)
    assert folder.content()["licenses"] == [{"id": 1}]


def test_what_is_no_set_of_ours_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PosetuneError, match="is a file"):
        SetFolder.open(tmp_path / "file")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("")
    with pytest.raises(PosetuneError, match="holds something else"):
        SetFolder.open(tmp_path / "other")
    foreign = SetFolder.open(tmp_path / "foreign")
    foreign.labels.write_text(json.dumps(content()))
    with pytest.raises(PosetuneError, match="not MediaPipe's 33"):
        foreign.content()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_set(tmp_path):
    folder = SetFolder.open(tmp_path / "set")
    folder.images.chmod(0o500)
    with pytest.raises(PosetuneError, match="read-only"):
        SetFolder.open(tmp_path / "set")


def test_while_somebody_annotates_nothing_is_added(tmp_path):
    folder = SetFolder.open(tmp_path / "set")
    with folder.alone(), pytest.raises(PosetuneError, match="annotate has"), folder.alone():
        pass
