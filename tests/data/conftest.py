"""A set folder without labels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set folder with one drawn image and no labels yet."""
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.full((120, 100, 3), 90, np.uint8))
    return tmp_path
