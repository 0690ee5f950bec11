"""A run folder made into a file for MediaPipe: ``file`` (float), ``cheap_mask``, ``int8/``.

Called, it is :func:`posetune.export.file.export`, whose help says what each argument is:
``posetune.export(run, "pose.task", precision="stored", cheap_mask=False, detector=None, dense_detector=False)``.

Python binds a package's name in its parent once the package is imported, so the function and the package have to be one object.
"""

import inspect
import sys
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        from posetune.export.file import export

        return export(*args, **options)

    @property
    def __signature__(self) -> inspect.Signature:  # what help and editors show
        from posetune.export.file import export

        return inspect.signature(export)


sys.modules[__name__].__class__ = _Package
