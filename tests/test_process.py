from __future__ import annotations

import os
import subprocess
import sys

import pytest

from posetune import process
from posetune.process import has_ended, this_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


def named(pid: int) -> str:
    where, _, _ = this_process().rsplit(" ", 2)
    return f"{where} {pid} {process._began(pid)}"


def test_it_lives_until_it_has_ended():
    child = subprocess.Popen(["sleep", "60"])
    name = named(child.pid)
    assert not has_ended(name)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and nobody has asked for its end yet
    assert has_ended(name)
    child.wait()
    assert has_ended(name)
    assert not has_ended(this_process())


def test_who_has_its_number_now_is_not_taken_for_it():
    where, pid, began = this_process().rsplit(" ", 2)
    assert has_ended(f"{where} {pid} {int(began) - 1}")


def test_nothing_is_known_of_other_machines_and_containers():
    where, _, began = this_process().rsplit(" ", 2)
    host, boot, namespace = where.split("/")
    for other in (f"x{host}/{boot}/{namespace}", f"{host}/x{boot}/{namespace}", f"{host}/{boot}/pid:[1]"):
        assert not has_ended(f"{other} 999999999 {began}")
    for nonsense in ("", "?", "a b", "a b c", f"{where} -1 5", f"{where} x 5"):
        assert not has_ended(nonsense)
