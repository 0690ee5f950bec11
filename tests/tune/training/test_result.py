"""The tuned file and what is said of it."""

from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from posetune.tune.run_folder import MODEL
from posetune.tune.training.result import TunedFile, write_tuned


def test_it_is_written_and_told_with_its_gain(tmp_path):
    file = TunedFile(b"content", 8.0, 6.0, 6.01, 0.002)
    said = []
    write_tuned(SimpleNamespace(folder=tmp_path, say=said.append), file)
    assert (tmp_path / MODEL).read_bytes() == b"content"
    assert "mean 6.000 crop px on validation (before 8.000, -25.0%)" in said[0]
    assert file.figures() == {"base_px": 8.0, "tuned_px": 6.0, "torch_px": 6.01, "file_difference_px": 0.002}
