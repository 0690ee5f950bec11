from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from posetune.cli.clip_report import checked_folder
from posetune.errors import PosetuneError


def arguments(out: Path | None, video: bool | None = None, input: str = "a.mp4") -> argparse.Namespace:
    return argparse.Namespace(out=out, video=video, input=Path(input))


def test_the_folder_is_made(tmp_path: Path):
    assert checked_folder(arguments(None)) is None
    assert checked_folder(arguments(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def test_what_cannot_be_is_said_before_the_work(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PosetuneError, match="Cannot write to"):
        checked_folder(arguments(tmp_path / "file"))
    with pytest.raises(PosetuneError, match="--video needs --out"):
        checked_folder(arguments(None, video=True))
    with pytest.raises(PosetuneError, match="holds points alone"):
        checked_folder(arguments(tmp_path, video=True, input="p.json"))
