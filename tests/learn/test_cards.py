from __future__ import annotations

import json

import cv2
import numpy as np
from tests.helpers.drawn_set import write_drawn_set

from posetune.learn.cards import card
from posetune.learn.guards import Check, Guard
from posetune.learn.material import ORDINARY
from posetune.runtime.load import load


def test_a_card_has_figures_and_pictures_of_rendered_people_only(tmp_path):
    people = write_drawn_set(tmp_path, "test", [120.0, 140.0, 160.0]).people
    networks = {"live": load("lite"), "challenger": load("full")}
    guards = [Guard("corrected people", people), Guard(ORDINARY, people[:2])]
    files = card({"name": "new"}, [Check("a", True, "a is fine.", 0.01, 0.02)], guards, networks)
    assert set(files) == {"card.json", "ordinary.jpg"}
    found = json.loads(files["card.json"])
    assert found["name"] == "new"
    assert found["checks"] == [{"name": "a", "passed": True, "said": "a is fine.", "change": 0.01, "most": 0.02}]
    sheet = cv2.imdecode(np.frombuffer(files["ordinary.jpg"], np.uint8), cv2.IMREAD_COLOR)
    assert sheet.shape[1] > 3 * 480
    pair = sheet[:240, :484]
    assert (pair[:, :240] != pair[:, 244:]).any()  # two networks' answers on the same picture
    assert set(card({}, [], guards[:1], networks)) == {"card.json"}
