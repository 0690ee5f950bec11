"""Points of a head of one's own."""

from __future__ import annotations

from posetune.skeleton import infer

SKELETON = infer(["helmet_top", "right_hip", "left_hip", "barbell_left", "barbell_right"])
