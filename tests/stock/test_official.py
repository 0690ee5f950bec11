"""Importing bundles, made from the stock networks as an official one would be."""

from __future__ import annotations

import pytest
from tests.helpers.variants import edited, normalized, outputs

from posetune import stock
from posetune.cli import main
from posetune.errors import PosetuneError
from posetune.graph import bundle, metadata
from posetune.graph.flatbuffer import Graph
from posetune.stock import cache
from posetune.stock.official import import_file


@pytest.fixture
def networks(tmp_path, monkeypatch):
    """(lite, detector), with an empty cache from here on."""
    found = stock.path("lite").read_bytes(), stock.path("detector").read_bytes()
    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))  # no npm
    return found


def changed_weights(graph: Graph) -> None:
    first = next(op for op in graph.operators if op.kind == "CONV_2D")
    graph.set_constant(first.inputs[1], graph.constant(first.inputs[1]) * 1.5)


def with_author(author: str):
    inputs = (metadata.LANDMARKS_NORMALIZATION,)
    return lambda graph: metadata.write(graph, metadata.Metadata(author=author, inputs=inputs))


def test_the_same_weights_in_other_bytes(networks, tmp_path, capsys):
    lite, detector = networks
    file = tmp_path / "pose_landmarker_lite.task"
    file.write_bytes(bundle.pack(edited(lite, normalized((0.0,), (255.0,))), detector))
    kept = import_file(file)
    assert set(kept) == {"detector", "lite"}
    entry = cache.imported("lite")
    assert entry is not None
    assert entry.same_weights
    assert cache.imported("detector") is None  # the pinned file itself
    assert stock.path("lite") == kept["lite"]  # without npm
    assert main(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert "imported from pose_landmarker_lite.task, same weights as the pinned file" in listed
    assert stock.resolve("lite").landmarks == kept["lite"].read_bytes()


def test_other_weights_are_kept_and_said_to_be_other(networks, tmp_path, capsys):
    lite, detector = networks
    file = tmp_path / "newer.task"
    file.write_bytes(bundle.pack(edited(lite, changed_weights, with_author("Google")), detector))
    assert main(["models", "import", str(file)]) == 0
    assert "imported from newer.task, other bytes than the pinned file" in capsys.readouterr().out
    entry = cache.imported("lite")
    assert entry is not None
    assert not entry.same_weights


def test_a_pinned_file_is_kept_as_such(networks, tmp_path):
    file = tmp_path / "pose_landmark_lite.tflite"
    file.write_bytes(networks[0])
    assert import_file(file) == {"lite": cache.pinned_path(stock.pin("lite"))}


def test_an_imported_file_that_changed_is_not_used(networks, tmp_path):
    lite, detector = networks
    file = tmp_path / "a.task"
    file.write_bytes(bundle.pack(edited(lite, normalized((0.0,), (255.0,))), detector))
    import_file(file)["lite"].write_bytes(b"changed")
    with pytest.raises(PosetuneError, match="npm is not installed"):
        stock.path("lite")


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ((changed_weights, with_author("posetune")), "posetune tuned"),
        ((outputs(0, 1, 2, 3),), "4 outputs"),
    ],
)
def test_what_is_no_stock_network_is_refused_and_nothing_is_kept(networks, tmp_path, edits, words):
    lite, detector = networks
    file = tmp_path / "a.task"
    file.write_bytes(bundle.pack(edited(lite, *edits), detector))
    with pytest.raises(PosetuneError, match=words):
        import_file(file)
    assert not (tmp_path / "cache").exists()


def test_what_is_no_bundle_is_refused(networks, tmp_path):
    file = tmp_path / "a.task"
    file.write_bytes(b"hello, I am a text")
    assert main(["models", "import", str(file)]) == 2
    assert main(["models", "import", str(tmp_path / "none.task")]) == 2
    assert main(["models", "import", str(tmp_path)]) == 2
