"""Every trap has its finding, and the real PoseLandmarker agrees with every verdict."""

from __future__ import annotations

import pytest
from tests.helpers.traps import TRAPS, plain
from tests.helpers.variants import (
    edited,
    outputs,
)

from posetune import stock
from posetune.doctor.diagnose import diagnose


@pytest.mark.parametrize("name", TRAPS)
def test_the_verdict(name):
    make, verdict, words = TRAPS[name]
    diagnosis = diagnose(make(), "x.task")
    assert diagnosis.verdict == verdict, diagnosis.findings
    if words:
        assert any(words in finding.what for finding in diagnosis.findings), diagnosis.findings
    else:
        assert diagnosis.findings == ()


@pytest.mark.parametrize("name", ["detector", "lite", "full", "heavy"])
def test_a_bare_stock_file_needs_a_bundle(name):
    diagnosis = diagnose(stock.path(name).read_bytes(), "x.tflite")
    assert diagnosis.verdict == "needs a bundle"
    assert diagnosis.kind == ("detector" if name == "detector" else "landmarks")
    assert diagnosis.findings == ()


def test_some_other_network():
    diagnosis = diagnose(edited(plain(), outputs(2)), "x.tflite")
    assert diagnosis.verdict == "refused"
    assert "no pose landmark network and no pose detector" in diagnosis.findings[0].what
