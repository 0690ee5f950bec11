"""The table of methods."""

from importlib import import_module
from importlib.resources import files

import pytest

pytest.importorskip("torch")

from posetune.tune.methods import table


def test_every_method_is_there_with_its_defaults():
    for name, method in table.METHODS.items():
        module = import_module(f"posetune.tune.methods.{method.module}")
        assert callable(module.train), name
        assert method.about
        assert not method.defaults or files("posetune.tune.methods").joinpath(method.defaults).is_file()
