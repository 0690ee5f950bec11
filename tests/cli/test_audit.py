"""posetune audit, as a user calls it."""

from __future__ import annotations

import json
import os

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa

from posetune.cli import main
from posetune.stock import PINS
from posetune.store.open import open_store
from posetune.store.tables import audits


def test_pictures_are_offered_drawn_labelled_and_taken_back(drawn_set, tmp_path, capsys):
    store = ["--store", f"sqlite:///{tmp_path / 'store.sqlite'}"]
    offer = ["audit", "offer", str(drawn_set / "images"), *store, "--person", "web1", "--consent", "for learning"]
    assert main(offer) == 0
    assert "6 pictures kept; 0 were kept before." in capsys.readouterr().out
    out = tmp_path / "drawn"
    drawing = ["audit", "next", *store, "--out", str(out), "--model", "lite", "--threads", "1", "--seed", "1"]
    assert main([*drawing, "--n", "3", "--json", str(tmp_path / "drawn.json")]) == 0
    assert "3 people to label, every point: posetune annotate" in capsys.readouterr().out
    drawn = json.loads((tmp_path / "drawn.json").read_text())
    file = out / "annotations" / "audit.json"
    content = json.loads(file.read_text())
    assert {row["audit"] for row in content["annotations"]} == {row["id"] for row in drawn}
    assert main(drawing) == 2
    assert "not empty" in capsys.readouterr().err
    back = ["corrections", "add", str(out), *store, "--person", "eve", "--kind", "audit", "--no-networks"]
    assert main(back) == 0
    assert "0 kept; " in capsys.readouterr().out  # nobody has looked yet
    for row in content["annotations"]:
        row["status"] = row["origin"]["status"] = "corrected"
        row["keypoints"] = (
            [v + (i % 3 < 2) for i, v in enumerate(row["keypoints"])] if row["num_keypoints"] else [9, 9, 2] * 33
        )
        row["num_keypoints"], row["ignore"] = 33, 0
    file.write_text(json.dumps(content))
    assert main(back) == 0
    assert "3 kept." in capsys.readouterr().out
    content["annotations"][0]["keypoints"][0] += 1
    file.write_text(json.dumps(content))
    assert main(back) == 0
    assert "2 were kept before; 1 are audits that were answered before" in capsys.readouterr().out


def test_what_cannot_be_is_said(drawn_set, tmp_path, capsys):
    store = ["--store", f"sqlite:///{tmp_path / 'store.sqlite'}"]
    assert main(["audit", "next", *store]) == 2
    assert "There is no store" in capsys.readouterr().err
    consent = ["--person", "web1", "--consent", "yes"]
    assert main(["audit", "offer", str(tmp_path / "nothing"), *store, *consent]) == 2
    assert "There is no" in capsys.readouterr().err
    assert main(["audit", "offer", str(drawn_set / "annotations"), *store, *consent]) == 2
    assert "holds no image" in capsys.readouterr().err
    assert main(["audit", "next", *store, "--n", "0"]) == 2
    assert "--n wants" in capsys.readouterr().err


def test_a_picture_that_cannot_be_read_does_not_stop_the_others(drawn_set, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.jpg").write_bytes(b"no picture")
    whole = next((drawn_set / "images").iterdir())
    (tmp_path / "in" / f"b{whole.suffix}").write_bytes(whole.read_bytes())
    store = ["--store", f"sqlite:///{tmp_path / 'store.sqlite'}", "--person", "web1", "--consent", "yes"]
    assert main(["audit", "offer", str(tmp_path / "in"), *store]) == 0
    said = capsys.readouterr()
    assert "1 picture kept; 0 were kept before. 1 could not be read, and are left out." in said.out
    assert main(["audit", "offer", str(tmp_path / "in/a.jpg"), *store]) == 2


def test_the_live_network_and_its_challenger_are_shown(drawn_set, tmp_path, monkeypatch, capsys):
    registry = str(tmp_path / "registry")
    assert main(["registry", "init", registry, "--model", "lite"]) == 0
    monkeypatch.setenv("POSETUNE_STORE", f"sqlite:///{tmp_path / 'store.sqlite'}")
    monkeypatch.setenv("POSETUNE_REGISTRY", registry)
    main(["audit", "offer", str(drawn_set / "images"), "--person", "web1", "--consent", "yes"])
    assert main(["audit", "next", "--n", "6", "--out", str(tmp_path / "drawn"), "--threads", "1", "--seed", "1"]) == 0
    with open_store(os.environ["POSETUNE_STORE"]) as database, database.read() as connection:
        assert set(connection.scalars(sa.select(audits.c.shown))) == {PINS["lite"].sha256, ""}
    capsys.readouterr()
    add = ["corrections", "add", str(drawn_set), "--split", "val", "--person", "ada", "--kind", "correction"]
    assert main([*add, "--second", "none", "--threads", "1"]) == 0
    assert "2 kept" in capsys.readouterr().out
    monkeypatch.setenv("POSETUNE_REGISTRY", str(tmp_path / "nothing"))
    assert main(["corrections", "check", "--all"]) == 2
