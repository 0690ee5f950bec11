"""One process at a time in a folder."""

import subprocess
import sys

from posetune.lock import locked

HOLD = """
import sys
from pathlib import Path
from posetune.lock import locked
with locked(Path(sys.argv[1])) as held:
    print(held, flush=True)
    sys.stdin.read()
"""


def test_who_holds_it_keeps_others_out_until_it_dies(tmp_path):
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "True"
        with locked(path) as held:
            assert not held
        other.kill()
        other.wait()
    with locked(path) as held:
        assert held
    assert path.exists()
