"""scripts/demo.sh: which people it measures on. Its commands are stood in for, and written down."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.drawn_set import write_drawn_set

SCRIPT = Path(__file__).parents[2] / "scripts" / "demo.sh"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("splits", "measured"),
    [
        (["train"], None),  # what the run held out of train
        (["train", "val"], None),  # which is val here
        (["train", "val", "test"], "test"),
        (["train", "train_more"], None),
    ],
)
def test_it_never_measures_on_people_it_trained_on(splits, measured, tmp_path):
    for split in splits:
        write_drawn_set(tmp_path / "data", split, [170, 230])
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in {
        "posetune": f'#!/bin/bash\necho "$@" >> {tmp_path}/called\n',
        "python": f'#!/bin/bash\nexec {sys.executable} "$@"\n',
    }.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    run = tmp_path / "run"
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    subprocess.run(["bash", str(SCRIPT), str(tmp_path / "data"), str(run), "full"], check=True, env=environment)
    called = [line.split() for line in (tmp_path / "called").read_text().splitlines()]
    assert [words[0] for words in called] == ["train", "eval", "export", "doctor"]
    evaluated = called[1]
    assert str(run) in evaluated
    assert (evaluated[evaluated.index("--split") + 1] if "--split" in evaluated else None) == measured
