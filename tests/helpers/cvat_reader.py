"""A stand-in for CVAT's own importer of "CVAT for images 1.1": what it asks for, it asks for in the same way.

After what cvat/apps/dataset_manager/formats/cvat.py does: images by the stem of their names, skeletons by label, each <points>
with label, outside, occluded and points (missing: KeyError), attributes that the label declares.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

_SVG_TAGS = {"line", "circle"}
_SVG_KEYS = {"cx", "cy", "r", "x1", "y1", "x2", "y2", "data-type", "data-element-id", "data-node-id", "data-label-name",
             "data-label-id", "data-node-from", "data-node-to"}  # fmt: skip


def accept(path: Path, task_images: list[str]) -> list[dict]:
    """The skeletons that CVAT would make of ``path`` in a task with these images. Raises KeyError, ValueError, AssertionError."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == "annotations"
    frames = {}
    for i, name in enumerate(task_images):
        stem = PurePosixPath(name).with_suffix("").as_posix()
        assert stem not in frames, "repeated in the source sequence"
        frames[stem] = i
    sublabels, declared = _labels(root)
    shapes = []
    for image in root.findall("image"):
        frame = frames[PurePosixPath(image.attrib["name"]).with_suffix("").as_posix()]
        for skeleton in image.findall("skeleton"):
            label = skeleton.attrib["label"]
            elements = []
            for points in skeleton.findall("points"):
                assert points.attrib["label"] in sublabels[label]
                (pair,) = points.attrib["points"].split(";")
                x, y = (float(v) for v in pair.split(","))
                assert re.fullmatch(r"-?\d+\.\d\d,-?\d+\.\d\d", pair)
                flags = [{"0": False, "1": True}[points.attrib[key]] for key in ("outside", "occluded")]
                elements.append((points.attrib["label"], x, y, *flags))
            assert elements, "a skeleton without elements"
            assert len({e[0] for e in elements}) == len(elements)
            attributes = {a.attrib["name"]: a.text or "" for a in skeleton.findall("attribute")}
            assert attributes.keys() <= declared[label]
            shapes.append({"frame": frame, "label": label, "elements": elements, "attributes": attributes})
    return shapes


def _labels(root: ElementTree.Element) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    labels = root.findall("meta/task/labels/label")
    declared = {
        label.findtext("name"): {a.findtext("name") for a in label.findall("attributes/attribute")} for label in labels
    }
    sublabels: dict[str, list[str]] = {}
    for label in labels:
        if label.findtext("parent"):
            sublabels.setdefault(label.findtext("parent"), []).append(label.findtext("name"))
        elif label.findtext("type") == "skeleton":
            picture = ElementTree.fromstring(f"<svg>{label.findtext('svg')}</svg>")
            nodes = []
            for element in picture:
                assert element.tag in _SVG_TAGS
                assert element.attrib.keys() <= _SVG_KEYS
                if element.tag == "circle":
                    nodes.append((int(element.attrib["data-node-id"]), element.attrib["data-label-name"]))
            assert [n for n, _ in nodes] == list(range(1, len(nodes) + 1))
            sublabels.setdefault(label.findtext("name"), [])
            expected = [name for _, name in nodes]
    assert next(iter(sublabels.values())) == expected
    return sublabels, declared
