from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from posetune.errors import PosetuneError
from posetune.learn import watch
from posetune.learn.round import Options
from posetune.progress import Reporter


def test_a_pass_that_fails_is_said_and_the_next_one_tries_again(tmp_path, monkeypatch):
    said: list[str] = []
    passes: list[int] = []

    def one(*_: object) -> bool:
        passes.append(len(passes))
        if len(passes) == 1:
            raise PosetuneError("The disk is full.")
        return True

    monkeypatch.setattr(watch, "run_pass", one)
    watch.watch(None, None, Options(tmp_path), Reporter(said.append), 0.01, lambda: len(passes) >= 3)  # type: ignore[arg-type]
    assert passes == [0, 1, 2]
    assert said == ["This pass has failed: The disk is full."]
