"""Fitting on one thread."""

import pytest


@pytest.fixture(autouse=True)
def _one_thread():
    pytest.importorskip("torch", reason="torch is not installed: pip install '.[train]'")
    from posetune.tune.methods.corrector.fit import one_thread

    with one_thread():  # as the training has it
        yield
