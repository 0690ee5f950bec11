from pathlib import Path

import pytest

pytest.importorskip("torch")

from posetune.errors import PosetuneError
from posetune.tune.config import default_config, load_config
from posetune.tune.methods.table import METHODS

OLD = Path(__file__).parent / "runs_before_0.2"
SOME = {"data": "d", "out": "o"}


def test_the_last_layer_names_the_method_and_its_defaults_lie_below_all(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("method: head\npasses: 3\n")
    from_file = load_config(file, SOME)
    assert (from_file.method, from_file.passes, from_file.samples) == ("head", 3, (2000, 5000))
    over_it = load_config(file, {**SOME, "method": "full"})
    assert (over_it.method, over_it.passes, over_it.samples) == ("full", 3, (4000, 10500))
    assigned = load_config(file, {**SOME, "method": "full"}, ["method=corrector"])
    assert assigned.method == assigned.raw["method"] == "corrector"


def test_without_a_word_the_method_is_full_or_what_the_keys_mean():
    assert load_config(None, SOME).method == "full"
    assert load_config(None, {**SOME, "unlabelled": ["clip.mp4"]}).method == "distill"


@pytest.mark.parametrize("method", ["full", "head", "distill"])
def test_run_folders_of_before_method_was_a_key_still_resume(method):
    text = (OLD / f"{method}.yaml").read_text()
    assert "method" not in text
    assert "setback: 0.02" in text
    config = load_config(OLD / f"{method}.yaml")
    assert config.method == method
    assert config.rollback == 0.02
    assert config.samples == (48, 48)


def test_setback_is_rollback_by_its_old_name(tmp_path):
    assert load_config(None, SOME, ["setback=0.5"]).rollback == 0.5
    assert load_config(None, {**SOME, "setback": 0.5}).rollback == 0.5


def test_what_was_saved_is_read_back(tmp_path):
    config = load_config(None, {**SOME, "method": "head"}, ["head.kind=pool", "lr=1e-4"])
    config.save(tmp_path / "train.yaml")
    assert load_config(tmp_path / "train.yaml") == config


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"method": "magic"}, "method wants full, head, corrector, distill"),
        ({"method": "full", "unlabelled": ["x"]}, "--unlabelled is for --method distill"),
        ({"head": {"stages": ["tail"]}}, r"head\.stages wants a list of head, tail, all"),
        ({"head": {"views": 0}}, r"head\.views wants at least 1"),
    ],
)
def test_bad_methods_and_heads(given, says):
    with pytest.raises(PosetuneError, match=says):
        load_config(None, {**SOME, **given})


def test_every_method_has_defaults_that_are_keys_of_the_configuration():
    keys = default_config().keys()
    assert all(default_config(method).keys() == keys for method in METHODS)
