"""A work station seen by its own camera: hung above it, in front of whoever works there, wide-angled and near."""

from __future__ import annotations

from posetune.synthetic.scene import Scene
from posetune.synthetic.scenes.worker import draw

SCENE = Scene(draw, style=("work",), places=("hall", "hall", "room"), elevation=(50, 64), azimuth=(-40, 40), fov=(64, 76),
              nearest=1.2, company=0.2)  # fmt: skip
