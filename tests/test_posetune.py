"""What ``import posetune`` offers, and what it costs."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import posetune

NAMES = {
    "train", "evaluate", "compare", "export", "load", "Landmarker", "LandmarkerPool", "Pose", "Corrector", "draw", "predict",
    "read_image", "PosetuneError", "Predictor", "__version__",
}  # fmt: skip


def test_every_name_is_found_and_shown():
    assert set(posetune.__all__) == NAMES
    assert set(dir(posetune)) >= NAMES
    for name in NAMES:
        found = getattr(posetune, name)
        assert isinstance(found, str) or (callable(found) and inspect.getdoc(found)), name


def test_help_names_them_all():
    done = subprocess.run(
        [sys.executable, "-c", "import posetune; help(posetune)"], capture_output=True, text=True, check=True
    )
    assert {name for name in NAMES - {"__version__"} if name not in done.stdout} == set()
    assert posetune.__version__ in done.stdout


def test_all_but_training_works_without_torch():
    program = """
import pydoc, sys
sys.modules.update(dict.fromkeys(("torch", "matplotlib", "sklearn", "numba", "mediapipe", "optuna")))
import posetune
shown = pydoc.render_doc(posetune)
assert all(name in shown for name in posetune.__all__ if name[0] != "_"), shown
try:
    posetune.train("data", out="run")
except posetune.PosetuneError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Training needs torch, which is not installed: " in done.stdout


def test_the_import_costs_nothing():
    program = "import sys, posetune; dir(posetune); print({'numpy', 'cv2', 'torch', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_misspelt_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="predct"):
        _ = posetune.predct
