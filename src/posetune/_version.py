"""The version, in its one place: the ground floor, so that nothing has to import ``posetune`` for it."""

__version__ = "0.1.0"
