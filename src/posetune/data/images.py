"""The one image reader, under the name that data code looks for it. See :mod:`posetune.runtime.images`."""

from posetune.runtime.images import read_image

__all__ = ["read_image"]
