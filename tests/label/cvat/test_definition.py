"""The label that CVAT gets, and what is told of one that is another."""

from __future__ import annotations

import copy
import json
import re
from xml.etree import ElementTree

import pytest

from posetune.errors import PosetuneError
from posetune.label.cvat.definition import differences, label_json, label_svg, matching
from posetune.skeleton import BLAZEPOSE, infer


def on_a_server(skeleton=BLAZEPOSE, **changes) -> dict:
    """The label as a server lists it: with ids, also in its picture."""
    label = copy.deepcopy(label_json(skeleton)) | {"id": 1}
    for number, part in enumerate([*label["sublabels"], *label["attributes"]], 10):
        part["id"] = number
    for sub in label["sublabels"]:
        label["svg"] = label["svg"].replace(f'data-label-name="{sub["name"]}"', f'data-label-id="{sub["id"]}"')
    return label | changes


def test_33_circles_stand_in_the_order_of_the_points():
    label = label_json(BLAZEPOSE)
    circles = re.findall(r'data-element-id="(\d+)" data-node-id="(\d+)" data-label-name="(\w+)"', label["svg"])
    assert circles == [(str(i), str(i), name) for i, name in enumerate(BLAZEPOSE.names, 1)]
    assert [point["name"] for point in label["sublabels"]] == list(BLAZEPOSE.names)
    assert {a["name"] for a in label["attributes"]} >= {"posetune_id", "status"}


def test_the_constructor_wants_values_and_a_default_of_every_attribute():
    for attribute in label_json(BLAZEPOSE)["attributes"]:
        assert attribute["values"]
        assert attribute["default_value"] in attribute["values"]
    json.dumps(label_json(BLAZEPOSE), allow_nan=False)


def test_points_of_ones_own_are_named_in_the_picture_by_their_numbers():
    own = infer(["nose", "杖 tip (1)"], edges=[(0, 1)])
    root = ElementTree.fromstring(label_svg(own))
    said = json.loads(root.find("{*}desc").text)
    assert {number: point["name"] for number, point in said.items()} == {"1": "nose", "2": "杖 tip (1)"}
    assert not any("id" in point for point in said.values())
    assert len(root.findall("{*}circle")) == 2
    assert root.get("stroke"), "a viewer shows no line without"


@pytest.mark.parametrize("name", ["pole & basket", "<tip>", 'the "tip"', "it's", " nose"])
def test_names_that_the_server_would_not_find_in_the_picture_are_refused(name):
    with pytest.raises(PosetuneError, match="cannot name"):
        label_json(infer(["left_hip", "right_hip", name]))


def test_the_same_label_is_taken_by_its_ids():
    found = matching([{"name": "ball", "type": "rectangle"}, on_a_server()], BLAZEPOSE, "there")
    assert (found.id, found.points["nose"], found.names[10], found.notes) == (1, 10, "nose", ())


def test_the_only_skeleton_may_be_called_otherwise():
    assert matching([on_a_server(name="athlete")], BLAZEPOSE, "there").name == "athlete"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda label: label["sublabels"].pop(3), r"lacks 1 of 33 points \(left_eye_outer\)"),
        (lambda label: label["sublabels"].append({"name": "tail", "id": 99}), r"has 1 others \(tail\)"),
        (lambda label: label["sublabels"].reverse(), r"another order \(point 1 is right_foot_index, not nose\)"),
        (lambda label: label["attributes"].clear(), r"lacks the attributes posetune_id and status"),
        (lambda label: label["attributes"][1]["values"].remove("rejected"), r"status cannot be rejected"),
        (lambda label: label.update(svg=label["svg"].replace('data-label-id="10"', 'data-label-id="11"')), r"one circle for each"),
    ],
)  # fmt: skip
def test_what_differs_is_said(change, told):
    label = on_a_server()
    change(label)
    with pytest.raises(PosetuneError, match=told):
        matching([label], BLAZEPOSE, "Project 3")


def test_other_lines_are_a_note():
    label = on_a_server()
    label["svg"] = re.sub("<line.*?</line>", "", label["svg"], count=1)
    assert not differences(label, BLAZEPOSE)
    assert "other lines" in matching([label], BLAZEPOSE, "there").notes[0]


def test_no_skeleton_at_all():
    with pytest.raises(PosetuneError, match=r"no label 'person' of the type Skeleton; its labels: nose \(points\)"):
        matching([{"name": "nose", "type": "points"}], BLAZEPOSE, "Project 3")
