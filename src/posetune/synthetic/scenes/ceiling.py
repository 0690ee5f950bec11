"""Work seen by a camera under the ceiling: lifting, carrying, kneeling, sweeping, from above."""

from __future__ import annotations

from posetune.synthetic.scene import Scene
from posetune.synthetic.scenes.worker import draw

SCENE = Scene(draw, style=("work",), places=("hall", "hall", "room"), elevation=(50, 86), fov=(28, 56), nearest=2.2,
              company=0.4)  # fmt: skip
