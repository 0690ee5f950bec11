"""Networks in a worker: loaded, asked once, looked over."""

from __future__ import annotations

import pytest

from posetune import stock
from posetune.errors import PosetuneError
from posetune.serve.pool import network
from posetune.serve.pool.context import MOST_NETWORKS, Context, Network, Refused
from posetune.serve.settings import Limits


def test_a_stock_network_is_loaded_and_named():
    found = network.load(Context(Limits()), {"network": {"source": "lite", "name": "lite", "sha256": ""}})
    assert found == {"name": "lite", "sha256": stock.resolve("lite").sha256, "kind": "stock"}


def test_a_run_folder_is_named_after_itself(corrector_run):
    found = network.load(Context(Limits()), {"network": {"source": str(corrector_run), "name": "", "sha256": ""}})
    assert (found["name"], found["kind"]) == ("mine", "run")


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(PosetuneError, match="no network"):
        network.load(Context(Limits()), {"network": {"source": str(tmp_path / "nix.task"), "name": "", "sha256": ""}})


def test_a_worker_holds_a_few_networks(lite, tmp_path):
    context = Context(Limits())
    networks = []
    for i in range(MOST_NETWORKS + 1):
        (tmp_path / f"{i}.tflite").write_bytes(lite)
        networks.append(Network(str(tmp_path / f"{i}.tflite"), str(i)))
    first = [context.landmarker(n) for n in networks]
    assert context.landmarker(networks[-1]) is first[-1]
    assert context.landmarker(networks[0]) is not first[0]


def test_a_file_that_changed_is_not_taken_for_what_it_was(lite, tmp_path):
    path = tmp_path / "mine.tflite"
    path.write_bytes(lite)
    network_then = Network(str(path), "mine", stock.resolve(str(path)).sha256)
    path.write_bytes(lite + bytes(4))
    with pytest.raises(PosetuneError, match="has changed"):
        Context(Limits()).landmarker(network_then)


def test_a_good_file_passes(lite, lite_task, tmp_path):
    path = tmp_path / "body"
    path.write_bytes(lite)
    assert network.inspect(Context(Limits()), {"path": str(path)})["format"] == "tflite"
    assert network.inspect(Context(Limits()), {"path": str(lite_task)})["format"] == "task"


@pytest.mark.parametrize("what", ["picture", "empty", "detector", "cut", "zip", "noise"])
def test_what_is_no_network_that_can_be_served_is_refused(what, lite, photo, tmp_path):
    content = {
        "picture": photo,
        "empty": b"",
        "detector": stock.path("detector").read_bytes(),
        "cut": lite[: len(lite) // 2],
        "zip": b"PK\3\4" + bytes(1000),
        "noise": lite[:8] + bytes(100_000),
    }[what]
    path = tmp_path / "body"
    path.write_bytes(content)
    with pytest.raises((Refused, PosetuneError)) as caught:
        network.inspect(Context(Limits()), {"path": str(path)})
    assert str(tmp_path) not in str(caught.value)


def test_networks_are_let_go_of():
    context = Context(Limits())
    named = [Network(name, name, stock.resolve(name).sha256) for name in ("lite", "full")]
    kept, dropped = (context.landmarker(one) for one in named)
    network.drop(context, {"keep": [named[0].sha256]})
    assert context.landmarker(named[0]) is kept
    assert context.landmarker(named[1]) is not dropped
