from __future__ import annotations

import json

import pytest
from tests.helpers.jobs import unplanned

from posetune import stock
from posetune.errors import PosetuneError
from posetune.scale.folder import Folder
from posetune.scale.job import JOB, Job, load_network, network_of, read_job, save_network, unit_name


def test_there_and_back():
    job = unplanned("a", "s3://b", max_people=2)
    assert Job.from_json(job.to_json(), "x") == job


def test_another_version_and_damage_are_told(tmp_path):
    store = Folder(tmp_path)
    store.put(JOB, json.dumps({**json.loads(unplanned("a").to_json()), "version": 9}).encode())
    with pytest.raises(PosetuneError, match=r"version 9.*same posetune"):
        read_job(store)
    for content in (b"{", b"[]", b'{"version": 1}'):
        store.put(JOB, content)
        with pytest.raises(PosetuneError, match="damaged"):
            read_job(store)


def test_the_network_travels_with_the_job(tmp_path, corrector_run):
    store = Folder(tmp_path)
    networks = stock.resolve(corrector_run)
    save_network(store, networks)
    found = load_network(store, network_of(networks))
    assert (found.landmarks, found.detector, found.corrector) == (
        networks.landmarks,
        networks.detector,
        networks.corrector,
    )
    assert found.sha256 == networks.sha256


def test_a_damaged_network_is_not_run(tmp_path):
    store = Folder(tmp_path)
    networks = stock.resolve("lite")
    network = network_of(networks)
    save_network(store, networks)
    store.put(f"network/{network.files['detector']}", b"x")
    with pytest.raises(PosetuneError, match=r"detector network.* damaged: delete"):
        load_network(store, network)
    store.delete(f"network/{network.files['detector']}")
    save_network(store, networks)
    assert load_network(store, network).detector == networks.detector


def test_names_stand_in_order():
    assert sorted(map(unit_name, range(0, 12_000_000, 999_999))) == [
        unit_name(n) for n in range(0, 12_000_000, 999_999)
    ]
