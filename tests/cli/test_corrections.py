"""posetune corrections, as a user calls it."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new, picture
from tests.helpers.labelled import true_keypoints
from tests.helpers.set_in_work import in_work

from posetune.cli import main
from posetune.data.origin import PRELABEL
from posetune.store.corrections import Corrections
from posetune.store.forget import forget
from posetune.store.open import open_store
from posetune.store.runs import Runs


@pytest.fixture
def store(tmp_path) -> list[str]:
    return ["--store", f"sqlite:///{tmp_path / 'store.sqlite'}"]


def add(drawn_set, store: list[str], *more: str, person: str = "ada") -> int:
    arguments = ["corrections", "add", str(drawn_set), "--split", "val", *store, "--person", person]
    return main([*arguments, *(more if "--kind" in more else ("--kind", "correction", *more))])


def test_a_set_is_kept_once_looked_over_and_handed_out(drawn_set, store, tmp_path, capsys):
    figures = tmp_path / "kept.json"
    assert add(drawn_set, store, "--model", "lite", "--second", "none", "--threads", "1", "--json", str(figures)) == 0
    assert "2 kept." in capsys.readouterr().out
    kept = json.loads(figures.read_text())
    assert (kept["known"], kept["passed_over"]) == (0, {})
    assert {row["status"] for row in kept["kept"]} <= {"accepted", "quarantined"}
    assert add(drawn_set, store) == 0
    assert "0 kept; 2 were kept before." in capsys.readouterr().out
    assert main(["corrections", "export", str(tmp_path / "out"), *store, "--person", "ada"]) == 0
    assert "2 pictures, 2 people" in capsys.readouterr().out
    assert main(["data", "info", str(tmp_path / "out")]) == 0
    for kept_file in tmp_path.glob("store.sqlite*"):
        assert kept_file.stat().st_mode & 0o77 == 0  # nobody else looks in


def test_somebody_else_reviews(drawn_set, store, capsys):
    add(drawn_set, store, "--no-networks")
    capsys.readouterr()
    assert main(["corrections", "list", *store]) == 0
    said = capsys.readouterr().out
    assert "corrections: 2 accepted." in said
    id = said.split()[0]
    assert main(["corrections", "review", id, *store, "--person", "ada", "--reject"]) == 2
    assert "somebody else" in capsys.readouterr().err
    assert main(["corrections", "review", id, *store, "--person", "ben", "--reject"]) == 0
    assert main(["corrections", "check", "--all", "--no-networks", *store]) == 0
    capsys.readouterr()
    assert main(["corrections", "list", *store, "--status", "rejected"]) == 0
    assert "a reviewer rejected it" in capsys.readouterr().out
    assert main(["corrections", "review", "nothing", *store, "--person", "ben", "--accept"]) == 2
    assert "no correction 'nothing'" in capsys.readouterr().err


def test_forgetting_marks_what_learned_from_it(drawn_set, store, tmp_path, capsys):
    add(drawn_set, store, "--no-check", "--keep-days", "30")
    assert main(["corrections", "trust", "ada", *store]) == 0
    with open_store(store[1]) as database:
        run = Runs(database).begin([1, 2], 2)
        Runs(database).finish(run, "f" * 64)
    capsys.readouterr()
    assert main(["corrections", "forget", "ada", *store, "--json", str(tmp_path / "gone.json")]) == 0
    said = capsys.readouterr().out
    assert "2 pictures of ada and 2 corrections" in said
    assert "ffffffffffff…" in said
    assert json.loads((tmp_path / "gone.json").read_text()) == {"images": 2, "corrections": 2, "networks": ["f" * 64]}
    assert not list((tmp_path / "store.sqlite.pictures").rglob("*.png"))
    main(["corrections", "list", *store])
    assert "There are none." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list"], "There is no store at"),
        (["export", "out"], "There is no store at"),
        (["check"], "There is no store at"),
    ],
)
def test_without_a_store_there_is_nothing(arguments, said, store, capsys):
    assert main(["corrections", *arguments, *store]) == 2
    assert said in capsys.readouterr().err


def test_a_name_that_is_wrong_is_told_before_anything_is_kept(drawn_set, store, tmp_path, capsys):
    for option in ("--model", "--second", "--registry"):
        assert add(drawn_set, store, option, "nothing-of-that-name") == 2
        assert "nothing-of-that-name" in capsys.readouterr().err
    assert not (tmp_path / "store.sqlite").exists()


def test_who_is_not_known_is_said_to_be_nobody(drawn_set, store, capsys):
    add(drawn_set, store, "--no-check")
    capsys.readouterr()
    assert main(["corrections", "forget", "adda", *store]) == 0
    assert "The store has nothing of 'adda'" in capsys.readouterr().out
    assert main(["corrections", "trust", "adda", *store]) == 0
    assert "adda, who has given nothing so far, is trusted" in capsys.readouterr().out


def test_whoever_corrects_and_audits_is_told_not_to(drawn_set, store, capsys):
    add(drawn_set, store, "--no-check")
    assert add(drawn_set, store, "--no-check", "--kind", "audit", person="eve") == 0
    assert "Note" not in capsys.readouterr().err
    assert add(drawn_set, store, "--no-check", "--kind", "audit") == 0
    assert "Note: ada gave corrections, too" in capsys.readouterr().err


def test_what_cannot_be_is_said(drawn_set, store, tmp_path, capsys):
    assert add(drawn_set, store, "--keep-days", "0") == 2
    assert "above 0" in capsys.readouterr().err
    assert add(drawn_set, ["--store", "mysql://x"]) == 2
    assert "A database is named by" in capsys.readouterr().err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    add(drawn_set, store, "--no-check")
    assert main(["corrections", "export", str(tmp_path / "full"), *store]) == 2
    assert "not empty" in capsys.readouterr().err
    assert main(["corrections", "export", str(tmp_path / "o"), *store, "--person", "nobody"]) == 2
    assert "no such correction" in capsys.readouterr().err


def test_who_puts_honeypots_in_a_set_right_is_counted(drawn_set, store, tmp_path, capsys):
    folder = in_work(tmp_path / "set", (PRELABEL,) * 3)
    mixing = ["corrections", "mix", str(folder.path), *store, "--seed", "1"]
    assert main(mixing) == 2
    assert "There is no store" in capsys.readouterr().err
    add(drawn_set, store, "--no-check")
    assert main(mixing) == 2
    assert "Nobody's points are known" in capsys.readouterr().err
    with open_store(store[1]) as database:
        points = true_keypoints()
        shot = picture(cv2.imencode(".png", np.full((400, 400, 3), 99, np.uint8))[1].tobytes(), width=400, height=400)
        with_legs, _ = Corrections(database).add(new("ada", points=points, picture=shot))
        Corrections(database).review(with_legs, "ben", "accept")
    assert main(mixing) == 0
    assert "1 whose points are known are among the 4 images" in capsys.readouterr().out

    labels = folder.labels.read_text().replace('"prelabel"', '"verified"')  # whoever looked through it changed nothing
    folder.labels.write_text(labels)
    adding = ["corrections", "add", str(folder.path), *store, "--person", "carol", "--kind", "correction"]
    assert main([*adding, "--no-check"]) == 0
    assert main(["corrections", "check", "--no-networks", *store]) == 0
    with open_store(store[1]) as database:
        assert Corrections(database).honeypots()["carol"] == (0, 1)
        forget(database, "ada")
    capsys.readouterr()
    assert main([*adding, "--no-check"]) == 0
    assert "1 are of pictures that were forgotten, and are passed over" in capsys.readouterr().out
    assert main(["corrections", "mix", str(drawn_set), *store]) == 2
    assert "no set that posetune label made" in capsys.readouterr().err
