"""posetune export, as a user calls it."""

from __future__ import annotations

import io
import zipfile

from posetune.cli import main


def test_command(tmp_path, capsys):
    assert main(["export", "lite", "--out", str(tmp_path / "a.task")]) == 0
    assert "landmarks 0" in capsys.readouterr().out
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.task").read_bytes())) as archive:
        assert len(archive.namelist()) == 2
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "b.task")]) == 2
    assert "training has not finished" in capsys.readouterr().err
    assert main(["export", "none", "--out", str(tmp_path / "b.task")]) == 2
