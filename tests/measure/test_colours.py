"""Colours of networks."""

from __future__ import annotations

from posetune.measure.beside import Entry
from posetune.measure.colours import colour_classes


def test_no_two_networks_look_alike():
    entries = [Entry(n, "stock", n) for n in ("lite", "full", "heavy")]
    entries += [Entry(f"{n} + offset", "offset", n) for n in ("lite", "full")]
    entries += [Entry(f"run {i}", "model", "full") for i in range(6)]
    classes = colour_classes(entries)
    assert len(set(classes.values())) == len(entries)


def test_every_class_has_a_colour_in_the_page():
    from importlib import resources

    page = resources.files("posetune.measure").joinpath("report.html").read_text("utf-8")
    entries = [Entry(n, kind, n) for n in ("lite", "full", "heavy") for kind in ("stock", "offset")]
    entries += [Entry(f"run {i}", "model", "full") for i in range(6)]
    for css in colour_classes(entries).values():
        assert f".{css} {{ --colour: var(--{css}); }}" in page
        assert page.count(f"--{css}: #") == 2  # light and dark
