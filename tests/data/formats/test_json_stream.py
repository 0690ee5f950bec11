"""Large JSON, element by element."""

from __future__ import annotations

import json

import pytest
from tests.helpers.coco_labels import annotation, content

from posetune.data.dataset import load_dataset
from posetune.data.formats import json_stream
from posetune.data.formats.json_stream import pieces, read_large


def rebuilt(path, chunk):
    found = {}
    for key, value, in_list in pieces(path, chunk):
        if in_list:
            found.setdefault(key, []).append(value)
        else:
            found[key] = value
    return found


@pytest.mark.parametrize("chunk", [1, 3, 64, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_it_is_what_json_reads_whatever_the_chunks(tmp_path, chunk, indent):
    whole = {
        "info": {"a": [1, [2]]},
        "empty": [],
        "n": -1.5e-3,
        "images": [{"id": 1, "ü": '\\"]'}, 7, None, [1]],
        "end": True,
    }
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps(whole, indent=indent, ensure_ascii=False).encode("utf-8-sig"))
    assert rebuilt(path, chunk) == whole
    path.write_text(json.dumps([1, 22, {"a": 3}], indent=indent))
    assert [value for _, value, _ in pieces(path, chunk)] == [1, 22, {"a": 3}]


@pytest.mark.parametrize(
    "text", ["", "7", '{"a": [1, 2}', '{"a" 1}', "[1 2]", '{"a": 1', "[1] 2", "{1: 2}", '[{"a": tru}]']
)
def test_what_is_no_json_is_an_error(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ValueError):
        list(pieces(path, 4))


def test_a_large_set_is_the_same_set(folder, monkeypatch):
    rows = [annotation(id=i, segmentation=[[1, 2, 3, 4]]) for i in range(1, 30)]
    path = folder / "annotations" / "train.json"
    path.write_text(json.dumps(content(annotations=rows)))
    small = load_dataset(folder, "train")
    monkeypatch.setattr(json_stream, "LARGE", 100)
    large = load_dataset(folder, "train")
    assert [p.keypoints.tolist() for p in large.people] == [p.keypoints.tolist() for p in small.people]
    assert large.losses == small.losses
    assert not isinstance(read_large(path)[0]["annotations"][0]["keypoints"], list)
    path.write_bytes(json.dumps(content(info={"name": "Müller"}), ensure_ascii=False).encode("cp1252"))
    assert any("Windows-1252" in w for w in load_dataset(folder, "train").warnings)
