"""posetune suggest, as a user calls it."""

import json

import cv2
from tests.helpers.arms import moving

from posetune.cli import main


def test_a_folder_of_images(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("posetune.stock.cache.folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("posetune.stock.resolve", resolved_once())
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, rgb in zip(("walk", "sit"), moving(2), strict=True):
        cv2.imwrite(str(folder / f"{name}.png"), rgb[:, :, ::-1])
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    call = ["suggest", str(folder), "--n", "5", "--second", "lite", "--threads", "1"]
    assert main([*call, "--json", str(tmp_path / "s.json")]) == 1
    printed = capsys.readouterr().out
    assert "Not read: damaged.jpg" in printed
    assert "Fewer than 5" in printed
    found = json.loads((tmp_path / "s.json").read_text())
    assert {s["image"] for s in found["suggestions"]} == {"walk.png", "sit.png"}
    assert main(call) == 2
    assert "suggested before" in capsys.readouterr().err


def resolved_once():
    """Stock lite, found before the cache folder is another."""
    from posetune import stock

    lite = stock.resolve("lite")
    assert lite.detector
    return lambda name: lite
