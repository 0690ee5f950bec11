"""Names for overlays."""

from __future__ import annotations

import os

from posetune.files import write_bytes
from posetune.runtime.overlay_names import OverlayNames


def test_usual_names(tmp_path):
    names = OverlayNames(tmp_path)
    assert names.of("a.jpg", ".jpg") == tmp_path / "a.jpg"
    assert names.of("b/c.JPEG", ".jpg") == tmp_path / "b" / "c.JPEG"
    assert names.of("d.png", ".jpg") == tmp_path / "d.png.jpg"
    assert names.of("walk.mp4", ".webm") == tmp_path / "walk.mp4.webm"
    assert names.of("a.jpg", ".jpg") == tmp_path / "a.jpg"


def test_two_names_are_two_files(tmp_path):
    names = OverlayNames(tmp_path)
    paths = {names.of(name, ".jpg") for name in ("a.png", "a.png.jpg", "A.png")}
    assert len({str(path).casefold() for path in paths}) == 3


def test_a_name_that_would_be_too_long_is_cut_and_can_be_written(tmp_path):
    names = OverlayNames(tmp_path)
    long = [f"{'あ' * 83}{i}.png" for i in range(3)]
    paths = {names.of(name, ".jpg") for name in long}
    assert len(paths) == 3
    for path in paths:
        assert len(os.fsencode(path.name)) <= 255
        assert path.suffix == ".jpg"
        write_bytes(path, b"x")
    write_bytes(tmp_path / f"{'x' * 5}.{'y' * 245}", b"the temporary name must fit, too")
