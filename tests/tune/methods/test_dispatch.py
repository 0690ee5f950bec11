"""Training by the method that the configuration names."""

import pytest

pytest.importorskip("torch")

from posetune.errors import PosetuneError
from posetune.tune.config import load_config
from posetune.tune.methods import dispatch
from posetune.tune.run import Start


def test_what_takes_seconds_has_nothing_to_resume(tmp_path):
    config = load_config(None, {"data": "d", "out": str(tmp_path / "run"), "method": "corrector"}, [])
    with pytest.raises(PosetuneError, match="nothing to resume"):
        dispatch.run(config, Start(resume=True))
    assert not (tmp_path / "run").exists()
