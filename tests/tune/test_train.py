"""posetune.train: what it is given, told apart before anything is read."""

import pytest

pytest.importorskip("torch")

import posetune
from posetune.errors import PosetuneError


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "ful"}, "method"),
        ({"learning_rate": 1}, "learning_rate"),
        ({"assignments": ["lr"]}, "lr"),
        ({"method": "detector"}, "There is no detector lite"),
        ({"resume": True}, "resume|run"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_leaves_nothing(options, says, tmp_path):
    with pytest.raises(PosetuneError, match=says):
        posetune.train(tmp_path / "none", "lite", tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()
