"""A yoga mat seen by the studio's camera, high on the wall to the left of it: downward-facing dogs."""

from __future__ import annotations

from posetune.synthetic.scene import Scene
from posetune.synthetic.scenes.downdog import draw

SCENE = Scene(draw, style=("yoga", "yoga", "sport"), places=("studio", "room", "gym"), elevation=(40, 60), azimuth=(50, 130),
              company=0.25)  # fmt: skip
