"""What is left after kill -9 at a few random moments; a hundred of them, and other places: benchmarks/learning/kills.py."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("sqlalchemy")

from benchmarks.learning import kills

from posetune.store.open import open_store
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry


def test_nothing_acknowledged_is_lost_or_there_twice(tmp_path):
    registry_url, store_url = str(tmp_path / "registry"), f"sqlite:///{tmp_path / 'store.sqlite'}"
    registry, _ = Registry.init(registry_url, {}, "test")
    first = registry.add(b"first", ".tflite", {}, by="test")
    registry.append(kinds.PROMOTE, {"network": first.sha256, "why": "first"}, "test")
    open_store(store_url).close()
    ledger, rng = kills.Ledger(), random.Random(1)
    for number in range(3):
        command = [sys.executable, kills.__file__, "--child", registry_url, store_url, str(number)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2 + 0.3 * rng.random())
        process.send_signal(signal.SIGKILL)
        ledger.take(process.stdout.read().splitlines())
        process.wait()
    assert ledger.said
    assert ledger.faults(registry_url, store_url) == []
