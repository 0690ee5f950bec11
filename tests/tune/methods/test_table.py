"""The table of methods."""

from importlib import import_module
from importlib.resources import files

import pytest

pytest.importorskip("torch")

from posetune.errors import PosetuneError
from posetune.tune.config import load_config
from posetune.tune.methods import table
from posetune.tune.session import Start


def test_every_method_is_there_with_its_defaults():
    for name, method in table.METHODS.items():
        module = import_module(f"posetune.tune.methods.{method.module}")
        assert callable(module.train), name
        assert method.about
        assert not method.defaults or files("posetune.tune.methods").joinpath(method.defaults).is_file()


def test_what_takes_seconds_has_nothing_to_resume(tmp_path):
    config = load_config(None, {"data": "d", "out": str(tmp_path / "run"), "method": "corrector"}, [])
    with pytest.raises(PosetuneError, match="nothing to resume"):
        table.run(config, Start(resume=True))
    assert not (tmp_path / "run").exists()
