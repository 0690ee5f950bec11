"""Files that are no networks, or damaged, end in one sentence."""

from __future__ import annotations

import pytest
from tests.helpers.traps import detector, lite
from tests.helpers.variants import (
    task,
)

from posetune.doctor.diagnose import diagnose
from posetune.errors import PosetuneError


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"\x93" * 5000, "neither"),
        (lambda: b"\x1c\0\0\0TFL3" + b"\x07" * 5000, "damaged"),
        (lambda: lite()[: len(lite()) // 2], "damaged"),
        (lambda: lite()[:-100], "damaged"),
        (lambda: task(lite(), detector())[:-100], "its end is missing"),
        (lambda: task(lite(), detector())[:100_000], "its end is missing"),
        (lambda: task(lite(), detector()).replace(b"TFL3", b"TFLX", 1), "damaged"),
    ],
)
def test_unreadable_files_are_one_sentence(make, words):
    with pytest.raises(PosetuneError, match=words):
        diagnose(make(), "x")


def test_damage_at_any_place_never_escapes_as_a_traceback():
    content = task(lite(), detector())
    for position in range(40, len(content), len(content) // 40):
        damaged = content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :]
        with pytest.raises(PosetuneError, match=r"damaged|neither|missing"):
            diagnose(damaged, "x.task")
