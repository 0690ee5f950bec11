"""The whole path once: a video is prelabelled, its labels are corrected in the page, a network is tuned on them, measured,
exported, and runs in MediaPipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("mediapipe")

from tests.helpers.clips import write_clip
from tests.helpers.server import running
from tests.helpers.short_run import SMALL

from posetune.cli import main
from posetune.doctor.mediapipe_try import try_in_mediapipe
from posetune.label.review import Review
from posetune.landmarks import INDEX
from posetune.runtime.images import read_image
from posetune.synthetic.software import SoftwareRenderer
from posetune.synthetic.take import Recipe, Set

KNEE = INDEX["left_knee"]
PICK = 4


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Somebody rendered who squats."""
    stage, renderer = Set((7, 3), "squat", Recipe(size=192, places=("gym",)), sequence=True), SoftwareRenderer()
    frames = [stage.take(renderer, phase, n).picture for n, phase in enumerate(np.linspace(0, 1, 5))]
    return write_clip(tmp_path_factory.mktemp("footage") / "squats.mp4", frames, 2.0)


def ready(page) -> dict[str, Any]:
    """The state once what was done is saved."""
    for _ in range(400):
        state: dict[str, Any] = page.evaluate("posetune.state")
        if state["status"] == "ready" and state["saved"]:
            return state
        page.wait_for_timeout(15)
    raise AssertionError(state)


def correct(page) -> None:
    """Move the first picture's left knee by a drag, delete nobody, accept all pictures with one key each."""
    page.evaluate("posetune.stage.draw()")
    x, y = page.evaluate(
        "(i) => { const at = posetune.stage.drawn.points.find((d) => d.person === 0 && d.index === i), "
        "box = posetune.stage.host.getBoundingClientRect(); return [at.x + box.x, at.y + box.y]; }",
        KNEE,
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y + 4, steps=3)
    page.mouse.up()
    ready(page)
    for _ in range(PICK):
        page.keyboard.press("Enter")
        ready(page)


def test_from_a_video_to_a_bundle_in_mediapipe(clip, visit, tmp_path, capsys):
    labelled, run, bundle = tmp_path / "set", tmp_path / "run", tmp_path / "squats.task"
    assert main(["label", str(clip), "--out", str(labelled), "--pick", str(PICK), "--model", "lite"]) == 0
    content = json.loads((labelled / "annotations" / "train.json").read_text())
    assert {row["status"] for row in content["annotations"]} == {"prelabel"}
    train = [
        "train",
        "--data",
        str(labelled),
        "--base",
        "lite",
        "--out",
        str(run),
        *(w for s in SMALL for w in ("--set", s)),
    ]
    assert main(train) == 2, "nobody has looked at anything"
    assert "posetune annotate" in capsys.readouterr().err

    with Review.open(labelled) as review, running(tmp_path / "data", review=review) as server:
        page = visit("/annotate", server=server)
        page.wait_for_selector("html[data-status=ready]")
        correct(page)
        page.goto("about:blank")  # it asks a server that ends here for nothing
    content = json.loads((labelled / "annotations" / "train.json").read_text())
    statuses = [row["status"] for row in content["annotations"]]
    assert sorted(set(statuses)) == ["corrected", "verified"]
    assert statuses.count("corrected") == 1

    assert main(train) == 0
    assert (
        main(["eval", str(run), "--data", str(labelled), "--no-pipeline", "--json", str(tmp_path / "eval.json")]) == 0
    )
    figures = json.loads((tmp_path / "eval.json").read_text())
    assert str(run.name) in json.dumps(figures)
    assert main(["export", str(run), "--out", str(bundle)]) == 0
    picture = read_image(next((labelled / "images").iterdir()))
    trial = try_in_mediapipe(bundle, picture)
    assert trial.worked, trial
