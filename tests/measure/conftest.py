"""A small measurement of stock lite."""

import pytest

from posetune import stock
from posetune.measure import bench, bench_setup


@pytest.fixture(scope="module")
def lite():
    networks = stock.resolve("lite")
    return bench_setup.contender("posetune", "lite", networks.landmarks, networks.detector)


@pytest.fixture(scope="module")
def report(lite, tmp_path_factory):
    pictures = bench_setup.sample_pictures(tmp_path_factory.mktemp("pictures"))
    return bench.measure([lite], pictures, [], modes=["network", "cold_start"], rounds=1, threads=1)
