"""The folder of a set in work."""

import dataclasses
import json
import os

import pytest
from tests.helpers import labelled
from tests.helpers.coco_labels import content

from posetune.data.origin import ImageOrigin, Origin
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


def test_what_annotate_did_before_it_was_killed_is_not_lost(tmp_path):
    pytest.importorskip("msgspec")
    import cv2
    import numpy as np

    from posetune.label.actions import Action, Wanted
    from posetune.label.review import Review

    folder = SetFolder.open(tmp_path / "set")
    mine = empty("set")
    image = ImageRecord(1, folder.images / "a.png", 400, 400, "g", ImageOrigin(status="prelabel"))
    cv2.imwrite(str(image.path), np.zeros((400, 400, 3), np.uint8))
    add(mine, folder.path, [image], [Person(1, image, labelled.true_keypoints(), origin=Origin(status="prelabel"))])
    folder.write(mine, mine)
    before = folder.labels.read_bytes()
    with Review.open(folder.path) as review:
        (person,) = review.image("a.png").people
        review.act(Action("tab-1", "a.png", 0, people=[Wanted(person.id, person.points, "verified")]))
    after = json.loads(folder.labels.read_text())
    folder.labels.write_bytes(before)  # as it stood when annotate was killed
    os.utime(folder.labels, (1, 1))
    with folder.alone():
        assert folder.content()["annotations"][0]["status"] == after["annotations"][0]["status"] == "verified"
