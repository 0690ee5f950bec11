"""A name, a file or a run folder → a network."""

from __future__ import annotations

import json
from importlib import resources

import pytest
from tests.helpers.fake_stock import CONTENT

from posetune import stock
from posetune.errors import PosetuneError
from posetune.graph import bundle, contract
from posetune.graph.flatbuffer import Graph
from posetune.stock import cache


def test_resolve(fake_stock):
    tflite = b"\x1c\0\0\0TFL3 landmarks"
    run = fake_stock / "runs" / "squat"
    run.mkdir(parents=True)
    (run / "model.tflite").write_bytes(tflite)
    (fake_stock / "own.tflite").write_bytes(tflite)
    (fake_stock / "own.task").write_bytes(bundle.pack(tflite, b"own detector"))

    networks = stock.resolve("full")
    assert (networks.name, networks.landmarks, networks.is_stock) == ("full", CONTENT["full"], True)
    assert networks.detector == CONTENT["detector"]
    networks = stock.resolve(run)
    assert (networks.name, networks.landmarks, networks.is_stock) == ("squat", tflite, False)
    assert networks.path == run / "model.tflite"
    assert stock.resolve(str(fake_stock / "own.tflite")).detector == CONTENT["detector"]
    networks = stock.resolve(fake_stock / "own.task")
    assert (networks.name, networks.landmarks, networks.detector) == ("own", tflite, b"own detector")


def test_resolve_says_what_is_wrong(fake_stock):
    (fake_stock / "text.tflite").write_text("hello")
    (fake_stock / "cut.task").write_bytes(b"PK\x03\x04")
    for model, words in (
        ("huge", "stock networks are lite, full, heavy"),
        (fake_stock, "holds no model.tflite"),
        (fake_stock / "none.tflite", "no such file"),
        (fake_stock / "text.tflite", "neither a .tflite network nor"),
        (fake_stock / "cut.task", "not a readable .task"),
    ):
        with pytest.raises(PosetuneError, match=words):
            stock.resolve(model)


def test_many_comes_with_the_package():
    content = stock.detector_of("many")
    about = json.loads(resources.files("posetune.stock").joinpath("assets", "many.json").read_text(encoding="utf-8"))
    assert cache.sha256(content) == about["sha256"]
    assert about["base_sha256"] == stock.pin("detector").sha256
    assert about["licence"] == "Apache-2.0"
    assert len(content) <= 3_000_000
    assert contract.kind_of(Graph(content, "many")) == "detector"
