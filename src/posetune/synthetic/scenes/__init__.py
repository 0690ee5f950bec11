"""What people do. One small file a scene: drop ``scenes/name.py`` with a ``SCENE`` in, and ``--scene name`` works."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from posetune.errors import PosetuneError
from posetune.synthetic.scene import Scene


@functools.cache
def names() -> tuple[str, ...]:
    """All scenes, with "-" where the module has "_"."""
    return tuple(sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(__path__)))


def get(name: str) -> Scene:
    """The scene ``name``. Raises PosetuneError with the known names if there is none."""
    if name not in names():
        raise PosetuneError(f"There is no scene '{name}'; choose from {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}").SCENE
