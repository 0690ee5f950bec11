"""The process that bench starts."""

import dataclasses

import pytest

from posetune import stock
from posetune.errors import PosetuneError
from posetune.measure import bench, bench_setup


def test_a_system_that_fails_says_why(lite, tmp_path):
    broken = dataclasses.replace(lite, landmarks=stock.path("detector").read_bytes())
    picture = bench_setup.sample_pictures(tmp_path)[:1]
    with pytest.raises(
        PosetuneError, match=r"benchmark of posetune, mode image, failed: .*no BlazePose landmark network"
    ):
        bench.measure([broken], picture, [], modes=["image"], rounds=1, threads=1)
