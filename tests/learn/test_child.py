from __future__ import annotations

import signal
import subprocess
import sys

CODE = "import runpy, time; from posetune.learn import child; runpy.run_module = RUN; child.main()"


def started(run: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CODE.replace("RUN", run)], stdin=subprocess.PIPE)


def test_a_training_ends_with_the_pass_that_began_it():
    process = started("lambda *a, **k: time.sleep(60)")
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(20) == -signal.SIGTERM


def test_a_training_that_is_done_does_not_wait_for_the_pass():
    with started("lambda *a, **k: None") as process:
        assert process.wait(20) == 0
