"""A picture in, its people out, through a running server."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
from tests.helpers.exif import with_exif

import posetune
from posetune.landmarks import NAMES
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.images import read_image

predict_api = pytest.importorskip("posetune.serve.api.predict")


def test_the_answer_is_what_the_plain_pipeline_finds(web_server, photo):
    answer = web_server.predict(photo)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    found = answer.json()
    with posetune.load("lite", threads=1) as landmarker:
        (pose,) = landmarker.predict(read_image(photo))
    assert found["network"] == {"name": "lite", "sha256": posetune.stock.resolve("lite").sha256}
    assert found["image"] == {"width": 440, "height": 400}
    (person,) = found["people"]
    assert np.abs(np.array(person["landmarks_px"]) - pose.landmarks_px).max() < 0.001
    assert np.abs(np.array(person["world"]) - pose.world).max() < 0.0001
    assert len(person["visibility"]) == len(NAMES)
    assert person["angles"]["left_knee"] == pytest.approx(pose.angle("left_knee"), abs=0.01)
    assert len(person["angles"]) == 10
    assert person["flags"] == []


def test_the_alias_answers_the_same(web_server, photo):
    alias = web_server.ask("POST", "/predict", photo, {"Content-Type": "image/jpeg"})
    assert alias.json() == web_server.predict(photo).json()


def test_points_are_of_the_upright_picture(web_server, photo):
    turned = with_exif(photo, 6)
    found = web_server.predict(turned).json()
    assert found["image"] == {"width": 400, "height": 440}


def test_another_network_can_be_asked(web_server, photo):
    sha256 = posetune.stock.resolve("full").sha256
    assert web_server.predict(photo, "?model=full").json()["network"]["sha256"] == sha256
    assert web_server.predict(photo, f"?model={sha256}").json()["network"]["name"] == "full"


def test_masks_come_if_asked_for(web_server, photo):
    (person,) = web_server.predict(photo, "?mask=1").json()["people"]
    mask = cv2.imdecode(np.frombuffer(base64.b64decode(person["mask"]), np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (400, 440)
    assert mask[180, 220] > 200 > 50 > mask[10, 10]


def test_nobody_is_no_error(web_server):
    blank = cv2.imencode(".png", np.full((64, 64, 3), 128, np.uint8))[1].tobytes()
    assert web_server.predict(blank, media="image/png").json()["people"] == []


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("?model=nix", 404, "no network"),
        ("?max_people=0", 422, "query"),
        ("?max_people=many", 422, "query"),
        ("?max_people=1&max_people=2", 422, "twice"),
        ("?tiles=huge", 422, "query"),
        ("?peolpe=2", 422, "peolpe"),
    ],
)
def test_a_wrong_query_is_told(web_server, photo, query, status, said):
    answer = web_server.predict(photo, query)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


def test_a_form_is_refused(web_server, photo):
    answer = web_server.predict(photo, media="multipart/form-data; boundary=x")
    assert answer.status == 415


def test_the_default_is_the_runtimes():
    assert predict_api.MAX_PEOPLE == DEFAULT_MAX_PEOPLE
