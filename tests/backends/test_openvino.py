"""The OpenVINO backend, in a process of its own.

In one process with all that the other tests load (MediaPipe, torch, numba, OpenGL) the interpreter crashed at its very
end, after every test had passed; nobody but a test suite loads all of these.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_backend_in_a_process_of_its_own():
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("openvino is not installed")
    checks = Path(__file__).with_name("openvino_checks.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(checks)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "7 passed" in done.stdout
