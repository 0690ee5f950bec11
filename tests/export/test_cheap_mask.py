"""``posetune export --cheap-mask``."""

import json

import numpy as np
import pytest

from posetune import stock
from posetune.backends.litert import Network
from posetune.cli import main
from posetune.export import cheap_mask
from posetune.graph import bundle


def test_the_bundle_has_the_same_landmarks_and_tells_how_rough_its_mask_is(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cheap_mask, "_PICTURES", 4)
    out = tmp_path / "cheap.task"
    assert main(["export", "lite", "--out", str(out), "--cheap-mask", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert 0.3 < report["mask_iou"] < 1
    before, after = Network(stock.path("lite").read_bytes(), 1), Network(bundle.unpack(out).landmarks, 1)
    image = np.random.default_rng(0).random((256, 256, 3), dtype=np.float32)
    for place, (theirs, ours) in enumerate(zip(before.run(image), after.run(image), strict=True)):
        assert np.array_equal(theirs, ours) == (place != 2)


def test_off_unless_asked(tmp_path, capsys):
    out = tmp_path / "whole.tflite"
    assert main(["export", "lite", "--out", str(out), "--json"]) == 0
    assert "mask_iou" not in json.loads(capsys.readouterr().out)
    assert len(out.read_bytes()) == pytest.approx(len(stock.path("lite").read_bytes()), rel=0.01)


def test_not_together_with_int8(tmp_path, capsys):
    assert main(["export", "lite", "--out", str(tmp_path / "x.task"), "--cheap-mask", "--int8"]) == 2
    assert "does not go with int8" in capsys.readouterr().err
