"""The package export is a function, too."""

from __future__ import annotations

import inspect

import posetune


def test_export_is_a_function_and_a_package():
    from posetune.export import file

    assert inspect.signature(posetune.export) == inspect.signature(file.export)
